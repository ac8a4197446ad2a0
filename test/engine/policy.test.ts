import assert from "node:assert/strict";
import { type Endpoint, startEndpoint } from "../../tools/endpoint";
import { Account } from "../support/account";
import { type FaultProxy, startProxy } from "../support/proxy";
import { secretsIn } from "../support/secrets";
import { Stack } from "../support/stack";

const program = (userArn: string) => `
const { RotatedAccessKey, rotationReport } = require("pulumi-aws-iam-rotator");
const inputs = JSON.parse(process.env.INPUTS);
const key = new RotatedAccessKey("ci", { userArn: ${JSON.stringify(userArn)}, ...inputs });
module.exports = {
  current: key.current, previous: key.previous, createdAt: key.currentCreatedAt, dueAt: key.rotationDueAt,
  until: key.previousUntil, readme: rotationReport([key]),
};
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
  let endpoint: Endpoint;
  let proxy: FaultProxy;
  let account: Account;
  let stack: Stack;
  const stacks: Stack[] = [];

  const inputs = (value: Record<string, unknown>) => {
    stack.env.INPUTS = JSON.stringify(value);
  };
  const outputs = async () => (await stack.outputs()) as unknown as Outputs;
  const ids = async () => (await account.keys()).map(({ id }) => id).sort();
  const actions = () => proxy.calls.map((call) => call.action);

  before(async () => {
    endpoint = await startEndpoint();
    proxy = await startProxy(endpoint.url);
  });
  beforeEach(async () => {
    account = new Account(endpoint.url, `policy-${stacks.length}`);
    const userArn = await account.createUser();
    stack = await Stack.create({
      program: program(userArn),
      endpointUrl: proxy.url,
      hasty: true,
      env: { AWS_REGION: "us-east-1" },
    });
    stacks.push(stack);
  });
  after(async () => {
    for (const at of stacks) at.remove();
    await proxy?.stop();
    await endpoint?.stop();
  });

  it("rotates when due, once; only another period shows no change, and the outputs follow it", async () => {
    inputs({ rotateEvery: "90d", gracePeriod: "2s" });
    await stack.up();
    const first = await outputs();
    assert.equal(seconds(first.createdAt, first.dueAt), 90 * 86_400);
    assert.ok(first.readme.includes(`| ${first.current.accessKeyId} |`), first.readme);

    inputs({ rotateEvery: "60d", gracePeriod: "1d" });
    proxy.clear();
    assert.doesNotMatch(await stack.up("--expect-no-changes"), /this update/);
    assert.deepEqual(actions(), []);
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
    proxy.clear();
    await stack.up("--expect-no-changes");
    assert.deepEqual(actions(), []);
    const { dueAt, until } = await outputs();
    assert.deepEqual([seconds(second.createdAt, dueAt), seconds(second.createdAt, until)], [86_400, 86_400]);
  });

  it("lets a rotation wait for the end of a grace period, fails nothing meanwhile, and retires previous after it", async () => {
    inputs({ rotationTrigger: 1, gracePeriod: "1d" });
    await stack.up();
    inputs({ rotationTrigger: 2, gracePeriod: "1d" });
    await stack.up();
    const { current, previous } = await outputs();
    inputs({ rotationTrigger: 3, gracePeriod: "1d" });
    proxy.clear();
    const line = new RegExp(
      `a rotation \\(rotationTrigger changed\\) waits until \\S+Z: ${previous?.accessKeyId} is in its grace period`,
    );
    assert.match(await stack.preview(), line);
    for (const _ of [1, 2]) assert.match(await stack.up("--expect-no-changes"), line);
    assert.deepEqual(actions(), [], "nothing was asked of AWS");
    // It comes by itself once the period is over.
    inputs({ rotationTrigger: 3, gracePeriod: "1s" });
    await waitUntil(current.createdAt, 1);
    await stack.up();
    const third = await outputs();
    assert.equal(third.previous?.accessKeyId, current.accessKeyId);
    assert.ok(!(await ids()).includes(previous?.accessKeyId ?? ""));
    inputs({ rotationTrigger: 3, gracePeriod: "1d" });
    await stack.up("--expect-no-changes");
  });

  it("retires previous in the first run after its grace period", async () => {
    inputs({ rotationTrigger: 1, gracePeriod: "1d" });
    await stack.up();
    inputs({ rotationTrigger: 2, gracePeriod: "1d" });
    await stack.up();
    const { current, previous } = await outputs();
    inputs({ rotationTrigger: 2, gracePeriod: "1s" });
    await waitUntil(current.createdAt, 1);
    assert.match(
      await stack.preview(),
      new RegExp(`this update deletes ${previous?.accessKeyId} \\(its grace period ended`),
    );
    await stack.up();
    assert.deepEqual(await ids(), [current.accessKeyId]);
    const after = await outputs();
    assert.ok(!after.previous && !after.until);
    await stack.up("--expect-no-changes");
  });

  it("revokes: a new key, and every older one deleted at once; removing the trigger is no change", async () => {
    inputs({ rotationTrigger: 1, gracePeriod: "1d" });
    await stack.up();
    inputs({ rotationTrigger: 2, gracePeriod: "1d" });
    await stack.up();
    const { current, previous } = await outputs();
    inputs({ rotationTrigger: 2, gracePeriod: "1d", revocationTrigger: "leak" });
    assert.match(
      await stack.preview(),
      new RegExp(`deletes ${previous?.accessKeyId} and ${current.accessKeyId} \\(revocationTrigger changed\\)`),
    );
    await stack.up();
    const revoked = await outputs();
    assert.deepEqual(await ids(), [revoked.current.accessKeyId]);
    assert.ok(!revoked.previous);
    inputs({ rotationTrigger: 2, gracePeriod: "1d" });
    await stack.up("--expect-no-changes");
  });

  it("a refresh tells in words of a key added by hand and of a current that somebody deactivated", async () => {
    inputs({ rotationTrigger: 1 });
    await stack.up();
    const { current } = await outputs();
    await waitUntil(current.createdAt, 1.1);
    const added = await account.addKey();
    const one = await stack.refresh("--diff");
    assert.match(one, new RegExp(`${added.accessKeyId} on this user is unmanaged, and takes a slot`));
    assert.doesNotMatch(one, /this update/);
    await stack.up("--expect-no-changes");
    await account.deleteKey(added.accessKeyId);
    await account.setStatus(current.accessKeyId, "Inactive");
    const two = await stack.refresh("--diff");
    assert.match(
      two,
      new RegExp(`${current.accessKeyId} is Inactive, by someone else's hand; the next update makes a`),
    );
    await stack.up();
    const healed = await outputs();
    assert.notEqual(healed.current.accessKeyId, current.accessKeyId);
    const statuses = Object.fromEntries((await account.keys()).map(({ id, status }) => [id, status]));
    assert.deepEqual(statuses, { [current.accessKeyId]: "Inactive", [healed.current.accessKeyId]: "Active" });
    await stack.up("--expect-no-changes");
  });

  it("a refresh after a rotation that ended half-way goes through, within a grace period as well", async () => {
    inputs({ rotationTrigger: 1, gracePeriod: "1d" });
    await stack.up();
    inputs({ rotationTrigger: 2, gracePeriod: "1d" });
    proxy.rule({ action: "TagUser", nth: 2, fault: { kind: "error", code: "AccessDenied", status: 403 } });
    const failed = await stack.tryUp();
    assert.notEqual(failed.code, 0, failed.text);
    const saved = stack.recorded()?.currentAccessKeyId; // a failed run leaves the stack's outputs as they were
    const refreshed = await stack.refresh();
    assert.doesNotMatch(refreshed, /this update|Can't rotate/);
    await stack.up();
    assert.equal((await outputs()).current.accessKeyId, saved);
    await stack.up("--expect-no-changes");
  });

  it("leaves no secret in plain text", () => {
    for (const at of stacks) for (const [where, text] of at.everything()) assert.deepEqual(secretsIn(text), [], where);
  });
});
