import * as pulumi from "@pulumi/pulumi";
import type { RotatedKey } from "../model/accessKey";
import { refusal } from "./refusal";

/**
 * Reads a rotated key from another stack, and checks it. A stack that can't decrypt the secrets of the stack that it reads
 * gets no more than a warning of Pulumi's, and empty values: here the run fails instead.
 *
 * @example
 * ```ts
 * const current = readRotatedKey(new pulumi.StackReference("my-organization/my-project/prod"), "current");
 * ```
 *
 * @param stack the stack that rotates the key
 * @param output the name of the output by which that stack exports the `current` or `previous` of a RotatedAccessKey or a
 * RotatedUser
 * @returns the key; secret, even if that stack exports it in plain text
 * @throws the update or preview fails, without the value in its message, if that stack has no such output, if its secrets can't
 * be decrypted here, or if the output is no key with its secret
 */
export function readRotatedKey(stack: pulumi.StackReference, output: pulumi.Input<string>): pulumi.Output<RotatedKey> {
  // Of all outputs, and not of this one alone: a missing one is then told by those that are there.
  const read = pulumi.all([stack.name, output, stack.outputs]);
  return pulumi.secret(read.apply(([from, name, outputs]) => checkKey(from, name, outputs ?? {})));
}

function checkKey(from: string, name: string, outputs: Record<string, unknown>): RotatedKey {
  const which = `the output ${name} of the stack ${from}`;
  if (!Object.hasOwn(outputs, name)) {
    const others = Object.keys(outputs).sort().join(", ") || "none";
    throw refusal(
      `readRotatedKey: ${which} is not there. Its outputs are: ${others}. Export the key there, and run \`pulumi up\` there first.`,
    );
  }
  const { [name]: value } = outputs;
  const fields: Record<string, unknown> = value !== null && typeof value === "object" ? { ...value } : {};
  const { accessKeyId, secretAccessKey, createdAt } = fields;
  if ([value, accessKeyId, secretAccessKey].some(isElided)) {
    throw refusal(
      `readRotatedKey: ${which} can't be decrypted here. This stack needs what decrypts that one: the same PULUMI_CONFIG_PASSPHRASE, or the ` +
        "permission to use the key of its secrets provider.",
    );
  }
  if (!isText(accessKeyId) || !isText(secretAccessKey) || !isText(createdAt)) {
    throw refusal(
      `readRotatedKey: ${which} is no key with accessKeyId, secretAccessKey and createdAt. Export \`current\` of a RotatedAccessKey or a ` +
        "RotatedUser there, as it is.",
    );
  }
  return { accessKeyId, secretAccessKey, createdAt };
}

/** What Pulumi's engine puts in the place of a secret that it can't decrypt. */
function isElided(value: unknown): boolean {
  return value !== null && typeof value === "object" && Object.keys(value).length === 0;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
