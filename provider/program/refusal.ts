import * as pulumi from "@pulumi/pulumi";

/**
 * What ends a run in these words alone. Of another error that comes late Pulumi shows promises and stacks. Of this one it
 * reads the stack without showing it, which takes ts-node half a minute: so there is none.
 */
export function refusal(message: string): Error {
  const error = new pulumi.RunError(message);
  error.stack = message;
  return error;
}
