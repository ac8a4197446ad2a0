import { Secret } from "@pulumi/aws/secretsmanager/secret";
import { SecretVersion } from "@pulumi/aws/secretsmanager/secretVersion";
import * as pulumi from "@pulumi/pulumi";
import { RotatedUser } from "pulumi-aws-iam-rotator/user";

const deploy = new RotatedUser("deploy", { user: { path: "/ci/" }, rotateEvery: "90d", gracePeriod: "7d" });

// Whoever asks for the secret gets its version AWSCURRENT, and in it the key to use: ask again at the latest when a
// request is refused. Flat names, since a task of ECS or a Kubernetes operator picks one by its name.
//
// `previous` is in the same document, for those who follow later, and not left to the version AWSPREVIOUS: AWS moves that
// label by itself, so it would go on to name a key after the end of its grace period, or after its revocation.
const document = pulumi.all([deploy.current, deploy.previous]).apply(([current, previous]) =>
  JSON.stringify({
    accessKeyId: current.accessKeyId,
    secretAccessKey: current.secretAccessKey,
    previousAccessKeyId: previous?.accessKeyId,
    previousSecretAccessKey: previous?.secretAccessKey,
  }),
);

const secret = new Secret("deploy-access-key", { description: "Access keys of an IAM user, rotated by Pulumi" });
// A change makes a further version, and AWSCURRENT moves to it in one step: no reader ever finds half a key.
const version = new SecretVersion("deploy-access-key", { secretId: secret.id, secretString: document });

/** `aws secretsmanager get-secret-value --secret-id …` */
export const secretArn = version.secretArn;

/** Published only by a run that has written the key above: until then the key before it does not end. Keep this export. */
export const currentAccessKeyId = deploy.currentAccessKeyId;
