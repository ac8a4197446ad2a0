import assert from "node:assert/strict";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { Account } from "../harness/aws/account";
import { ownAwsPlugin } from "../harness/pulumi/awsPlugin";
import type { Stack } from "../harness/pulumi/stack";
import { fails, stand } from "../harness/pulumi/stand";
import { remember } from "../harness/secrets";

const OTHER_ROLE = "arn:aws:iam::222222222222:role/rotator";
const KEYS = { accessKeyId: "AKIAOFTHEPROVIDER000", secretAccessKey: "secret of the first provider" };
const LOGIN = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "secret-of-the-login" };

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
/** As docs/credentials.md has it; SETTINGS are those of the provider, or none at all. */
const OF_ITS_KIND = `
const pulumi = require("@pulumi/pulumi");
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
class NodejsProvider extends pulumi.ProviderResource {}
const { SETTINGS, LOGIN, USER_ARN: userArn } = process.env;
const provider = SETTINGS && new NodejsProvider("pulumi-nodejs", "rotator", JSON.parse(SETTINGS));
new RotatedAccessKey("ci", { userArn, login: LOGIN && JSON.parse(LOGIN) }, { provider });
`;

describe("an explicit aws.Provider, through the engine", function () {
  this.timeout(300_000);
  for (const { secretAccessKey } of [KEYS, LOGIN]) remember(secretAccessKey);
  const at = stand();
  let stack: Stack;
  let there: Account;
  let otherArn: string;

  before(async () => {
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const sts = new STSClient({ endpoint: at.endpoint.url, region: "us-east-1", credentials });
    const assumed = await sts.send(new AssumeRoleCommand({ RoleArn: OTHER_ROLE, RoleSessionName: "owner" }));
    const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = assumed.Credentials ?? {};
    const session = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    there = new Account(at.endpoint.url, "elsewhere", session);
    otherArn = await there.createUser();
    const { accessKeyId: KEY_ID, secretAccessKey: KEY_SECRET } = KEYS;
    stack = await at.stack(program(otherArn), {
      // All that the provider is told comes from itself.
      endpointUrl: at.endpoint.url,
      hasty: false,
      path: [await ownAwsPlugin()],
      env: { AWS_REGION: "us-west-2", PROXY: at.proxy.url, ROLE: OTHER_ROLE, KEY_ID, KEY_SECRET },
    });
  });

  const callsOn = (user: string) => at.proxy.calls.filter(({ params }) => params.UserName === user);
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
    const [role, ...others] = at.proxy.calls.filter(({ action }) => action === "AssumeRole");
    assert.equal(others.length, 0);
    const { RoleArn, ExternalId, RoleSessionName, "Tags.member.1.Key": tag } = role?.params ?? {};
    assert.deepEqual([RoleArn, ExternalId, RoleSessionName, tag], [OTHER_ROLE, "4711", "nightly", "team"]);
    assert.equal((await there.keys()).length, 1);

    stack.env.TRIGGER = "2";
    await stack.up();
    assert.equal((await there.keys()).length, 2);
  });

  it("shows no change where nothing has changed, nor by a refresh", async () => {
    at.proxy.clear();
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
    at.proxy.clear();
    // A destroy runs no program: what is recorded signs.
    await stack.destroy();
    assert.deepEqual(signers(here), ["AKIAOFTHEPROVIDER001"]);
    assert.match(signers("elsewhere")[0] ?? "", /^ASIA/);
    assert.deepEqual(await there.keys(), []);
  });

  it("takes roles from the stack's configuration, as `pulumi config set --path` writes them", async () => {
    const program = `const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
      module.exports = new RotatedAccessKey("key", { userArn: process.env.USER_ARN });`;
    const configured = await at.stack(program, { endpointUrl: "http://127.0.0.1:1", env: { USER_ARN: otherArn } });
    const set = (path: string, value: string) => configured.must("config", "set", "--path", `aws:${path}`, value);
    await set("assumeRoles[0].roleArn", "no ARN of a role");
    await set("assumeRoles[0].scope", "x");
    await fails(configured.run("preview", "--stack", "dev"), /aws:assumeRoles, and in it scope, which is not one of /);
    await configured.must("config", "rm", "--path", "aws:assumeRoles[0].scope");
    await set("assumeRoles[0].roleArn", OTHER_ROLE);
    await set("assumeRoles[0].externalId", "4711");
    for (const service of ["iam", "sts"]) await set(`endpoints[0].${service}`, at.proxy.url);
    at.proxy.clear();
    await configured.up();
    const [role] = at.proxy.calls.filter(({ action }) => action === "AssumeRole");
    assert.deepEqual([role?.params.RoleArn, role?.params.ExternalId], [OTHER_ROLE, "4711"]);
    assert.equal((await there.keys()).length, 1);
    await configured.destroy();
    assert.deepEqual(await there.keys(), []);
  });

  it("where the stack disables default providers, is refused by Pulumi, and has a provider of Pulumi's own kind, whose settings count", async () => {
    const account = at.account("deployer");
    const disabled = await at.stack(OF_ITS_KIND, { env: { USER_ARN: await account.createUser() } });
    await disabled.must("config", "set", "--path", "pulumi:disable-default-providers[0]", "*", "--stack", "dev");
    disabled.env.LOGIN = JSON.stringify(LOGIN);
    await fails(disabled.tryUp(), /Default provider for 'pulumi-nodejs' disabled/);
    disabled.env.SETTINGS = '{"aws:allowedAccountIds":"[\\"000000000000\\"]"}';
    await fails(disabled.tryUp(), /is not among them/);
    assert.deepEqual(await account.keys(), []);
    disabled.env.SETTINGS = '{"aws:allowedAccountIds":"[\\"123456789012\\"]"}';
    await disabled.up();
    assert.equal((await account.keys()).length, 1);
    await disabled.destroy();
    assert.deepEqual(await account.keys(), []);
  });
});
