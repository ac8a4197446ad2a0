import * as pulumi from "@pulumi/pulumi";
import type { RotatedKey } from "pulumi-aws-iam-rotator";

// The stack that rotates the key, as organization/project/stack: the quickstart's of the same name, or what
// `pulumi config set quickstart …` says. In a backend of files every organization is called `organization`.
const ofTheSameName = `${pulumi.getOrganization()}/iam-rotator-quickstart/${pulumi.getStack()}`;
const quickstart = new pulumi.StackReference(new pulumi.Config().get("quickstart") ?? ofTheSameName);

// A stack reference can't know the type of what it reads: it is named here. What was secret there is secret here.
const current = quickstart.requireOutput("current") as pulumi.Output<RotatedKey>;

export const accessKeyId = quickstart.requireOutput("currentAccessKeyId") as pulumi.Output<string>;

/** Secret: a credentials file for the AWS CLI and the SDKs. `pulumi stack output credentialsFile --show-secrets` */
export const credentialsFile = current.apply((key) =>
  ["[default]", `aws_access_key_id=${key.accessKeyId}`, `aws_secret_access_key=${key.secretAccessKey}`, ""].join("\n"),
);
