import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { formatJournal, parseJournal } from "../../provider/model/journal";
import type { Account } from "../harness/aws/account";
import type { Stack } from "../harness/pulumi/stack";
import { fails, stand } from "../harness/pulumi/stand";

/** Two users; and with BREAKS, after the first one's keys, a resource of another provider whose creation fails. */
const PROGRAM = `
const pulumi = require("@pulumi/pulumi");
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const { TRIGGER: rotationTrigger, GRACE: gracePeriod, BREAKS } = process.env;
const [a, b] = ["A", "B"].map((name) => new RotatedAccessKey(name, { userArn: process.env[name], rotationTrigger, gracePeriod }));
exports.a = a.current;
exports.b = b.current;
exports.pending = { a: a.pending, b: b.pending };
const create = async () => {
  if (BREAKS) throw new Error("broken elsewhere");
  return { id: "x", outs: {} };
};
class Other extends pulumi.dynamic.Resource {}
exports.other = new Other({ create }, "other", {}, { dependsOn: [a, b] }).id;
`;

interface Key {
  accessKeyId: string;
}
interface Wait {
  what: string;
  because: string;
  message: string;
  blocked?: boolean;
}
interface Outputs {
  a: Key;
  b: Key;
  pending: Record<"a" | "b", Wait[]>;
}

