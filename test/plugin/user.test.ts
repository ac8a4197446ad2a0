import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../support/dist";
import { Plugin } from "../support/pluginStack";
import { secretsIn } from "../support/secrets";
import type { Stack } from "../support/stack";

/** Statements beside a RotatedUser of the plugin, whose options and inputs come from the environment. */
const program = `
const pulumi = require("@pulumi/pulumi");
const { Provider: AwsProvider } = require("@pulumi/aws/provider");
const { RotatedUser, Provider } = require("pulumi-aws-iam-rotator-sdk");
const { INPUTS, OPTS = "{}", AWS_PROVIDER, OWN_PROVIDER, SECRET_USER } = process.env;
const inputs = JSON.parse(INPUTS);
const providers = [];
if (AWS_PROVIDER) providers.push(new AwsProvider("aws", JSON.parse(AWS_PROVIDER)));
if (OWN_PROVIDER) providers.push(new Provider("own", JSON.parse(OWN_PROVIDER)));
if (SECRET_USER) inputs.user = pulumi.secret(inputs.user);
const deploy = new RotatedUser("deploy", inputs, { ...JSON.parse(OPTS), ...(providers.length > 0 && { providers }) });
exports.id = deploy.currentAccessKeyId;
exports.arn = deploy.userArn;
exports.current = deploy.current;
`;

