// Programs with one dynamic resource each, as plain JavaScript: what is compared in start-up and in state.

/** The least that a dynamic resource can be: constant text, as RotatedAccessKey has it, and a provider that does nothing. */
export const FLOOR = `const pulumi = require("@pulumi/pulumi");
new pulumi.CustomResource("pulumi-nodejs:dynamic/bench:Empty", "empty", {
  value: "a",
  __provider: "exports.handler=()=>({check:async(o,n)=>({inputs:n}),diff:async()=>({changes:false}),create:async(i)=>({id:'empty',outs:i})})",
});
`;

/** What a user would write: a key that is made and deleted, by the AWS SDK, and never rotated. */
export const SERIALIZED_KEY = (userNames: string[]) => `const pulumi = require("@pulumi/pulumi");
const iam = require("@aws-sdk/client-iam");
class AccessKeyProvider {
  async create({ userName }) {
    const client = new iam.IAMClient({});
    const { AccessKey } = await client.send(new iam.CreateAccessKeyCommand({ UserName: userName }));
    return {
      id: AccessKey.AccessKeyId,
      outs: { userName, accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey },
    };
  }
  async delete(id, { userName }) {
    const client = new iam.IAMClient({});
    await client.send(new iam.DeleteAccessKeyCommand({ UserName: userName, AccessKeyId: id }));
  }
}
class AccessKey extends pulumi.dynamic.Resource {
  constructor(name, props) {
    const outs = { accessKeyId: undefined, secretAccessKey: undefined };
    super(new AccessKeyProvider(), name, { ...outs, ...props }, { additionalSecretOutputs: ["secretAccessKey"] });
  }
}
for (const userName of ${JSON.stringify(userNames)}) new AccessKey(userName, { userName });
`;

export const ROTATED = (userArns: string[], rotationTrigger: string) => `const pulumi = require("@pulumi/pulumi");
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
for (const userArn of ${JSON.stringify(userArns)}) {
  new RotatedAccessKey(userArn.split("/").pop(), { userArn, rotationTrigger: ${JSON.stringify(rotationTrigger)} });
}
`;

/** The same by the provider plugin, without an SDK. */
export const BY_PLUGIN = (userArns: string[], rotationTrigger: string) => `const pulumi = require("@pulumi/pulumi");
for (const userArn of ${JSON.stringify(userArns)}) {
  const inputs = { userArn, rotationTrigger: ${JSON.stringify(rotationTrigger)} };
  new pulumi.CustomResource("aws-iam-rotator:index:RotatedAccessKey", userArn.split("/").pop(), inputs);
}
`;

export const BARE = `require("@pulumi/pulumi");
`;
