import * as pulumi from "@pulumi/pulumi";
import { RotatedUser } from "pulumi-aws-iam-rotator/user";

// A key has leaked: `pulumi config set incident INC-42`, then `pulumi up`. A new key is made, and as soon as AWS accepts
// it, every older one is deleted, in whatever grace period it was.
const incident = new pulumi.Config().get("incident");

const deploy = new RotatedUser("deploy", {
  user: { path: "/ci/" },
  rotateEvery: "90d",
  gracePeriod: "7d",
  ...(incident !== undefined && { revocationTrigger: incident }),
});

export const currentAccessKeyId = deploy.currentAccessKeyId;
export const previousAccessKeyId = deploy.previousAccessKeyId.apply((id) => id ?? "none");
/** Secret. */
export const current = deploy.current;
