import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Plugin } from "../support/pluginStack";
import { processTree, signalAll } from "../support/processTree";
import { secretsIn } from "../support/secrets";
import type { Stack } from "../support/stack";

/** A program in JavaScript without any SDK of ours: the resource by its token, its inputs from the environment. */
const program = `
const pulumi = require("@pulumi/pulumi");
class Key extends pulumi.CustomResource {
  constructor(name, inputs) {
    const outputs = ["current", "previous", "currentAccessKeyId", "previousAccessKeyId", "currentCreatedAt", "rotationDueAt", "pending"];
    super("aws-iam-rotator:index:RotatedAccessKey", name, { ...Object.fromEntries(outputs.map((key) => [key, undefined])), ...inputs });
  }
}
const { INPUTS, SECRET_ARN, SECRET_TRIGGER, UNKNOWN } = process.env;
const inputs = JSON.parse(INPUTS);
if (SECRET_ARN) inputs.userArn = pulumi.secret(inputs.userArn);
if (SECRET_TRIGGER) inputs.rotationTrigger = pulumi.secret(SECRET_TRIGGER);
class Other extends pulumi.dynamic.Resource {}
if (UNKNOWN) {
  const create = async () => ({ id: "x", outs: { value: UNKNOWN } });
  const diff = async () => ({ changes: true });
  const update = async () => ({ outs: { value: UNKNOWN } });
  inputs.rotationTrigger = new Other({ create, diff, update }, "other", { value: undefined, UNKNOWN }).value;
}
const key = new Key("ci", inputs);
exports.id = key.currentAccessKeyId;
exports.previousId = key.previousAccessKeyId;
`;

