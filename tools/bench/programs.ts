// Programs as plain JavaScript: what is compared.

/** The users' resources, by the npm package. */
export const rotated = (userArns: string[], rotationTrigger: string) => `const pulumi = require("@pulumi/pulumi");
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
for (const userArn of ${JSON.stringify(userArns)}) {
  new RotatedAccessKey(userArn.split("/").pop(), { userArn, rotationTrigger: ${JSON.stringify(rotationTrigger)} });
}
`;

/** The same by the provider plugin, without an SDK. */
export const byPlugin = (userArns: string[], rotationTrigger: string) => `const pulumi = require("@pulumi/pulumi");
for (const userArn of ${JSON.stringify(userArns)}) {
  const inputs = { userArn, rotationTrigger: ${JSON.stringify(rotationTrigger)} };
  new pulumi.CustomResource("aws-iam-rotator:index:RotatedAccessKey", userArn.split("/").pop(), inputs);
}
`;

/** What makes such programs find an emulator. */
export const awsAt = (url: string) => ({
  AWS_ENDPOINT_URL: url,
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
});
