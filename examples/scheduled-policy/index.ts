import * as pulumi from "@pulumi/pulumi";
import { rotationReport } from "pulumi-aws-iam-rotator";
import { RotatedUser } from "pulumi-aws-iam-rotator/user";

// Run `pulumi up` on a schedule, once a day say: most runs change nothing, and ask AWS nothing.
const config = new pulumi.Config();
const policy = {
  // The first run after `current` is that old makes a new key.
  rotateEvery: config.get("rotateEvery") ?? "90d",
  // The first run after that deactivates the key before it. Until then both work, and no rotation may cut that short.
  gracePeriod: config.get("gracePeriod") ?? "7d",
  // And this long it can be activated again, if somebody still needs it; then it is deleted.
  deactivatePeriod: config.get("deactivatePeriod") ?? "14d",
};

const user = (name: string) => new RotatedUser(name, { user: { path: "/ci/" }, ...policy });
const builder = user("builder");
const uploader = user("uploader");

/** A Markdown table: when each key was made, and when its rotation is due. `pulumi stack output readme` */
export const readme = rotationReport([builder, uploader]);
/** Secret: the keys in use. One output a key, so that `readRotatedKey` reads it. */
export const builderKey = builder.current;
export const uploaderKey = uploader.current;