describe("RotatedUser of the provider plugin, through the engine", function () {
  this.timeout(300_000);
  let plugin: Plugin;
  before(async () => {
    plugin = await Plugin.start();
  });
  after(() => plugin?.stop());

  async function begin(inputs: { user?: object; [name: string]: unknown }, env: Record<string, string> = {}) {
    const stack = await plugin.withNodeSdk(program, env);
    give(stack, inputs);
    return stack;
  }
  function give(stack: Stack, inputs: object): void {
    stack.env.INPUTS = JSON.stringify({ rotationTrigger: "1", ...inputs });
  }
  function leaksNothing(stack: Stack): void {
    for (const [where, text] of stack.everything()) assert.deepEqual(secretsIn(text), [], where);
  }

  it("makes a user with its tags, keeps the journal beside them, and lets them change", async () => {
    const account = plugin.account("tagged");
    const user = { name: "tagged", path: "/ci/", tags: { team: "platform" } };
    const stack = await begin({ user });
    await stack.up();
    const { "pulumi-aws-iam-rotator": journal, ...tags } = await account.tags();
    assert.match(journal ?? "", /^v1 done create /);
    assert.deepEqual(tags, { team: "platform" });
    for (const command of [["refresh", "--yes", "--skip-preview"], ["preview"]]) {
      await stack.must(...command, "--expect-no-changes", "--stack", "dev");
    }
    give(stack, { user: { ...user, tags: { team: "security", cost: "7" } } });
    await stack.up();
    const { "pulumi-aws-iam-rotator": kept, ...changed } = await account.tags();
    assert.match(kept ?? "", /^v1 done create /);
    assert.deepEqual(changed, { team: "security", cost: "7" });
    await stack.destroy();
    leaksNothing(stack);
  });

  it("refuses a tag that the journal could not live beside, and an input that aws.iam.User does not have", async () => {
    const stack = await begin({ user: { tags: { empty: "" } } });
    assert.match((await stack.run("preview", "--stack", "dev")).text, /the tag empty has an empty value/);
    give(stack, { user: { nmae: "misspelled" } });
    assert.match((await stack.run("preview", "--stack", "dev")).text, /nmae, which it does not take/);
  });

  it("refuses an explicit aws.Provider that it can't read, and takes a login or a provider of its own beside it", async () => {
    const account = plugin.account("signer");
    await account.createUser();
    const signer = await account.addKey();
    const { url } = plugin.proxy;
    const settings = { accessKey: signer.accessKeyId, secretKey: signer.secretAccessKey, region: "eu-west-1" };
    const endpoints = [{ iam: url, sts: url }];
    const stack = await begin(
      { user: { name: "provided" } },
      { AWS_PROVIDER: JSON.stringify({ ...settings, endpoints }) },
    );
    const refused = await stack.run("preview", "--stack", "dev");
    assert.notEqual(refused.code, 0);
    assert.match(refused.text, /its AWS provider makes the user, and what that signs in with can't be read here/);

    const { accessKeyId, secretAccessKey } = signer;
    give(stack, { user: { name: "provided" }, login: { accessKeyId, secretAccessKey } });
    assert.match(await stack.preview(), /RotatedAccessKey .*create/, "a login is as good");

    give(stack, { user: { name: "provided" } });
    stack.env.OWN_PROVIDER = JSON.stringify({ ...settings, endpoints });
    plugin.calls();
    await stack.up();
    const makers = plugin.proxy.calls.filter(({ action }) => action === "CreateAccessKey");
    assert.deepEqual(
      makers.map(({ accessKeyId }) => accessKeyId),
      [signer.accessKeyId],
    );
    await stack.destroy();
    assert.deepEqual(
      (await account.keys()).map(({ id }) => id),
      [signer.accessKeyId],
    );
    leaksNothing(stack);
  });

  it("rotates by the stack's aws:* configuration, which makes the user; its own configuration comes first", async () => {
    const account = plugin.account("configured");
    await account.createUser();
    const [one, two] = [await account.addKey(), await account.addKey()];
    const stack = await begin({ user: { name: "by-config" } });
    const set = (name: string, value: string, ...more: string[]) =>
      stack.must("config", "set", name, value, ...more, "--stack", "dev");
    await set("aws:accessKey", one.accessKeyId);
    await set("aws:secretKey", one.secretAccessKey, "--secret");
    await set("aws:region", "us-east-1");
    await set("aws-iam-rotator:maxRetries", "4");
    const signers = () =>
      plugin.proxy.calls.filter(({ action }) => action === "CreateAccessKey").map(({ accessKeyId }) => accessKeyId);
    plugin.calls();
    await stack.up();
    assert.deepEqual(signers(), [one.accessKeyId]);

    await set("aws-iam-rotator:accessKey", two.accessKeyId);
    await set("aws-iam-rotator:secretKey", two.secretAccessKey, "--secret");
    give(stack, { user: { name: "by-config" }, rotationTrigger: "2" });
    plugin.calls();
    await stack.up();
    assert.deepEqual(signers(), [two.accessKeyId]);
    await stack.destroy();
    leaksNothing(stack);
  });

  it("whose keys fail: Pulumi adds words of its own, which docs/troubleshooting.md has", async () => {
    const stack = await begin({ user: { name: "failing" } });
    plugin.proxy.rule({ action: "TagUser", times: 1, fault: { kind: "error", code: "AccessDenied", status: 403 } });
    const { code, text } = await stack.tryUp();
    assert.notEqual(code, 0);
    assert.match(text, /iam:TagUser failed with AccessDenied/);
    const page = readFileSync(join(ROOT, "docs/troubleshooting.md"), "utf8").split("\n");
    const row = page.find((line) => line.includes("the keys or the user of a `RotatedUser` failed")) ?? "";
    assert.ok(text.includes(row.split("`")[1] || "no such row"), text);
    await stack.up();
    await stack.destroy();
    leaksNothing(stack);
  });

  it("reaches AWS as the stack's aws:* configuration says, with a login as well", async () => {
    const account = plugin.account("logged-in");
    await account.createUser();
    const login = await account.addKey();
    const stack = await begin({ user: { name: "by-login" }, login });
    await stack.must("config", "set", "aws:region", "eu-west-1", "--stack", "dev");
    plugin.calls();
    await stack.up();
    const [made] = plugin.proxy.calls.filter(({ action }) => action === "CreateAccessKey");
    assert.deepEqual([made?.accessKeyId, made?.region], [login.accessKeyId, "eu-west-1"]);
    await stack.destroy();
    leaksNothing(stack);
  });

  it("says nothing to the engine by a proxy of the environment's", async () => {
    const program = `
resources:
  deploy:
    type: aws-iam-rotator:RotatedUser
    properties: { user: { name: proxied } }
`;
    const stack = await plugin.yaml(program, { https_proxy: "http://127.0.0.1:9" });
    assert.match(await stack.up(), /made AKIA\w+ as current/);
    await stack.destroy();
  });

  it("passes protect and retainOnDelete on, and keeps secret what a secret user holds", async () => {
    const stack = await begin(
      { user: { name: "protected", path: "/quite-secret/" } },
      { OPTS: '{"protect":true}', SECRET_USER: "1" },
    );
    await stack.up();
    assert.ok(!stack.stateText().includes('"path":"/quite-secret/"'));
    const { code, text } = await stack.run("destroy", "--yes", "--skip-preview", "--stack", "dev");
    assert.notEqual(code, 0);
    assert.match(text, /protected/);
    assert.equal((await plugin.account("protected").keys()).length, 1);
    stack.env.OPTS = '{"retainOnDelete":true}';
    await stack.up();
    await stack.destroy();
    assert.equal((await plugin.account("protected").keys()).length, 1, "what is retained stays");
  });
});
