import { Parameter } from "@pulumi/aws/ssm/parameter";
import * as pulumi from "@pulumi/pulumi";
import { RotatedUser } from "pulumi-aws-iam-rotator/user";

const deploy = new RotatedUser("deploy", { user: { path: "/ci/" }, rotateEvery: "90d", gracePeriod: "7d" });

// One parameter with both halves, so that nobody ever reads the id of one key and the secret of another; in the shape that
// the AWS CLI and the SDKs want of a `credential_process`.
const document = pulumi.jsonStringify({
  Version: 1,
  AccessKeyId: deploy.current.accessKeyId,
  SecretAccessKey: deploy.current.secretAccessKey,
});

const parameter = new Parameter("deploy-access-key", {
  // Readers ask for it by this name, so it is none of Pulumi's making.
  name: new pulumi.Config().get("parameterName") ?? "/ci/deploy/access-key",
  description: "Access key of an IAM user, rotated by Pulumi",
  type: "SecureString",
  // Not `insecureValue`, which the state would keep in plain text.
  value: document,
});

/** `aws ssm get-parameter --with-decryption --name …` */
export const parameterName = parameter.name;

/** Published only by a run that has written the key above: until then the key before it does not end. Keep this export. */
export const currentAccessKeyId = deploy.currentAccessKeyId;
