import assert from "node:assert/strict";
import type { Account } from "../harness/aws/account";
import type { Stack } from "../harness/pulumi/stack";
import { fails, stand } from "../harness/pulumi/stand";

/** INPUTS has the inputs of each user's keys, by its name. */
const program = (arnOf: Record<string, string>) => `
const { RotatedAccessKey, rotationReport } = require("pulumi-aws-iam-rotator");
const arnOf = ${JSON.stringify(arnOf)};
for (const [name, inputs] of Object.entries(JSON.parse(process.env.INPUTS))) {
  const key = new RotatedAccessKey(name, { userArn: arnOf[name], ...inputs });
  exports[name] = {
    current: key.current, previous: key.previous, createdAt: key.currentCreatedAt, dueAt: key.rotationDueAt,
    until: key.previousUntil, readme: rotationReport([key]),
  };
}
`;

interface Key {
  accessKeyId: string;
  secretAccessKey: string;
  createdAt: string;
}
interface Outputs {
  current: Key;
  previous?: Key;
  createdAt: string;
  dueAt?: string;
  until?: string;
  readme: string;
}

const seconds = (from: string, to: string | undefined) => (Date.parse(to ?? "") - Date.parse(from)) / 1_000;
/** Waits until so many seconds after a moment are over. */
const waitUntil = (moment: string, later: number) =>
  new Promise((resolve) => setTimeout(resolve, Date.parse(moment) + later * 1_000 - Date.now()));