describe("what a stack publishes, with a neighbour in trouble", function () {
  this.timeout(600_000);
  const at = stand();
  let stack: Stack;
  let accounts: Record<"A" | "B", Account>;
  const outputs = async () => (await stack.outputs()) as unknown as Outputs;
  const idsOf = (name: "A" | "B") => accounts[name].ids();
  /** What the state has of a resource, published or not. */
  const recorded = (name: "A" | "B") =>
    (stack.state().resources.find(({ urn }) => urn.endsWith(`:RotatedAccessKey::${name}`))?.outputs ?? {}) as {
      currentAccessKeyId: string;
      previousAccessKeyId: string;
      pending: Wait[];
    };

  beforeEach(async () => {
    const nth = at.stacks.length;
    accounts = { A: at.account(`a-${nth}`), B: at.account(`b-${nth}`) };
    const env = { A: await accounts.A.createUser(), B: await accounts.B.createUser() };
    stack = await at.stack(PROGRAM, { env });
  });

  it("one user blocked by a key made by hand: the other rotates and is published, the run is red until that is mended", async () => {
    stack.env.GRACE = "1d";
    await stack.up();
    const first = await outputs();
    assert.deepEqual(first.pending, { a: [], b: [] });
    const { accessKeyId: byHand } = await accounts.B.addKey();

    stack.env.TRIGGER = "2";
    const blocked = new RegExp(`warning: .*a rotation is blocked: .*${byHand}.* is unmanaged`);
    assert.doesNotMatch(await fails(stack.tryUp(), blocked), /error:/);
    const second = await outputs();
    assert.deepEqual(await idsOf("A"), [first.a.accessKeyId, second.a.accessKeyId].sort(), "A has rotated");
    assert.notEqual(second.a.accessKeyId, first.a.accessKeyId, "and is published");
    assert.equal(second.b.accessKeyId, first.b.accessKeyId);
    const [wait] = second.pending.b;
    assert.deepEqual([wait?.what, wait?.because, wait?.blocked], ["rotation", "unmanagedKey", true]);
    assert.deepEqual(second.pending.a, []);
    assert.deepEqual(await idsOf("B"), [first.b.accessKeyId, byHand].sort(), "nothing of B was changed");

    await fails(stack.tryUp());
    assert.equal((await outputs()).a.accessKeyId, second.a.accessKeyId, "A rotates once for a trigger");

    assert.match(wait?.message ?? "", /Or delete it, if nobody uses it/);
    await accounts.B.deleteKey(byHand);
    await stack.up();
    const third = await outputs();
    assert.deepEqual(await idsOf("B"), [first.b.accessKeyId, third.b.accessKeyId].sort(), "B has rotated");
    assert.equal(third.a.accessKeyId, second.a.accessKeyId);
    assert.deepEqual(third.pending, { a: [], b: [] });
    await stack.up("--expect-no-changes");
  });

  it("runs that fail elsewhere: the key that is published lives past its grace period, until its successor is published", async () => {
    stack.env.GRACE = "1s";
    await stack.up();
    const first = await outputs();
    // The next creation of the other resource fails.
    stack.write(PROGRAM.replace('"other"', '"another"'));
    Object.assign(stack.env, { TRIGGER: "2", BREAKS: "1" });
    await fails(stack.tryUp(), /broken elsewhere/);
    const { currentAccessKeyId: second } = recorded("A");
    assert.notEqual(second, first.a.accessKeyId, "A has rotated");
    assert.equal((await outputs()).a.accessKeyId, first.a.accessKeyId, "and readers have the key before");

    await sleep(1_500);
    await fails(
      stack.tryUp(),
      new RegExp(`this stack has published still name ${first.a.accessKeyId}, and not ${second}`),
    );
    assert.deepEqual(await idsOf("A"), [first.a.accessKeyId, second].sort(), "both keys live");
    const [wait] = recorded("A").pending;
    assert.deepEqual([wait?.what, wait?.because, wait?.blocked], ["retirement", "unpublished", true]);
    assert.equal((await outputs()).a.accessKeyId, first.a.accessKeyId);

    // Mended, it is published; and from then on its grace period counts.
    delete stack.env.BREAKS;
    stack.env.GRACE = "1d";
    await stack.up();
    assert.equal((await outputs()).a.accessKeyId, second);
    assert.deepEqual((await outputs()).pending, { a: [], b: [] });
    assert.deepEqual(await idsOf("A"), [first.a.accessKeyId, second].sort());
    stack.env.GRACE = "1s";
    await sleep(1_500);
    await stack.up();
    assert.deepEqual(await idsOf("A"), [second]);
    await stack.up("--expect-no-changes");
  });

  it("twelve users, of whom five are blocked, each by something else: the others rotate, and are published", async () => {
    const names = Array.from({ length: 12 }, (_, at) => `fleet-${at}`);
    const [handmade = "", gone = "", denied = "", renamed = "", owned = ""] = names;
    const fleet = Object.fromEntries(names.map((name) => [name, at.account(name)]));
    const arns = await Promise.all(names.map((name) => fleet[name]?.createUser()));
    stack.write(`
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const arns = ${JSON.stringify(arns)};
const keys = arns.map((userArn) => new RotatedAccessKey(userArn.split("/").at(-1), { userArn, rotationTrigger: process.env.TRIGGER }));
for (const [at, { current, pending }] of keys.entries()) {
  exports["id" + at] = current.accessKeyId;
  exports["pending" + at] = pending;
}`);
    await stack.up();
    const before = await stack.outputs();
    await fleet[handmade]?.addKey();
    await fleet[gone]?.deleteUser();
    at.proxy.rule({ user: denied, fault: { kind: "error", code: "AccessDenied", status: 403, message: "no" } });
    await fleet[renamed]?.rename(`${renamed}-now`);
    const others = parseJournal(await fleet[owned]?.journal());
    assert.ok(others);
    await fleet[owned]?.writeJournal(formatJournal({ ...others, owner: "anothers12345", operationId: "x-y" }));
    stack.env.TRIGGER = "2";
    const text = await fails(stack.tryUp());
    at.proxy.clear();
    const after = await stack.outputs();
    const blocked = names.map((_, at) => (after[`pending${at}`] as Wait[]).filter((wait) => wait.blocked));
    assert.deepEqual(
      blocked.slice(0, 5).map((waits) => waits.map(({ because }) => because).join()),
      ["unmanagedKey", "user", "denied", "user", "otherOwner"],
      text,
    );
    for (const [at, name] of names.entries()) {
      const isBlocked = at < 5;
      assert.equal(after[`id${at}`] === before[`id${at}`], isBlocked, name);
      assert.equal(blocked[at]?.length, isBlocked ? 1 : 0, name);
    }
    // What helps of the screen: one line for each that was done, one for each that was not.
    const sections = text.split("Diagnostics:")[1]?.split(/\n {2}(?=\S)/) ?? [];
    for (const [at, name] of names.entries()) {
      const said = sections.find((section) => section.includes(`RotatedAccessKey (${name}):`)) ?? "";
      assert.match(said, at < 5 ? /^ {4}warning: a rotation is blocked/m : /^ {4}arn:\S+: made AKIA/m, name);
    }
    assert.equal(text.match(/warning: a rotation is blocked/g)?.length, 2 * 5);
  });
});
