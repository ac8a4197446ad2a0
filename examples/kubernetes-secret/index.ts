import { Secret } from "@pulumi/kubernetes/core/v1/secret";
import { Provider } from "@pulumi/kubernetes/provider";
import * as pulumi from "@pulumi/pulumi";
import { RotatedAccessKey } from "pulumi-aws-iam-rotator";

// For a cluster that is not AWS's, or a service elsewhere that takes nothing but an access key: on EKS a pod can have a role.
const config = new pulumi.Config();
const namespace = config.get("namespace") ?? "default";

const key = new RotatedAccessKey("app", {
  userArn: config.require("userArn"),
  rotateEvery: "30d",
  // The time that pods have to start anew.
  gracePeriod: "7d",
});

// Else Pulumi replaces the secret for each change of its data: for a moment there would be none, and no pod could start.
const provider = new Provider("cluster", { enableSecretMutable: true });

const secret = new Secret(
  "aws-access-key",
  {
    metadata: { name: "aws-access-key", namespace },
    stringData: {
      // For `envFrom`.
      AWS_ACCESS_KEY_ID: key.current.accessKeyId,
      AWS_SECRET_ACCESS_KEY: key.current.secretAccessKey,
      // The same for a volume: one file, which is replaced as a whole.
      credentials: pulumi.interpolate`[default]
aws_access_key_id=${key.current.accessKeyId}
aws_secret_access_key=${key.current.secretAccessKey}
`,
    },
  },
  { provider },
);

export const secretName = secret.metadata.name;

/** Published only by a run that has written the key above: until then the key before it does not end. Keep this export. */
export const currentAccessKeyId = key.currentAccessKeyId;