describe("RotatedAccessKey of the provider plugin, through the engine", function () {
  this.timeout(300_000);
  let plugin: Plugin;
  let users = 0;
  before(async () => {
    plugin = await Plugin.start();
  });
  after(() => plugin?.stop());

  async function begin(inputs: object = {}) {
    const account = plugin.account(`plugin-${++users}`);
    const userArn = await account.createUser();
    const stack = await plugin.stack(program);
    const give = (more: object) => {
      stack.env.INPUTS = JSON.stringify({ userArn, rotationTrigger: "1", ...more });
    };
    give(inputs);
    const ids = async () => (await account.keys()).map(({ id }) => id).sort();
    return { account, userArn, stack, give, ids };
  }
  function leaksNothing(stack: Stack, ...more: string[]): void {
    for (const [where, text] of stack.everything()) {
      assert.deepEqual(secretsIn(text), [], where);
      for (const secret of more) assert.ok(!text.includes(secret), where);
    }
  }

  it("refuses bad input by property, in preview, and prints no value", async () => {
    const { stack, give } = await begin();
    const login = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "very secret indeed" };
    give({ rotateEvry: "90d", gracePeriod: "a week", login: { ...login, secretAccesKey: "misspelled and secret" } });
    const { code, text } = await stack.run("preview", "--stack", "dev");
    assert.notEqual(code, 0);
    assert.match(text, /rotateEvry: there is no such property; the resource takes userArn,/);
    assert.match(text, /gracePeriod: is not a duration/);
    assert.match(text, /login\.secretAccesKey: there is no such property/);
    leaksNothing(stack, "very secret indeed", "misspelled and secret");
  });

  it("keeps a trigger that is secret, and a login, out of sight", async () => {
    const { stack, give } = await begin();
    stack.env.SECRET_TRIGGER = "a trigger that is secret";
    const login = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "login-that-is-secret" };
    give({ login });
    await stack.up();
    stack.env.SECRET_TRIGGER = "another trigger that is secret";
    await stack.preview("--diff", "--json");
    await stack.preview("--diff");
    await stack.up("--diff");
    await stack.refresh();
    await stack.destroy();
    leaksNothing(stack, "trigger that is secret", "login-that-is-secret");
  });

  it("says what it may do where a trigger is not known yet, and rotates once it is", async () => {
    const { stack, ids } = await begin();
    await stack.up();
    const [first] = await ids();
    stack.env.UNKNOWN = "later";
    const text = await stack.preview("--diff");
    assert.match(text, /this update may change keys: rotationTrigger is not known yet/);
    await stack.up();
    const { id, previousId } = await stack.outputs();
    assert.equal(previousId, first);
    assert.deepEqual(await ids(), [first, id].sort());
    await stack.destroy();
  });

  it("adopts keys, and replaces them for another user", async () => {
    const { account, stack, give, ids } = await begin();
    const [previous, current] = [await account.addKey(), await account.addKey()];
    give({ state: { current, previous: { accessKeyId: previous.accessKeyId } } });
    assert.match(await stack.preview("--diff"), new RegExp(current.accessKeyId), "the id that it will have is known");
    await stack.up();
    assert.deepEqual(await ids(), [current.accessKeyId, previous.accessKeyId].sort());
    assert.equal((await stack.outputs()).id, current.accessKeyId);

    const other = plugin.account(`plugin-${++users}`);
    give({ userArn: await other.createUser() });
    assert.match(await stack.preview(), /replace/);
    await stack.up();
    assert.deepEqual(await ids(), []);
    assert.equal((await other.keys()).length, 1);
    await stack.destroy();
    leaksNothing(stack);
  });

  it("refuses what it can't do without a change, and an import", async () => {
    const { account, userArn, stack, ids } = await begin();
    await account.addKey();
    await account.addKey();
    const { code, text } = await stack.tryUp();
    assert.notEqual(code, 0);
    assert.match(text, /the user has as many access keys as AWS allows/);
    assert.doesNotMatch(text, /unknown state|resource status/i);
    assert.equal((await ids()).length, 2);
    const imported = await stack.run(
      "import",
      "aws-iam-rotator:index:RotatedAccessKey",
      "ci",
      userArn,
      "--yes",
      "--stack",
      "dev",
    );
    assert.match(imported.text, /AWS never shows a key's secret again/);
  });

  it("keeps secret what its explicit provider signs with, and refuses a setting that there is not", async () => {
    const account = plugin.account(`plugin-${++users}`);
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
`;
    const stack = await plugin.yaml(yaml("region"));
    await stack.up();
    assert.match(stack.stateText(), /pulumi:providers:aws-iam-rotator::mine/);
    leaksNothing(stack);
    await stack.destroy();
    const misspelled = await plugin.yaml(yaml("regoin"));
    assert.match((await misspelled.run("preview", "--stack", "dev")).text, /regoin/);
    leaksNothing(misspelled);
  });

  it("is refused without an explicit provider, where the stack disables the default one of this package", async () => {
    const { stack } = await begin();
    const name = "pulumi:disable-default-providers[0]";
    await stack.must("config", "set", "--path", name, "aws-iam-rotator", "--stack", "dev");
    const { code, text } = await stack.run("preview", "--stack", "dev");
    assert.notEqual(code, 0);
    assert.match(text, /Default provider for 'aws-iam-rotator' disabled/);
  });

  it("saves what a failed update did, and goes on from there", async () => {
    const { stack, give, ids } = await begin();
    await stack.up();
    const [first] = await ids();
    give({ rotationTrigger: "2" });
    plugin.proxy.rule({ action: "TagUser", nth: 2, fault: { kind: "error", code: "AccessDenied", status: 403 } });
    const { code, text } = await stack.tryUp();
    plugin.proxy.clear();
    assert.notEqual(code, 0);
    assert.match(text, /Where it stands: .* was made or adopted/);
    const [one, two] = await ids();
    const made = one === first ? two : one;
    assert.equal(stack.recorded()?.currentAccessKeyId, made, "the key is saved");
    await stack.up();
    assert.deepEqual(await ids(), [first, made].sort(), "and no further one made");
    leaksNothing(stack);
    await stack.destroy();
  });

  it("keeps secret a trigger that was secret and is recorded still, after a failure and while its successor waits", async () => {
    const { stack, give } = await begin();
    stack.env.SECRET_TRIGGER = "a trigger that was secret";
    await stack.up();
    delete stack.env.SECRET_TRIGGER;
    give({ rotationTrigger: "2" });
    plugin.proxy.rule({ action: "TagUser", nth: 2, fault: { kind: "error", code: "AccessDenied", status: 403 } });
    assert.notEqual((await stack.tryUp()).code, 0);
    plugin.proxy.clear();
    await stack.up();
    stack.env.SECRET_TRIGGER = "another trigger that was secret";
    await stack.up();
    delete stack.env.SECRET_TRIGGER;
    give({ rotationTrigger: "3", gracePeriod: "7d" });
    assert.match(await stack.up(), /a rotation \(rotationTrigger changed\) waits until/);
    assert.equal(typeof stack.recorded()?.previousUntil, "string");
    await stack.destroy();
    leaksNothing(stack, "trigger that was secret");
  });

  it("has the user's ARN as its id, where that is secret and the creation failed", async () => {
    const { userArn, stack } = await begin();
    stack.env.SECRET_ARN = "yes";
    plugin.proxy.rule({ action: "TagUser", nth: 2, fault: { kind: "error", code: "AccessDenied", status: 403 } });
    assert.notEqual((await stack.tryUp()).code, 0);
    plugin.proxy.clear();
    assert.match(stack.stateText(), new RegExp(`"id": ?"${userArn}"`));
    await stack.destroy();
  });

  it("ends a wait of a minute at once when it is cancelled, with the new key saved", () =>
    endsEarly((stack) => stack.signal("SIGINT")));

  it("does the same when every process of the run is told to end", () =>
    endsEarly((stack) => signalAll(processTree(stack.pid), "SIGTERM")));

  it("deletes a key that nobody has received, where every process is told to hang up, and the engine dies of it", async () => {
    const { account, stack, give } = await begin();
    await stack.up();
    const [{ id: first = "" } = {}] = await account.keys();
    give({ rotationTrigger: "2" });
    const hangUp = async () => {
      signalAll(processTree(stack.pid), "SIGHUP");
      await sleep(500);
    };
    plugin.proxy.rule({ action: "CreateAccessKey", nth: 1, fault: { kind: "run", after: hangUp } });
    assert.notEqual((await stack.tryUp()).code, 0);
    await account.onlyHas(first);
    plugin.proxy.clear();
    await stack.run("cancel", "--yes", "--stack", "dev");
    await stack.destroy();
  });

  async function endsEarly(tell: (stack: Stack) => void): Promise<void> {
    const patient = await Plugin.start({ patient: true });
    try {
      const account = patient.account("cancelled");
      const stack = await patient.stack(program);
      const userArn = await account.createUser();
      stack.env.INPUTS = JSON.stringify({ userArn, rotationTrigger: "1" });
      await stack.up();
      const [first] = await account.keys();
      // As AWS does: the new key is not known for a while.
      let trials = 0;
      const when = ({ action }: { action: string }) => {
        if (action !== "GetCallerIdentity") return false;
        if (++trials === 3) tell(stack);
        return true;
      };
      patient.proxy.rule({ when, fault: { kind: "error", code: "InvalidClientTokenId", status: 403 } });
      stack.env.INPUTS = JSON.stringify({ userArn, rotationTrigger: "2" });
      const begun = Date.now();
      const { code, text } = await stack.tryUp();
      const took = Date.now() - begun;
      patient.proxy.clear();
      assert.notEqual(code, 0);
      assert.match(text, /the operation was cancelled/);
      assert.ok(took < 30_000, `it waited for ${took} ms of a minute`);
      const made = (await account.keys()).map(({ id }) => id).find((id) => id !== first?.id);
      assert.equal(stack.recorded()?.currentAccessKeyId, made, "the key is saved");
      await stack.up();
      assert.deepEqual(
        (await account.keys()).map(({ id }) => id).sort(),
        [first?.id, made].sort(),
        "and no other one made",
      );
      await stack.destroy();
      leaksNothing(stack);
    } finally {
      await patient.stop();
    }
  }
});
