import assert from "node:assert/strict";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { Account } from "../harness/aws/account";
import { type Endpoint, startEndpoint } from "../harness/aws/endpoint";
import { type FaultProxy, startProxy } from "../harness/aws/proxy";
import { ownAwsPlugin } from "../harness/pulumi/awsPlugin";
import { Stack } from "../harness/pulumi/stack";
import { secretsIn } from "../harness/secrets";

const OTHER_ROLE = "arn:aws:iam::222222222222:role/rotator";
const KEYS = { accessKeyId: "AKIAOFTHEPROVIDER000", secretAccessKey: "secret of the first provider" };

const program = (otherArn: string) => `
const { Provider } = require("@pulumi/aws/provider");
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const { RotatedUser } = require("pulumi-aws-iam-rotator/user");
const endpoints = [{ iam: process.env.PROXY, sts: process.env.PROXY }];
const common = { endpoints, skipCredentialsValidation: true, skipRequestingAccountId: true };
const one = new Provider("one", {
  ...common, region: "us-east-1", accessKey: process.env.KEY_ID, secretKey: process.env.KEY_SECRET,
});
const assumeRoles = [{ roleArn: process.env.ROLE, externalId: "4711", sessionName: "nightly", tags: { team: "a" } }];
const two = new Provider("two", { ...common, region: "eu-west-1", assumeRoles });
const rotationTrigger = process.env.TRIGGER;
const user = new RotatedUser("here", { rotationTrigger }, { provider: one });
const key = new RotatedAccessKey("there", { userArn: ${JSON.stringify(otherArn)}, rotationTrigger }, { provider: two });
module.exports = { here: user.userName, there: key.current };
`;

describe("an explicit aws.Provider, through the engine", function () {
  this.timeout(300_000);
  let endpoint: Endpoint;
  let proxy: FaultProxy;
  let stack: Stack;
  let there: Account;
  let otherArn: string;

  before(async () => {
    endpoint = await startEndpoint();
    proxy = await startProxy(endpoint.url);
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const sts = new STSClient({ endpoint: endpoint.url, region: "us-east-1", credentials });
    const assumed = await sts.send(new AssumeRoleCommand({ RoleArn: OTHER_ROLE, RoleSessionName: "owner" }));
    const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = assumed.Credentials ?? {};
    const session = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    there = new Account(endpoint.url, "elsewhere", session);
    otherArn = await there.createUser();
    stack = await Stack.create({
      program: program(otherArn),
      endpointUrl: endpoint.url,
      path: [await ownAwsPlugin()],
      env: {
        TRIGGER: "1",
        AWS_REGION: "us-west-2",
        PROXY: proxy.url,
        ROLE: OTHER_ROLE,
        KEY_ID: KEYS.accessKeyId,
        KEY_SECRET: KEYS.secretAccessKey,
      },
    });
  });
  after(async () => {
    stack?.remove();
    await proxy?.stop();
    await endpoint?.stop();
  });

  const callsOn = (user: string) => proxy.calls.filter(({ params }) => params.UserName === user);
  const signers = (user: string) => [...new Set(callsOn(user).map(({ accessKeyId }) => accessKeyId))];
  const regions = (user: string) => [...new Set(callsOn(user).map(({ region }) => region))];

  it("rotates the keys of users in two accounts, each by its own provider's credentials, region and addresses", async () => {
    await stack.up();
    const { here } = (await stack.outputs()) as { here: string };
    assert.deepEqual([signers(here), regions(here)], [[KEYS.accessKeyId], ["us-east-1"]]);
    assert.equal(signers("elsewhere").length, 1);
    assert.match(signers("elsewhere")[0] ?? "", /^ASIA/);
    assert.deepEqual(regions("elsewhere"), ["eu-west-1"]);

    // All clients of a process share one session.
    const [role, ...others] = proxy.calls.filter(({ action }) => action === "AssumeRole");
    assert.equal(others.length, 0);
    const { RoleArn, ExternalId, RoleSessionName, "Tags.member.1.Key": tag } = role?.params ?? {};
    assert.deepEqual([RoleArn, ExternalId, RoleSessionName, tag], [OTHER_ROLE, "4711", "nightly", "team"]);
    assert.equal((await there.keys()).length, 1);

    stack.env.TRIGGER = "2";
    await stack.up();
    assert.equal((await there.keys()).length, 2);
  });

  it("shows no change where nothing has changed, nor by a refresh", async () => {
    await stack.up("--expect-no-changes");
    proxy.clear();
    await stack.refresh();
    assert.ok(callsOn("elsewhere").length > 0);
    await stack.up("--expect-no-changes");
  });

  it("records other credentials of the provider, and rotates nothing for them", async () => {
    const before = await there.keys();
    stack.env.KEY_ID = "AKIAOFTHEPROVIDER001";
    const { here } = (await stack.outputs()) as { here: string };
    await stack.up();
    assert.deepEqual(await there.keys(), before);
    proxy.clear();
    // A destroy runs no program: what is recorded signs.
    await stack.destroy();
    assert.deepEqual(signers(here), ["AKIAOFTHEPROVIDER001"]);
    assert.match(signers("elsewhere")[0] ?? "", /^ASIA/);
    assert.deepEqual(await there.keys(), []);
  });

  it("takes roles from the stack's configuration, as `pulumi config set --path` writes them", async () => {
    const program = `const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
      module.exports = new RotatedAccessKey("key", { userArn: process.env.USER_ARN });`;
    const env = { USER_ARN: otherArn, AWS_ENDPOINT_URL: "http://127.0.0.1:1" };
    const configured = await Stack.create({ program, endpointUrl: endpoint.url, env });
    const set = (path: string, value: string) => configured.must("config", "set", "--path", `aws:${path}`, value);
    try {
      await set("assumeRoles[0].roleArn", "no ARN of a role");
      await set("assumeRoles[0].scope", "x");
      const preview = await configured.run("preview", "--stack", "dev");
      assert.match(preview.text, /aws:assumeRoles, and in it scope, which is not one of /);
      assert.notEqual(preview.code, 0);
      await configured.must("config", "rm", "--path", "aws:assumeRoles[0].scope");
      await set("assumeRoles[0].roleArn", OTHER_ROLE);
      await set("assumeRoles[0].externalId", "4711");
      await set("endpoints[0].iam", proxy.url);
      await set("endpoints[0].sts", proxy.url);
      proxy.clear();
      await configured.up();
      const [role] = proxy.calls.filter(({ action }) => action === "AssumeRole");
      assert.deepEqual([role?.params.RoleArn, role?.params.ExternalId], [OTHER_ROLE, "4711"]);
      assert.equal((await there.keys()).length, 1);
      await configured.destroy();
      assert.deepEqual(await there.keys(), []);
    } finally {
      configured.remove();
    }
  });

  it("keeps the provider's secrets out of state and screen", () => {
    for (const [name, text] of stack.everything()) {
      assert.ok(!text.includes(KEYS.secretAccessKey), name);
      assert.deepEqual(secretsIn(text), [], name);
    }
  });
});
