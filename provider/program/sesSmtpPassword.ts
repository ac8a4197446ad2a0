import * as pulumi from "@pulumi/pulumi";
import { smtpPassword, smtpRegionProblem, smtpSecretProblem } from "../functions/smtpPassword";
import { refusal } from "./refusal";

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
  const both = pulumi.all([
    pulumi.output(secretAccessKey).apply((secret) => checked(secret, smtpSecretProblem)),
    pulumi.output(region).apply((place) => checked(place, smtpRegionProblem)),
  ]);
  return pulumi.secret(both.apply(([secret, place]) => smtpPassword(secret, place)));
}

function checked(value: string, problemOf: (value: unknown) => string | undefined): string {
  const problem = problemOf(value);
  if (problem) throw refusal(problem);
  return value;
}
