import * as pulumi from "@pulumi/pulumi";
import type { RotatedKey } from "pulumi-aws-iam-rotator";

// The stack that rotates the key, as organization/project/stack. In a local backend every organization is called so:
// `pulumi config set quickstart organization/iam-rotator-quickstart/dev`
const quickstart = new pulumi.StackReference(new pulumi.Config().require("quickstart"));

// A stack reference can't know the type of what it reads: it is named here. What was secret there is secret here.
const current = quickstart.requireOutput("current") as pulumi.Output<RotatedKey>;

export const accessKeyId = quickstart.requireOutput("currentAccessKeyId") as pulumi.Output<string>;

/** Secret: a credentials file for the AWS CLI and the SDKs. `pulumi stack output credentialsFile --show-secrets` */
export const credentialsFile = current.apply((key) =>
  ["[default]", `aws_access_key_id=${key.accessKeyId}`, `aws_secret_access_key=${key.secretAccessKey}`, ""].join("\n"),
);
