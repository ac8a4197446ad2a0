import * as pulumi from "@pulumi/pulumi";
import { RotatedUser } from "pulumi-aws-iam-rotator/user";

const config = new pulumi.Config();
// A rotation is a change of this text: `pulumi config set rotation 2026-12`, then `pulumi up`.
const rotation = config.get("rotation") ?? "first";
// How long the key before it stays valid, such as "7d". Without the setting: until the next rotation.
const gracePeriod = config.get("gracePeriod");

const deploy = new RotatedUser("deploy", {
  user: { path: "/ci/" },
  rotationTrigger: rotation,
  gracePeriod,
});

export const userArn = deploy.userArn;
export const currentAccessKeyId = deploy.currentAccessKeyId;
export const previousAccessKeyId = deploy.previousAccessKeyId.apply((id) => id ?? "none");
/** Secret. Other stacks read it by a StackReference; see ../stack-reference. */
export const current = deploy.current;
