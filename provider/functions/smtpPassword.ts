import { createHmac } from "node:crypto";
import { regionProblem, secretTextProblem } from "../model/keyText";

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

/** Why no password can be made of this; a program in plain JavaScript may pass anything. */
export function smtpSecretProblem(secret: unknown): string | undefined {
  const problem = secretTextProblem(secret, "the secretAccessKey of an IAM user's key");
  return problem && `sesSmtpPassword: the secret access key ${problem}.`;
}

export function smtpRegionProblem(region: unknown): string | undefined {
  const problem = regionProblem(region);
  return problem && `sesSmtpPassword: the region ${problem}.`;
}
