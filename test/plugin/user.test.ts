import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../harness/dist";
import { Plugin } from "../harness/pulumi/pluginStack";
import type { Stack } from "../harness/pulumi/stack";
import { fails, isGone, stand } from "../harness/pulumi/stand";

/** RotatedUsers of the plugin by their names, with the options and inputs that the environment has for each. */
const program = `
const pulumi = require("@pulumi/pulumi");
const { Provider: AwsProvider } = require("@pulumi/aws/provider");
const { RotatedUser, Provider } = require("pulumi-aws-iam-rotator-sdk");
for (const [name, { opts, aws, own, isSecret, user, ...inputs }] of Object.entries(JSON.parse(process.env.USERS))) {
  const providers = [];
  if (aws) providers.push(new AwsProvider(name + "-aws", aws));
  if (own) providers.push(new Provider(name + "-own", own));
  const given = { name, ...user };
  const args = { rotationTrigger: "1", ...inputs, user: isSecret ? pulumi.secret(given) : given };
  new RotatedUser(name, args, { ...opts, ...(providers.length > 0 && { providers }) });
}
`;
interface User {
  user?: object;
  rotationTrigger?: string;
  login?: object;
  aws?: object;
  own?: object;
  opts?: object;
  isSecret?: boolean;
}

describe("RotatedUsers of the provider plugin, through the engine", function () {
  this.timeout(300_000);
  const plugin = stand(new Plugin());
  let stack: Stack;
  const users: Record<string, User> = {};
  /** Who may sign, by name. */
  const keys: Record<string, { accessKeyId: string; secretAccessKey: string }> = {};
  const give = (more: Record<string, User>) => {
    stack.env.USERS = JSON.stringify(Object.assign(users, more));
  };
  const configure = (...settings: string[]) => stack.must("config", "set-all", "--stack", "dev", ...settings);
  const idsOf = (name: string) => plugin.account(name).ids();
  /** Who made a user's keys since this was asked last, and in which region. */
  const makers = (name: string) =>
    plugin.proxy.calls
      .filter(({ action, user }) => action === "CreateAccessKey" && user === name)
      .map(({ accessKeyId, region }) => ({ accessKeyId, region }));
  const by = (name: string, region = "us-east-1") => [{ accessKeyId: keys[name]?.accessKeyId, region }];

  before(async () => {
    stack = await plugin.withNodeSdk(program);
    for (const name of ["stack", "own-settings", "login", "provider"]) {
      const account = plugin.account(name);
      await account.createUser();
      keys[name] = await account.addKey();
    }
    const { accessKeyId = "", secretAccessKey = "" } = keys.stack ?? {};
    const signIn = ["--plaintext", `aws:accessKey=${accessKeyId}`, "--secret", `aws:secretKey=${secretAccessKey}`];
    await configure(...signIn, "--plaintext", "aws:region=us-east-1");
  });

  /** Of the provider that makes `provided`. */
  function settings() {
    const { url } = plugin.proxy;
    const { accessKeyId: accessKey, secretAccessKey: secretKey } = keys.provider ?? {};
    return { accessKey, secretKey, region: "eu-west-1", endpoints: [{ iam: url, sts: url }] };
  }

  it("are refused with a tag that the journal could not live beside, with an input that there is not, and with a provider that can't be read", async () => {
    // Each in a run of its own: a program ends with the first that is refused.
    for (const [name, user, says] of [
      ["empty", { user: { tags: { empty: "" } } }, /the tag empty has an empty value/],
      ["misspelled", { user: { nmae: "misspelled" } }, /nmae, which it does not take/],
      [
        "provided",
        { aws: settings() },
        /its AWS provider makes the user, and what that signs in with can't be read here/,
      ],
    ] as const) {
      stack.env.USERS = JSON.stringify({ [name]: user });
      await fails(stack.run("preview", "--stack", "dev"), says);
    }
  });

  it("are made: with tags, by the stack's aws:* configuration, by a login or a provider of their own; and one fails", async () => {
    give({
      tagged: { user: { path: "/ci/", tags: { team: "platform" } } },
      failing: {},
      "by-login": { login: keys.login ?? {} },
      provided: { aws: settings(), own: settings() },
      // A login is as good.
      "provided-by-login": { aws: settings(), login: keys.login ?? {} },
      protected: { user: { path: "/quite-secret/" }, isSecret: true, opts: { protect: true } },
    });
    const refused = { kind: "error", code: "AccessDenied", status: 403 } as const;
    plugin.proxy.clear();
    plugin.proxy.rule({ action: "TagUser", user: "failing", times: 1, fault: refused });
    const text = await fails(stack.tryUp("--continue-on-error"));
    assert.deepEqual(makers("tagged"), by("stack"));
    assert.deepEqual(makers("by-login"), by("login"));
    assert.deepEqual(makers("provided-by-login"), by("login"));
    assert.deepEqual(makers("provided"), by("provider", "eu-west-1"));

    const { "pulumi-aws-iam-rotator": journal, ...tags } = await plugin.account("tagged").tags();
    assert.match(journal ?? "", /^v1 done create /);
    assert.deepEqual(tags, { team: "platform" }, "the journal is kept beside the tags");

    assert.match(text, /iam:TagUser failed with AccessDenied/);
    // Pulumi adds words of its own.
    const page = readFileSync(join(ROOT, "docs/troubleshooting.md"), "utf8").split("\n");
    const row = page.find((line) => line.includes("the keys or the user of a `RotatedUser` failed")) ?? "";
    assert.ok(text.includes(row.split("`")[1] || "no such row"), text);

    assert.ok(!stack.stateText().includes('"path":"/quite-secret/"'), "what a secret user holds is secret");
  });

  it("go on: tags change beside the journal, the failed one is made, and the plugin's own configuration comes first", async () => {
    const { accessKeyId, secretAccessKey } = keys["own-settings"] ?? {};
    const own = ["--plaintext", `aws-iam-rotator:accessKey=${accessKeyId}`, "--plaintext", "aws:region=eu-west-1"];
    await configure(...own, "--secret", `aws-iam-rotator:secretKey=${secretAccessKey}`);
    await configure("--plaintext", "aws-iam-rotator:maxRetries=4");
    give({
      tagged: { user: { path: "/ci/", tags: { team: "security", cost: "7" } }, rotationTrigger: "2" },
      "by-login": { login: keys.login ?? {}, rotationTrigger: "2" },
    });
    plugin.proxy.clear();
    await stack.up();
    const { "pulumi-aws-iam-rotator": journal, ...tags } = await plugin.account("tagged").tags();
    assert.match(journal ?? "", /^v1 done rotate /);
    assert.deepEqual(tags, { team: "security", cost: "7" });
    assert.deepEqual(makers("tagged"), by("own-settings", "eu-west-1"));
    assert.deepEqual(makers("by-login"), by("login", "eu-west-1"), "a login reaches AWS as the stack says");
    assert.equal((await idsOf("failing")).length, 1);
    for (const command of [["refresh", "--yes", "--skip-preview"], ["preview"]]) {
      await stack.must(...command, "--expect-no-changes", "--stack", "dev");
    }
  });

  it("are destroyed, but for what is protected or retained, and no secret is in plain text", async () => {
    await fails(stack.run("destroy", "--yes", "--skip-preview", "--stack", "dev"), /protected/);
    for (const name of Object.keys(keys)) assert.deepEqual(await idsOf(name), [keys[name]?.accessKeyId]);
    await isGone(plugin.account("tagged"));
    assert.equal((await idsOf("protected")).length, 1);

    const retained = { user: { path: "/quite-secret/" }, isSecret: true, opts: { retainOnDelete: true } };
    stack.env.USERS = JSON.stringify({ protected: retained });
    await stack.up();
    await stack.destroy();
    assert.equal((await idsOf("protected")).length, 1, "what is retained stays");
  });
});
