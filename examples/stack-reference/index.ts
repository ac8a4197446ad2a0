import * as pulumi from "@pulumi/pulumi";
import { readRotatedKey } from "pulumi-aws-iam-rotator";

// The stack that rotates the key, as organization/project/stack: the quickstart's of the same name, or what
// `pulumi config set quickstart …` says. In a backend of files every organization is called `organization`.
const ofTheSameName = `${pulumi.getOrganization()}/iam-rotator-quickstart/${pulumi.getStack()}`;
const quickstart = new pulumi.StackReference(new pulumi.Config().get("quickstart") ?? ofTheSameName);

// Secret. It fails if this stack can't decrypt the secrets of that one: Pulumi itself only warns, and goes on without them.
const current = readRotatedKey(quickstart, "current");

// The id is no secret, and that stack exports it as such.
export const accessKeyId = quickstart.requireOutput("currentAccessKeyId") as pulumi.Output<string>;

/** Secret: a credentials file for the AWS CLI and the SDKs. `pulumi stack output credentialsFile --show-secrets` */
export const credentialsFile = current.apply((key) =>
  ["[default]", `aws_access_key_id=${key.accessKeyId}`, `aws_secret_access_key=${key.secretAccessKey}`, ""].join("\n"),
);
