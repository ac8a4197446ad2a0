import { ActionsSecret } from "@pulumi/github/actionsSecret";
import * as pulumi from "@pulumi/pulumi";
import { RotatedAccessKey } from "pulumi-aws-iam-rotator";

// For a workflow that can't do without an access key. One that can assume a role by OIDC needs none: see
// ../github-actions. `pulumi config set github:owner …` says whose repository it is, GITHUB_TOKEN who may write to it.
const config = new pulumi.Config();
const repository = config.require("repository");

const key = new RotatedAccessKey("ci", {
  userArn: config.require("userArn"),
  rotateEvery: "30d",
  // A job reads its secrets once, when it starts: the key before stays valid for longer than any job runs.
  gracePeriod: "2d",
});

// Two secrets, and not one document with both: GitHub hides a secret in logs by its whole text, and not parts of it. A job
// that starts in the second between the two writes gets parts of two keys, and fails; run it again.
const values = {
  AWS_ACCESS_KEY_ID: key.current.accessKeyId,
  AWS_SECRET_ACCESS_KEY: key.current.secretAccessKey,
};
const secrets = Object.entries(values).map(
  ([secretName, value]) => new ActionsSecret(secretName, { repository, secretName, value }),
);

export const secretNames = secrets.map((secret) => secret.secretName);

/** Published only by a run that has written the key above: until then the key before it does not end. Keep this export. */
export const currentAccessKeyId = key.currentAccessKeyId;
