import * as pulumi from "@pulumi/pulumi";
import { type Login, RotatedAccessKey } from "pulumi-aws-iam-rotator";

// environment.yaml is the Pulumi ESC environment that signs in to AWS, stack-config.yaml the stack that imports it.
const config = new pulumi.Config();

const key = new RotatedAccessKey("ci", {
  userArn: config.require("userArn"),
  // What ESC's aws-login gives, as it is. Each run has other temporary credentials, which is no change: nothing is shown,
  // nothing is updated, and a rotation uses today's. They may be of a role that can do nothing but rotate.
  login: config.requireSecretObject<Login>("login"),
  ...(config.get("rotation") && { rotationTrigger: config.require("rotation") }),
});

export const currentAccessKeyId = key.currentAccessKeyId;
/** Secret. */
export const current = key.current;
