import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Account } from "../harness/aws/account";
import { Plugin } from "../harness/pulumi/pluginStack";
import { processTree, signalAll } from "../harness/pulumi/processTree";
import type { Stack } from "../harness/pulumi/stack";
import { fails, stand } from "../harness/pulumi/stand";
import { remember } from "../harness/secrets";

/** A program in JavaScript without any SDK of ours: resources by their token, what they get from the environment. */
const program = `
const pulumi = require("@pulumi/pulumi");
class Key extends pulumi.CustomResource {
  constructor(name, inputs) {
    const outputs = ["current", "previous", "currentAccessKeyId", "previousAccessKeyId", "currentCreatedAt", "rotationDueAt", "pending"];
    super("aws-iam-rotator:index:RotatedAccessKey", name, { ...Object.fromEntries(outputs.map((key) => [key, undefined])), ...inputs });
  }
}
class Other extends pulumi.dynamic.Resource {}
for (const [name, { secretArn, secretTrigger, unknown, ...inputs }] of Object.entries(JSON.parse(process.env.KEYS))) {
  if (secretArn) inputs.userArn = pulumi.secret(secretArn);
  if (secretTrigger) inputs.rotationTrigger = pulumi.secret(secretTrigger);
  if (unknown) {
    const create = async () => ({ id: "x", outs: { value: unknown } });
    inputs.rotationTrigger = new Other({ create }, "other", { value: undefined }).value;
  }
  new Key(name, { rotationTrigger: "1", ...inputs });
}
`;

/** Two users in one stack, with a key each; what is published of both. */
const NEIGHBOURS = `config:
  rotation: { type: string, default: "1" }
  userA: { type: string }
  userB: { type: string }
resources:
  a: { type: "aws-iam-rotator:RotatedAccessKey", properties: { userArn: "\${userA}", rotationTrigger: "\${rotation}" } }
  b: { type: "aws-iam-rotator:RotatedAccessKey", properties: { userArn: "\${userB}", rotationTrigger: "\${rotation}" } }
outputs:
  a: "\${a.currentAccessKeyId}"
  b: "\${b.currentAccessKeyId}"
  pending: "\${b.pending}"
`;

const SECRETS = ["login-that-is-secret", "misspelled-and-secret", "trigger that is secret", "trigger that was secret"];

