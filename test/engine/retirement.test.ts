import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { IAMClient, ListUsersCommand } from "@aws-sdk/client-iam";
import type { Account } from "../harness/aws/account";
import type { Stack } from "../harness/pulumi/stack";
import { fails, stand } from "../harness/pulumi/stand";

const PROGRAM = `
const { RotatedAccessKey, rotationReport } = require("pulumi-aws-iam-rotator");
const { users, ...inputs } = JSON.parse(process.env.INPUTS);
const keys = users.map((userArn, at) => new RotatedAccessKey("k" + at, { userArn, ...inputs }));
module.exports = {
  ids: keys.map((key) => key.currentAccessKeyId), previousIds: keys.map((key) => key.previousAccessKeyId ?? ""),
  pairs: keys.map((key) => key.previous), readme: rotationReport(keys),
};
`;

type Inputs = Record<string, unknown>;

describe("how a key retires, through the engine", function () {
  this.timeout(600_000);
  const at = stand();
  let accounts: Account[];
  let users: string[];
  let stack: Stack;

  const begin = async (count: number) => {
    accounts = Array.from({ length: count }, (_, nth) => at.account(`retires-${at.stacks.length}-${nth}`));
    users = await Promise.all(accounts.map((account) => account.createUser()));
    stack = await at.stack(PROGRAM);
  };
  const give = (inputs: Inputs) => {
    stack.env.INPUTS = JSON.stringify({ users, ...inputs });
  };
  const up = (inputs: Inputs, ...args: string[]) => {
    give(inputs);
    return stack.up(...args);
  };
  const outputs = async () => (await stack.outputs()) as { ids: string[]; previousIds: string[]; readme: string };
  const use = async (nth: number) => {
    const { pairs } = (await stack.outputs()) as { pairs: { accessKeyId: string; secretAccessKey: string }[] };
    const credentials = pairs[nth] ?? assert.fail();
    await new IAMClient({ endpoint: at.endpoint.url, region: "us-east-1", credentials }).send(new ListUsersCommand({}));
  };
  const statuses = async (nth = 0) =>
    Object.fromEntries((await accounts[nth]?.keys())?.map(({ id, status }) => [id, status]) ?? []);

  /** One user with two keys, whose grace period is over. @returns the keys' ids, and its inputs */
  const pastGrace = async (deactivatePeriod: string): Promise<[current: string, previous: string, next: Inputs]> => {
    await begin(1);
    const inputs = { gracePeriod: "1s", deactivatePeriod };
    await up({ ...inputs, rotationTrigger: 1 });
    const next = { ...inputs, rotationTrigger: 2 };
    await up(next);
    const { ids, previousIds } = await outputs();
    await sleep(1_100);
    return [ids[0] ?? "", previousIds[0] ?? "", next];
  };

  it("a fleet of eight with one key in use: seven rotate in the first run, the one is named, and comes by itself", async () => {
    await begin(8);
    await up({ rotationTrigger: 1, lastUsedGuard: "1d" });
    await up({ rotationTrigger: 2, lastUsedGuard: "1d" });
    const before = await outputs();
    await use(7);
    give({ rotationTrigger: 3, lastUsedGuard: "1d" });
    const preview = await stack.preview();
    assert.match(preview, new RegExp(`It waits if ${before.previousIds[7]} was used within lastUsedGuard \\(1d\\)`));
    const text = await stack.up();
    const line = `a rotation \\(rotationTrigger changed\\) waits until \\S+Z: ${before.previousIds[7]} was last used \\S+Z \\(iam, us-east-1\\), within lastUsedGuard`;
    assert.match(text, new RegExp(line));
    const rotated = await outputs();
    assert.deepEqual(
      rotated.ids.flatMap((id, nth) => (id === before.ids[nth] ? [nth] : [])),
      [7],
    );
    assert.match(rotated.readme, new RegExp(`rotation \\(use ${before.previousIds[7]} until`));
    // However long a busy machine takes: a shorter guard counts from the next run on.
    give({ rotationTrigger: 3, lastUsedGuard: "1s" });
    await sleep(1_100);
    await stack.up();
    assert.notEqual((await outputs()).ids[7], before.ids[7]);
    await stack.up("--expect-no-changes");
  });

  it("deactivated by a run that is killed as it does so, and deleted; a refresh between takes it for no drift", async () => {
    const [current, previous, next] = await pastGrace("1d");
    assert.match(await stack.preview(), new RegExp(`this update deactivates ${previous} \\(its grace period ended`));
    at.proxy.rule({ action: "UpdateAccessKey", nth: 2, fault: { kind: "run", after: () => stack.kill() } });
    await stack.tryUp();
    assert.deepEqual(await statuses(), { [previous]: "Inactive", [current]: "Active" });
    await stack.run("cancel", "--yes", "--stack", "dev");
    await stack.up();
    assert.ok(stack.recorded()?.previousDeactivatedAt);
    assert.deepEqual(await statuses(), { [previous]: "Inactive", [current]: "Active" });
    assert.match(await stack.preview(), new RegExp(`${previous} was deactivated \\S+Z: the first run after`));
    const refreshed = await stack.refresh();
    assert.match(refreshed, new RegExp(`previous: ${previous} is deactivated`));
    assert.doesNotMatch(refreshed, /this update|someone else/);
    give({ ...next, deactivatePeriod: "1s" });
    await sleep(1_100);
    await stack.up();
    assert.deepEqual(await statuses(), { [current]: "Active" });
    at.proxy.clear();
    await stack.up("--expect-no-changes");
    assert.deepEqual(at.calls(), []);
  });

  it("activated again by somebody: it stays, a rotation waits and says so, and comes once it is deactivated", async () => {
    const [current, previous, next] = await pastGrace("1s");
    await stack.up();
    await accounts[0]?.setStatus(previous, "Active");
    await sleep(1_100);
    await fails(stack.tryUp());
    assert.deepEqual(await statuses(), { [previous]: "Active", [current]: "Active" });
    give({ ...next, rotationTrigger: 3 });
    await fails(
      stack.tryUp(),
      new RegExp(`a rotation \\(\\w+ changed\\) waits: ${previous} was deactivated, and somebody activated`),
    );
    assert.equal((await outputs()).ids[0], current);
    assert.ok((await outputs()).readme.includes(`**blocked**: rotation (activatedAgain ${previous})`));
    await accounts[0]?.setStatus(previous, "Inactive");
    await stack.up();
    const rotated = await outputs();
    assert.deepEqual([rotated.previousIds[0], Object.keys(await statuses()).length], [current, 2]);
    await stack.destroy();
    assert.deepEqual(await statuses(), {});
  });
});
