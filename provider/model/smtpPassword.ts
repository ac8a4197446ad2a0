import { createHmac } from "node:crypto";

/** AWS fixed the date once and for all: the password does not depend on the day it is computed on. */
const DATE = "11111111";
const VERSION = 0x04;

/** The password of Amazon SES's SMTP interface in a region that belongs to a key with this secret. */
export function smtpPassword(secret: string, region: string): string {
  const signature = [DATE, region, "ses", "aws4_request", "SendRawEmail"].reduce<Buffer>(
    (key, message) => createHmac("sha256", key).update(message).digest(),
    Buffer.from(`AWS4${secret}`),
  );
  return Buffer.concat([Buffer.of(VERSION), signature]).toString("base64");
}

/** Why this is no secret of an IAM user's key; a program in plain JavaScript may pass anything. */
export function secretProblem(secret: unknown): string | undefined {
  if (typeof secret !== "string" || secret === "")
    return "the secret access key is empty: it must be the secretAccessKey of an IAM user's key.";
  if (/\s/.test(secret)) return "the secret access key has white space in it, which no such key has.";
  if (/^A[KS]IA[A-Z0-9]{12,124}$/.test(secret))
    return "an access key's id was given for its secret: pass its secretAccessKey.";
  return undefined;
}

/** Why this is no region. No list of them: AWS adds to it. Not repeated: where the two arguments are swapped, it is a secret. */
export function regionProblem(region: unknown): string | undefined {
  if (typeof region === "string" && /^[a-z]{2,}(-[a-z]+)+-\d+$/.test(region)) return undefined;
  return "the region is not written as AWS writes regions, for example eu-central-1.";
}