describe("RotatedAccessKeys of the provider plugin, through the engine", function () {
  this.timeout(300_000);
  const plugin = stand(new Plugin());
  for (const secret of SECRETS) remember(secret);
  let stack: Stack;
  const accounts: Record<string, Account> = {};
  const arns: Record<string, string> = {};
  const at = (name: string) => accounts[name] ?? assert.fail(name);
  before(async () => {
    stack = await plugin.javascript(program);
    for (const name of ["secret", "later", "adopted", "other", "full", "failing", "was-secret", "waiting", "no-arn"]) {
      const account = plugin.account(name);
      accounts[name] = account;
      arns[name] = await account.createUser();
    }
  });

  /** What the program makes; the user is that of the resource's name. */
  function give(keys: Record<string, object>): void {
    const all = Object.entries(keys).map(([name, inputs]) => [name, { userArn: arns[name], ...inputs }]);
    stack.env.KEYS = JSON.stringify(Object.fromEntries(all));
  }
  /** What the state records of a key. */
  const recorded = (name: string) =>
    stack.state().resources.find(({ urn }) => urn.endsWith(`RotatedAccessKey::${name}`)) as
      | { id: string; outputs: Record<string, unknown> }
      | undefined;
  const refuse = (user: string) =>
    plugin.proxy.rule({
      action: "TagUser",
      user,
      nth: 2,
      fault: { kind: "error", code: "AccessDenied", status: 403 },
    });
  const login = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "login-that-is-secret" };

  it("refuse bad input by property, in preview, and print no value", async () => {
    const misspelled = { ...login, secretAccesKey: "misspelled-and-secret" };
    give({ secret: { rotateEvry: "90d", gracePeriod: "a week", login: misspelled } });
    await fails(
      stack.run("preview", "--stack", "dev"),
      /rotateEvry: there is no such property; the resource takes userArn,/,
      /gracePeriod: is not a duration/,
      /login\.secretAccesKey: there is no such property/,
    );
  });

  it("are made and adopted, or refused where a user has no room; what a failed creation did is saved", async () => {
    for (const name of ["full", "full"]) await at(name).addKey();
    const [previous, current] = [await at("adopted").addKey(), await at("adopted").addKey()];
    const keys = {
      secret: { secretTrigger: "a trigger that is secret", login },
      later: {},
      adopted: { state: { current, previous: { accessKeyId: previous.accessKeyId } } },
      full: {},
      failing: {},
      "was-secret": { secretTrigger: "one trigger that was secret" },
      waiting: { secretTrigger: "other trigger that was secret" },
      "no-arn": { secretArn: arns["no-arn"] },
    };
    give(keys);
    assert.match(await stack.preview("--diff"), new RegExp(current.accessKeyId), "the id that it will have is known");
    refuse("no-arn");
    const text = await fails(stack.tryUp("--continue-on-error"));
    plugin.proxy.clear();
    assert.deepEqual(await at("adopted").ids(), [current.accessKeyId, previous.accessKeyId].sort());
    assert.equal(recorded("adopted")?.outputs.currentAccessKeyId, current.accessKeyId);
    assert.match(text, /the user has as many access keys as AWS allows/);
    assert.doesNotMatch(text, /unknown state|resource status/i);
    assert.equal((await at("full").ids()).length, 2);
    // The creation failed after the key was made.
    assert.equal(recorded("no-arn")?.id, arns["no-arn"], "the ARN is the id, where it is secret");
  });

  it("tell what may happen, rotate, and go on from what a failed update saved", async () => {
    const [first] = await at("later").ids();
    const [only] = await at("failing").ids();
    const keys = {
      secret: { secretTrigger: "another trigger that is secret", login },
      later: { unknown: "later" },
      adopted: { userArn: arns.other },
      failing: { rotationTrigger: "2" },
      "was-secret": { rotationTrigger: "2" },
      waiting: { secretTrigger: "last trigger that was secret" },
      "no-arn": { secretArn: arns["no-arn"] },
    };
    give(keys);
    await stack.preview("--diff", "--json");
    const preview = await stack.preview("--diff");
    assert.match(preview, /this update may change keys: rotationTrigger is not known yet/);
    assert.match(preview, /replace/);
    for (const user of ["failing", "was-secret"]) refuse(user);
    await fails(stack.tryUp("--continue-on-error", "--diff"), /Where it stands: .* was made or adopted/);
    plugin.proxy.clear();
    const made = (await at("failing").ids()).find((id) => id !== only);
    assert.equal(recorded("failing")?.outputs.currentAccessKeyId, made, "the key is saved");
    const saved = recorded("was-secret")?.outputs.currentAccessKeyId;

    give({ ...keys, waiting: { rotationTrigger: "3", gracePeriod: "7d" } });
    assert.match(await stack.up(), /a rotation \(rotationTrigger changed\) waits until/);
    assert.equal(typeof recorded("waiting")?.outputs.previousUntil, "string");
    assert.deepEqual(await at("failing").ids(), [only, made].sort(), "and no further one made");
    assert.equal(recorded("was-secret")?.outputs.currentAccessKeyId, saved);
    const { currentAccessKeyId, previousAccessKeyId } = recorded("later")?.outputs ?? {};
    assert.equal(previousAccessKeyId, first);
    assert.deepEqual(await at("later").ids(), [first, currentAccessKeyId].sort());
    assert.deepEqual(await at("adopted").ids(), [], "replaced for another user");
    assert.equal((await at("other").ids()).length, 1);
  });

  it("can't be imported, nor previewed where the stack disables this package's default provider; and leave nothing behind", async () => {
    const type = "aws-iam-rotator:index:RotatedAccessKey";
    const imported = await stack.run("import", type, "full", arns.full ?? "", "--yes", "--stack", "dev");
    assert.match(imported.text, /AWS never shows a key's secret again/);
    await stack.refresh();
    await stack.destroy();
    for (const name of Object.keys(accounts)) {
      assert.equal((await at(name).ids()).length, name === "full" ? 2 : 0, name);
    }
    const name = "pulumi:disable-default-providers[0]";
    await stack.must("config", "set", "--path", name, "aws-iam-rotator", "--stack", "dev");
    await fails(stack.run("preview", "--stack", "dev"), /Default provider for 'aws-iam-rotator' disabled/);
  });

  it("keep secret what an explicit provider signs with, refuse a setting that there is not, and use no proxy to the engine", async () => {
    const account = plugin.account("yaml");
    const userArn = await account.createUser();
    const signer = await account.addKey();
    // What is misspelled is shown with the lines around it, by the host for YAML: the secret stands apart.
    const yaml = (setting: string) => `
resources:
  mine:
    type: pulumi:providers:aws-iam-rotator
    properties:
      ${setting}: us-east-1
      accessKey: ${signer.accessKeyId}





      secretKey: ${signer.secretAccessKey}
  ci:
    type: aws-iam-rotator:RotatedAccessKey
    properties: { userArn: "${userArn}" }
    options: { provider: "\${mine}" }
  deploy:
    type: aws-iam-rotator:RotatedUser
    properties: { user: { name: proxied } }
`;
    const stack = await plugin.yaml(yaml("region"), { https_proxy: "http://127.0.0.1:9" });
    assert.match(await stack.up(), /made AKIA\w+ as current/);
    assert.equal((await plugin.account("proxied").ids()).length, 1);
    assert.match(stack.stateText(), /pulumi:providers:aws-iam-rotator::mine/);
    await stack.destroy();
    stack.write("", stack.project().replace("region:", "regoin:"));
    assert.match((await stack.run("preview", "--stack", "dev")).text, /regoin/);
  });

  it("end a wait of a minute at once, with the new key saved, when the run is cancelled or every process of it is told to end", async () => {
    const account = plugin.account("ended");
    const stack = await plugin.javascript(program, { ROTATOR_TEST_NEW_KEY: "60000" });
    const userArn = await account.createUser();
    const rotate = (rotationTrigger: string) => {
      stack.env.KEYS = JSON.stringify({ ended: { userArn, rotationTrigger } });
    };
    rotate("1");
    await stack.up();
    const signals: [string, () => unknown][] = [
      ["2", () => stack.signal("SIGINT")],
      ["3", () => signalAll(processTree(stack.pid), "SIGTERM")],
    ];
    for (const [trigger, tell] of signals) {
      const current = stack.recorded()?.currentAccessKeyId as string;
      // As AWS does: the new key is not known for a while.
      let trials = 0;
      const when = ({ action }: { action: string }) => {
        if (action !== "GetCallerIdentity") return false;
        if (++trials === 3) tell();
        return true;
      };
      plugin.proxy.rule({ when, fault: { kind: "error", code: "InvalidClientTokenId", status: 403 } });
      rotate(trigger);
      await fails(stack.tryUp(), /the operation was cancelled/);
      plugin.proxy.clear();
      assert.ok(trials <= 4, `it tried the key ${trials} times`);
      const made = (await account.ids()).find((id) => id !== current);
      assert.equal(stack.recorded()?.currentAccessKeyId, made, "the key is saved");
      await stack.up();
      assert.deepEqual(await account.ids(), [current, made].sort(), "and no other one made");
    }

    // Where the engine dies of it, a key that nobody has received is deleted.
    const current = stack.recorded()?.currentAccessKeyId as string;
    assert.ok((await account.ids()).includes(current));
    const hangUp = async () => {
      signalAll(processTree(stack.pid), "SIGHUP");
      await sleep(500);
    };
    plugin.proxy.rule({ action: "CreateAccessKey", nth: 1, fault: { kind: "run", after: hangUp } });
    rotate("4");
    await fails(stack.tryUp());
    await account.onlyHas(current);
    plugin.proxy.clear();
    await stack.run("cancel", "--yes", "--stack", "dev");
    await stack.destroy();
    assert.deepEqual(await account.ids(), []);
  });

  it("the neighbour of a key in trouble rotates and is published still, while the blocked one is named until it is mended", async () => {
    const stack = await plugin.yaml(NEIGHBOURS);
    const [other, account] = [plugin.account("neighbour"), plugin.account("blocked")];
    const arns = [await other.createUser(), await account.createUser()];
    await stack.must(
      "config",
      "set-all",
      "-s",
      "dev",
      ...arns.flatMap((arn, at) => ["--plaintext", `user${"AB"[at]}=${arn}`]),
    );
    await stack.up();
    const first = await stack.outputs();
    const { accessKeyId: byHand } = await account.addKey();

    for (const run of ["first", "next"]) {
      const { text } = await stack.tryUp("-c", "rotation=2");
      assert.match(text, new RegExp(`error: \\S*blocked: a rotation is blocked: .*${byHand}`), run);
      const { a, b, pending } = await stack.outputs();
      assert.notEqual(a, first.a, "the other has rotated, and is published");
      assert.equal(b, first.b);
      assert.deepEqual(
        (pending as { blocked?: boolean }[]).map(({ blocked }) => blocked),
        [true],
      );
    }
    assert.equal((await other.ids()).length, 2, "it rotates once for a trigger");

    await account.deleteKey(byHand);
    assert.doesNotMatch(await stack.up(), /error:/);
    const last = await stack.outputs();
    assert.deepEqual(last.pending, []);
    assert.deepEqual(await account.ids(), [first.b, last.b].sort());
    await stack.must("preview", "--expect-no-changes", "--stack", "dev");
  });
});
