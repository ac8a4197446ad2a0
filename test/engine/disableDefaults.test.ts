import assert from "node:assert/strict";
import { Account } from "../harness/aws/account";
import { type Endpoint, startEndpoint } from "../harness/aws/endpoint";
import { Stack } from "../harness/pulumi/stack";

/** As docs/credentials.md has it; `SETTINGS` are those of the provider, or none at all. */
const program = (userArn: string) => `
const pulumi = require("@pulumi/pulumi");
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
class NodejsProvider extends pulumi.ProviderResource {}
const { SETTINGS, LOGIN } = process.env;
const provider = SETTINGS && new NodejsProvider("pulumi-nodejs", "rotator", JSON.parse(SETTINGS));
const login = LOGIN && { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "secret-of-the-login" };
exports.id = new RotatedAccessKey("ci", { userArn: "${userArn}", login }, { provider }).currentAccessKeyId;
`;

describe("a stack without default providers", function () {
  this.timeout(120_000);
  let endpoint: Endpoint;
  let account: Account;
  let stack: Stack;
  before(async () => {
    endpoint = await startEndpoint();
    account = new Account(endpoint.url, "deployer");
    const env = { AWS_REGION: "us-east-1" };
    stack = await Stack.create({ program: program(await account.createUser()), endpointUrl: endpoint.url, env });
    await stack.must("config", "set", "--path", "pulumi:disable-default-providers[0]", "*", "--stack", "dev");
  });
  after(async () => {
    stack?.remove();
    await endpoint?.stop();
  });

  const refused = async (env: Record<string, string>, says: RegExp) => {
    Object.assign(stack.env, env);
    const { code, text } = await stack.tryUp();
    assert.notEqual(code, 0);
    assert.match(text, says);
    assert.doesNotMatch(text, /secret-of-the-login/);
    assert.deepEqual(await account.keys(), []);
  };

  it("is refused the resource by Pulumi itself", () =>
    refused({ LOGIN: "yes" }, /Default provider for 'pulumi-nodejs' disabled/));

  it("has it by a provider of that kind, whose settings count in the place of the stack's", async () => {
    await refused({ SETTINGS: '{"aws:allowedAccountIds":"[\\"000000000000\\"]"}' }, /is not among them/);
    stack.env.SETTINGS = '{"aws:allowedAccountIds":"[\\"123456789012\\"]"}';
    await stack.up();
    assert.equal((await account.keys()).length, 1);
    await stack.destroy();
    assert.deepEqual(await account.keys(), []);
  });
});
