import { createHmac } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/**
 * The password with which an access key signs in to the SMTP interface of Amazon SES, by
 * [AWS's published algorithm](https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html). The key's id is the SMTP
 * user name. A rotation makes a new name and a new password; the ones before are good for as long as `previous` is.
 *
 * @example
 * ```ts
 * const smtp = { user: key.currentAccessKeyId, password: sesSmtpPassword(key.current.secretAccessKey, "eu-central-1") };
 * ```
 *
 * @param secretAccessKey the secret of the key, not its id. The key is one of an IAM user; SMTP takes no session token
 * @param region the AWS region whose SMTP endpoint is used, for example `eu-central-1`; it need not be the stack's. The
 * password is good for this region alone
 * @returns the password; secret, even if the inputs are not
 * @throws the update or preview fails, without the secret in its message, if the region is not written as AWS writes
 * regions, or if the secret is empty, has white space in it, or is an id
 */
export function sesSmtpPassword(
  secretAccessKey: pulumi.Input<string>,
  region: pulumi.Input<string>,
): pulumi.Output<string> {
  // One by one, so that a preview tells a bad region also while the key is still to be made.
  const checked = pulumi.all([
    pulumi.output(secretAccessKey).apply(checkSecret),
    pulumi.output(region).apply(checkRegion),
  ]);
  return pulumi.secret(checked.apply(([secret, place]) => passwordFor(secret, place)));
}

/** AWS fixed the date once and for all: the password does not depend on the day it is computed on. */
const DATE = "11111111";
const VERSION = 0x04;

function passwordFor(secret: string, region: string): string {
  const signature = [DATE, region, "ses", "aws4_request", "SendRawEmail"].reduce<Buffer>(
    (key, message) => createHmac("sha256", key).update(message).digest(),
    Buffer.from(`AWS4${secret}`),
  );
  return Buffer.concat([Buffer.of(VERSION), signature]).toString("base64");
}

// A program in plain JavaScript may pass anything.
function checkSecret(secret: unknown): string {
  if (typeof secret !== "string" || secret === "") {
    throw refusal("the secret access key is empty: it must be the secretAccessKey of an IAM user's key.");
  }
  if (/\s/.test(secret)) throw refusal("the secret access key has white space in it, which no such key has.");
  if (/^A[KS]IA[A-Z0-9]{12,124}$/.test(secret)) {
    throw refusal("an access key's id was given for its secret: pass its secretAccessKey.");
  }
  return secret;
}

function checkRegion(region: unknown): string {
  // No list of regions: AWS adds to it. Not repeated in the message: where the two arguments are swapped, it is a secret.
  if (typeof region !== "string" || !/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(region)) {
    throw refusal("the region is not written as AWS writes regions, for example eu-central-1.");
  }
  return region;
}

function refusal(found: string): Error {
  return new pulumi.RunError(`sesSmtpPassword: ${found}`);
}
