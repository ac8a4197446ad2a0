import * as pulumi from "@pulumi/pulumi";
import { RotatedAccessKey, sesSmtpPassword } from "pulumi-aws-iam-rotator";

const config = new pulumi.Config();
const region = config.get("region") ?? "eu-central-1"; // whose SMTP endpoint is used; the password is for this one alone

// The SES console shows the SMTP password of the user that it makes, and never the secret key behind it. So its key can
// be taken over by its id, the SMTP user name: it stays valid until mail is sent with the new one, and is phased out.
// `pulumi config set smtpUserName AKIA…`, or leave it out for a user without keys.
const smtpUserName = config.get("smtpUserName");

const mailer = new RotatedAccessKey("mailer", {
  userArn: config.require("userArn"), // the user needs ses:SendRawEmail, and nothing else
  ...(smtpUserName && { state: { previous: { accessKeyId: smtpUserName } } }),
  ...(config.get("rotation") && { rotationTrigger: config.require("rotation") }),
});

export const host = `email-smtp.${region}.amazonaws.com`; // port 587 with STARTTLS, 465 with TLS
/** By this id the rotation sees which key is published: the password alone does not tell. */
export const userName = mailer.currentAccessKeyId;
/** Secret. It changes together with the user name: hand on both at once. */
export const password = sesSmtpPassword(mailer.current.secretAccessKey, region);
