import * as pulumi from "@pulumi/pulumi";
import { RotatedUser } from "pulumi-aws-iam-rotator/user";

// A rotation is a change of this text: `pulumi config set rotation 2026-12`, then `pulumi up`.
const rotation = new pulumi.Config().get("rotation") ?? "first";

const deploy = new RotatedUser("deploy", {
  user: { path: "/ci/" },
  rotationTrigger: rotation,
});

export const userArn = deploy.userArn;
export const currentAccessKeyId = deploy.currentAccessKeyId;
export const previousAccessKeyId = deploy.previousAccessKeyId.apply((id) => id ?? "none before the first rotation");
/** Secret. Other stacks read it by a StackReference; see ../stack-reference. */
export const current = deploy.current;
