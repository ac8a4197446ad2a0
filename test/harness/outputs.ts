import type * as pulumi from "@pulumi/pulumi";

/** What an output is once it is known; rejected with the error that it failed with. */
export function settled<T>(output: pulumi.Output<T>): Promise<T> {
  return (output as unknown as { promise(): Promise<T> }).promise();
}
