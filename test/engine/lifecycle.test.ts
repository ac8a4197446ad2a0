import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import type { Account } from "../harness/aws/account";
import type { Stack } from "../harness/pulumi/stack";
import { fails, stand } from "../harness/pulumi/stand";

interface Options {
  name?: string;
  opts?: string;
  inputs?: string;
}

const program = (userArn: string, { name = "ci", opts = "{}", inputs = "" }: Options = {}) => `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const key = new RotatedAccessKey(${JSON.stringify(name)}, {
  userArn: ${JSON.stringify(userArn)}, rotationTrigger: process.env.TRIGGER, ${inputs}
}, ${opts});
module.exports = { current: key.current, previous: key.previous, id: key.currentAccessKeyId, createdAt: key.currentCreatedAt };
`;

const ELSEWHERE = /another stack, or a resource in another place, rotates this user's keys/;

interface Key {
  accessKeyId: string;
  secretAccessKey: string;
  createdAt: string;
}

describe("RotatedAccessKey through the engine", function () {
  this.timeout(300_000);
  const at = stand();
  let account: Account;
  let userArn: string;
  let stack: Stack;
  let users = 0;

  const outputs = async () => (await stack.outputs()) as unknown as { current: Key; previous?: Key; createdAt: string };
  const ids = () => account.ids();

  beforeEach(async () => {
    account = at.account(`life-${++users}`);
    userArn = await account.createUser("/ci/team/");
    stack = await at.stack(program(userArn));
    at.proxy.clear();
  });

  it("lives: preview, create, nothing, preview of a rotation, rotations, refresh, destroy", async () => {
    await stack.preview();
    assert.deepEqual(at.calls(), [], "a preview asks AWS nothing");

    await stack.up();
    assert.deepEqual(at.calls().sort(), [
      "CreateAccessKey",
      "GetCallerIdentity",
      "GetUser",
      "GetUser",
      "ListAccessKeys",
      "ListAccessKeys",
      "TagUser",
      "TagUser",
    ]);
    const first = await outputs();
    assert.deepEqual(await ids(), [first.current.accessKeyId]);
    assert.ok(!first.previous);
    assert.match(first.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.ok(at.proxy.secrets.has(first.current.secretAccessKey));

    at.proxy.clear();
    await stack.up("--expect-no-changes");
    assert.deepEqual(at.calls(), [], "an unchanged up asks AWS nothing");

    stack.env.TRIGGER = "2";
    const one = await stack.preview();
    assert.match(
      one,
      new RegExp(`makes a new access key as current, keeps ${first.current.accessKeyId} valid as previous`),
    );
    assert.deepEqual(at.calls(), []);
    await stack.up();
    const second = await outputs();
    assert.equal(second.previous?.accessKeyId, first.current.accessKeyId);
    assert.equal(second.previous?.secretAccessKey, first.current.secretAccessKey);

    stack.env.TRIGGER = "3";
    const two = await stack.preview();
    assert.match(two, new RegExp(`deletes ${first.current.accessKeyId} \\(rotationTrigger changed\\)`));
    at.proxy.clear();
    await stack.up();
    assert.equal(at.calls().length, 9);
    const third = await outputs();
    assert.deepEqual(await ids(), [second.current.accessKeyId, third.current.accessKeyId].sort());

    assert.match(await stack.refresh(), /2 unchanged/);
    await stack.destroy();
    assert.deepEqual(await ids(), []);
    await stack.destroy();
    assert.match((await account.journal()) ?? "", /^v1 void delete /);
    // After a destroy the same stack can begin anew.
    await stack.up();
    assert.equal((await ids()).length, 1);
  });

  it("shows a key deleted by hand as drift, and makes it good in the next up", async () => {
    await stack.up();
    stack.env.TRIGGER = "2";
    await stack.up();
    const { current, previous } = await outputs();
    await account.deleteKey(current.accessKeyId);
    const shown = await stack.refresh("--diff");
    assert.match(shown, /was deleted by someone else; the next update makes a new key/);
    const preview = await stack.preview();
    assert.match(preview, /makes a new access key as current, keeps \S+ valid as previous \(there is no current key\)/);
    await stack.up();
    const healed = await outputs();
    assert.equal(healed.previous?.accessKeyId, previous?.accessKeyId, "a previous that works stays");
    assert.deepEqual(await ids(), [healed.current.accessKeyId, previous?.accessKeyId].sort());
  });

  it("refuses a forced replacement, and with `state` hands the key to the new resource", async () => {
    await stack.up();
    const { current } = await outputs();
    const urn = stack.state().resources.find(({ type }) => type.endsWith(":RotatedAccessKey"))?.urn ?? "";
    await fails(
      stack.tryUp("--replace", urn),
      /was made and handed out by operation .* or this is a forced replacement/,
    );
    assert.deepEqual(await ids(), [current.accessKeyId], "the live key is there");
    const pair = { accessKeyId: current.accessKeyId, secretAccessKey: current.secretAccessKey };
    stack.write(program(userArn, { inputs: `state: { current: ${JSON.stringify(pair)} }` }));
    const replaced = await stack.up("--replace", urn);
    assert.match(replaced, new RegExp(`another resource of this program holds ${current.accessKeyId}`));
    assert.deepEqual(await ids(), [current.accessKeyId], "the old resource's end leaves the adopted key alone");
    assert.equal((await outputs()).current.accessKeyId, current.accessKeyId);
  });

  it("with yesterday's backup, or with no state at all: names the key that may be in use, and goes on once it is adopted", async () => {
    await stack.up();
    const file = join(stack.stacksFolder, "program", "dev.json");
    const backup = join(stack.folder, "yesterday.json");
    copyFileSync(file, backup);
    stack.env.TRIGGER = "2";
    await stack.up();
    const { current, previous } = await outputs();
    const both = [current.accessKeyId, previous?.accessKeyId].sort();
    copyFileSync(backup, file);
    stack.env.TRIGGER = "3";
    await fails(stack.tryUp(), new RegExp(`${current.accessKeyId} .* was made and handed out`));
    assert.deepEqual(await ids(), both, "neither the recorded nor the newer key is deleted");

    await account.deleteKey(previous?.accessKeyId ?? "");
    stack = await at.stack(program(userArn)); // the same project, stack and name, and no state
    await fails(stack.tryUp(), new RegExp(`${current.accessKeyId} .* was made and handed out`));
    assert.deepEqual(await ids(), [current.accessKeyId]);
    stack.write(program(userArn, { inputs: `state: { previous: { accessKeyId: "${current.accessKeyId}" } }` }));
    await stack.up();
    const adopted = await outputs();
    assert.equal(adopted.previous?.accessKeyId, current.accessKeyId);
    assert.equal(adopted.previous?.secretAccessKey, undefined);
  });

  it("on a user that another stack rotates: refuses, names the owner, and changes nothing", async () => {
    await stack.up();
    const { current } = await outputs();
    const other = await at.stack(program(userArn, { name: "another" }));
    await fails(other.tryUp(), ELSEWHERE, new RegExp(current.accessKeyId));
    assert.deepEqual(await ids(), [current.accessKeyId]);
    // It adopts the key, and from then on the first stack keeps off: also when it is destroyed.
    const pair = { accessKeyId: current.accessKeyId, secretAccessKey: current.secretAccessKey };
    other.write(program(userArn, { name: "another", inputs: `state: { current: ${JSON.stringify(pair)} }` }));
    await other.up();
    stack.env.TRIGGER = "2";
    await fails(stack.tryUp(), ELSEWHERE);
    assert.match(await stack.destroy(), /keys are left on the user/);
    assert.deepEqual(await ids(), [current.accessKeyId]);
  });

  it("two ups at once, from two copies of one stack: one gives way, and both keys of the other work", async () => {
    await stack.up();
    const { current } = await outputs();
    const copy = await at.stack(program(userArn));
    copyFileSync(join(stack.stacksFolder, "program", "dev.json"), join(copy.stacksFolder, "program", "dev.json"));
    stack.env.TRIGGER = copy.env.TRIGGER = "2";
    // The first is slow, and the second takes it for dead.
    at.proxy.rule({ action: "CreateAccessKey", nth: 1, fault: { kind: "delay", ms: 8_000 } });
    const [one, two] = await Promise.all([
      stack.tryUp(),
      new Promise((resolve) => setTimeout(resolve, 2_500)).then(() => copy.tryUp()),
    ]);
    assert.equal(two.code, 0, two.text);
    assert.notEqual(one.code, 0);
    assert.match(one.text, /operation \S+ of owner \w+ began while this run was at work/);
    const winner = copy.recorded();
    assert.deepEqual(await ids(), [current.accessKeyId, String(winner?.currentAccessKeyId)].sort());
    // Afterwards the other is a state that missed a rotation.
    await fails(stack.tryUp(), /was made and handed out/);
  });

  it("two resources of one name, below two components, on one user: the second is refused, and keeps off", async () => {
    stack.write(`
      const pulumi = require("@pulumi/pulumi");
      const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
      class A extends pulumi.ComponentResource { constructor() { super("my:index:A", "a"); } }
      class B extends pulumi.ComponentResource { constructor() { super("my:index:B", "b"); } }
      for (const parent of [new A(), new B()]) {
        new RotatedAccessKey("ci", { userArn: ${JSON.stringify(userArn)}, rotationTrigger: process.env.TRIGGER }, { parent });
      }
    `);
    for (const trigger of ["1", "2"]) {
      stack.env.TRIGGER = trigger;
      await fails(stack.tryUp(), ELSEWHERE);
    }
    assert.ok(!at.calls().includes("DeleteAccessKey"));
    assert.equal((await ids()).length, 2, "of the one that was first: current and previous");
  });

  it("goes on under a new name with an alias", async () => {
    await stack.up();
    const before = await outputs();
    stack.write(program(userArn, { name: "renamed", opts: '{ aliases: [{ name: "ci" }] }' }));
    await stack.up("--expect-no-changes");
    stack.env.TRIGGER = "2";
    await stack.up();
    assert.equal((await outputs()).previous?.accessKeyId, before.current.accessKeyId);
    stack.env.TRIGGER = "3";
    await stack.up();
    assert.equal((await ids()).length, 2);
  });
});