describe("a policy through the engine", function () {
  this.timeout(300_000);
  const at = stand();
  let accounts: Record<string, Account>;
  let stack: Stack;

  const begin = async (...names: string[]) => {
    accounts = {};
    const arnOf: Record<string, string> = {};
    for (const name of names) {
      const account = at.account(`${name}-${at.stacks.length}`);
      accounts[name] = account;
      arnOf[name] = await account.createUser();
    }
    stack = await at.stack(program(arnOf));
  };
  const give = (value: Record<string, Record<string, unknown>>) => {
    stack.env.INPUTS = JSON.stringify(value);
  };
  const inputs = (value: Record<string, unknown>) => give({ ci: value });
  const all = async () => (await stack.outputs()) as unknown as Record<string, Outputs>;
  const outputs = async () => (await all()).ci ?? assert.fail();
  const account = () => accounts.ci ?? assert.fail();
  const ids = async (name: string) => accounts[name]?.ids();

  it("rotates when due, once; only another period shows no change, and the outputs follow it", async () => {
    await begin("ci");
    inputs({ rotateEvery: "90d", gracePeriod: "2s" });
    await stack.up();
    const first = await outputs();
    assert.equal(seconds(first.createdAt, first.dueAt), 90 * 86_400);
    assert.ok(first.readme.includes(`| ${first.current.accessKeyId} |`), first.readme);

    inputs({ rotateEvery: "60d", gracePeriod: "1d" });
    at.proxy.clear();
    assert.doesNotMatch(await stack.up("--expect-no-changes"), /this update/);
    assert.deepEqual(at.calls(), []);
    assert.equal(seconds(first.createdAt, (await outputs()).dueAt), 60 * 86_400, "without an update");

    inputs({ rotateEvery: "2s", gracePeriod: "1s" });
    await waitUntil(first.createdAt, 2);
    const preview = await stack.preview();
    assert.match(
      preview,
      new RegExp(
        `this update makes a new access key as current, keeps ${first.current.accessKeyId} valid as previous until \\S+Z \\(due since \\S+Z\\)`,
      ),
    );
    await stack.up();
    const second = await outputs();
    assert.equal(second.previous?.accessKeyId, first.current.accessKeyId);

    inputs({ rotateEvery: "1d", gracePeriod: "1d" });
    at.proxy.clear();
    await stack.up("--expect-no-changes");
    assert.deepEqual(at.calls(), []);
    const { dueAt, until } = await outputs();
    assert.deepEqual([seconds(second.createdAt, dueAt), seconds(second.createdAt, until)], [86_400, 86_400]);
  });

  it("in a grace period: a rotation waits for its end, previous retires after it, and a revocation waits for nothing", async () => {
    await begin("waits", "retires", "revoked");
    const rotated = { rotationTrigger: 2, gracePeriod: "1d" };
    for (const now of [{ ...rotated, rotationTrigger: 1 }, rotated]) {
      give({ waits: now, retires: now, revoked: now });
      await stack.up();
    }
    const before = await all();
    const idOf = (name: string, which: "current" | "previous" = "current") => before[name]?.[which]?.accessKeyId ?? "";

    const overNow = { ...rotated, gracePeriod: "1s" };
    const next = { rotationTrigger: 3, gracePeriod: "1d" };
    const leaked = { ...rotated, revocationTrigger: "leak" };
    await waitUntil(before.retires?.current.createdAt ?? "", 1);
    give({ waits: next, retires: overNow, revoked: leaked });
    const line = new RegExp(
      `a rotation \\(rotationTrigger changed\\) waits until \\S+Z: ${idOf("waits", "previous")} is in its grace period`,
    );
    const preview = await stack.preview();
    assert.match(preview, line);
    assert.match(preview, new RegExp(`this update deletes ${idOf("retires", "previous")} \\(its grace period ended`));
    assert.match(
      preview,
      new RegExp(`deletes ${idOf("revoked", "previous")} and ${idOf("revoked")} \\(revocationTrigger changed\\)`),
    );
    await stack.up();
    const second = await all();
    assert.deepEqual(await ids("retires"), [idOf("retires")]);
    assert.ok(!second.retires?.previous && !second.retires?.until);
    assert.deepEqual(await ids("revoked"), [second.revoked?.current.accessKeyId]);
    assert.ok(!second.revoked?.previous);
    assert.deepEqual(await ids("waits"), [idOf("waits"), idOf("waits", "previous")].sort());

    // To remove a revocationTrigger is no change, and who only waits asks nothing of AWS.
    give({ waits: next, retires: overNow, revoked: rotated });
    at.proxy.clear();
    for (const _ of [1, 2]) assert.match(await stack.up("--expect-no-changes"), line);
    assert.deepEqual(at.calls(), []);
    // It comes by itself once the period is over.
    give({ waits: { ...next, gracePeriod: "1s" }, retires: overNow, revoked: rotated });
    await stack.up();
    assert.equal((await all()).waits?.previous?.accessKeyId, idOf("waits"));
    assert.ok(!(await ids("waits"))?.includes(idOf("waits", "previous")));
    give({ waits: next, retires: overNow, revoked: rotated });
    await stack.up("--expect-no-changes");
  });

  it("a refresh tells in words of a key added by hand and of a current that somebody deactivated", async () => {
    await begin("ci");
    inputs({ rotationTrigger: 1 });
    await stack.up();
    const { current } = await outputs();
    await waitUntil(current.createdAt, 1.1);
    const added = await account().addKey();
    const one = await stack.refresh("--diff");
    assert.match(one, new RegExp(`${added.accessKeyId} on this user is unmanaged, and takes a slot`));
    assert.doesNotMatch(one, /this update/);
    await stack.up("--expect-no-changes");
    await account().deleteKey(added.accessKeyId);
    await account().setStatus(current.accessKeyId, "Inactive");
    const two = await stack.refresh("--diff");
    assert.match(
      two,
      new RegExp(`${current.accessKeyId} is Inactive, by someone else's hand; the next update makes a`),
    );
    await stack.up();
    const healed = await outputs();
    assert.notEqual(healed.current.accessKeyId, current.accessKeyId);
    const statuses = Object.fromEntries((await account().keys()).map(({ id, status }) => [id, status]));
    assert.deepEqual(statuses, { [current.accessKeyId]: "Inactive", [healed.current.accessKeyId]: "Active" });
    await stack.up("--expect-no-changes");
  });

  it("a refresh after a rotation that ended half-way goes through, within a grace period as well", async () => {
    await begin("ci");
    inputs({ rotationTrigger: 1, gracePeriod: "1d" });
    await stack.up();
    inputs({ rotationTrigger: 2, gracePeriod: "1d" });
    at.proxy.rule({ action: "TagUser", nth: 2, fault: { kind: "error", code: "AccessDenied", status: 403 } });
    await fails(stack.tryUp());
    const saved = stack.recorded()?.currentAccessKeyId; // a failed run leaves the stack's outputs as they were
    const refreshed = await stack.refresh();
    assert.doesNotMatch(refreshed, /this update|Can't rotate/);
    await stack.up();
    assert.equal((await outputs()).current.accessKeyId, saved);
    await stack.up("--expect-no-changes");
  });
});
