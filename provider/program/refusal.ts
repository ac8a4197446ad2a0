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

/**
 * The same for what is known late, in an output. One that fails would leave out the resource whose input it is, and the engine
 * of an inline program deletes what is left out, keys too. So it is told, and in its place stands what no check takes.
 */
export function lateRefusal(message: string): object {
  void pulumi.log.error(message);
  return {};
}
