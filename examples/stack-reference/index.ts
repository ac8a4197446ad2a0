import * as pulumi from "@pulumi/pulumi";
import type { RotatedKey } from "pulumi-aws-iam-rotator";

// The stack that rotates the key, as organization/project/stack: the quickstart's of the same name, or what
// `pulumi config set quickstart …` says. In a backend of files every organization is called `organization`.
const ofTheSameName = `${pulumi.getOrganization()}/iam-rotator-quickstart/${pulumi.getStack()}`;
const rotating = new pulumi.Config().get("quickstart") ?? ofTheSameName;
const quickstart = new pulumi.StackReference(rotating);

// A stack reference can't know the type of what it reads: it is named here. What was secret there is secret here.
const current = quickstart.requireOutput("current") as pulumi.Output<RotatedKey>;

export const accessKeyId = quickstart.requireOutput("currentAccessKeyId") as pulumi.Output<string>;

/** Secret: a credentials file for the AWS CLI and the SDKs. `pulumi stack output credentialsFile --show-secrets` */
export const credentialsFile = current.apply((key) => {
  // A reader that can't decrypt the rotating stack gets no more than a warning of Pulumi's, and no secret.
  if (!key?.secretAccessKey) {
    throw new Error(`the secrets of ${rotating} can't be read here: has this stack the same passphrase, or its key?`);
  }
  return ["[default]", `aws_access_key_id=${key.accessKeyId}`, `aws_secret_access_key=${key.secretAccessKey}`, ""].join(
    "\n",
  );
});
