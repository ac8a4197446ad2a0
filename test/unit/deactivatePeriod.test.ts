import assert from "node:assert/strict";
import { messageIn, pendingIn, pendingNow, preview } from "../harness/scene";
import { id, type Props, Stage, userArn } from "../harness/stage";

const [SECOND, DAY] = [1_000, 86_400_000];

describe("deactivatePeriod", () => {
  let stage: Stage;
  let first: Props;
  let second: Props;
  const inputs = { userArn, gracePeriod: "7d", deactivatePeriod: "14d", rotationTrigger: 2 };
  const third = { ...inputs, rotationTrigger: 3 };
  const status = (outs: Props) => stage.iam.keys.find(({ accessKeyId }) => accessKeyId === id(outs))?.status;
  /** By a person's hand. */
  const set = (outs: Props, to: "Active" | "Inactive") => stage.iam.set(id(outs), to);

  beforeEach(async () => {
    stage = new Stage();
    [first, second] = await stage.rotated(inputs);
    stage.forget();
  });
  /** After the grace period. */
  const deactivated = async (): Promise<Props> => {
    stage.clock.time += 7 * DAY;
    const outs = await stage.up(second, inputs);
    assert.equal(status(first), "Inactive");
    return outs;
  };

  it("deactivates previous at the end of its grace period, once AWS accepts current, and says so before", async () => {
    stage.clock.time += 7 * DAY;
    const why = "\\(its grace period ended 2026-11-08T00:00:00Z\\)";
    assert.match((await preview(stage, second, inputs)).join(), new RegExp(`deactivates ${id(first)} ${why}`));
    const outs = await stage.up(second, inputs);
    assert.match(stage.said.join(), new RegExp(`deactivated ${id(first)} ${why}`));
    assert.deepEqual(stage.iam.calls.slice(2), [
      "UpdateAccessKey AKIAIOSFODNN7EXAMPLE",
      "GetUser",
      "TagUser open",
      `GetCallerIdentity ${id(second)}`,
      "GetUser",
      `UpdateAccessKey ${id(first)}`,
      "TagUser done",
    ]);
    assert.equal(outs.previousAccessKeyId, id(first));
    assert.equal(outs.previousDeactivatedAt, "2026-11-08T00:00:00Z");
  });

  it("deletes it when that period is over as well, once; until then each run says that it is deactivated, and asks nobody", async () => {
    const inactive = await deactivated();
    const wait = { what: "retirement", because: "deactivated", until: "2026-11-22T00:00:00Z", accessKeyId: id(first) };
    for (const more of [0, 14 * DAY - SECOND]) {
      stage.forget();
      stage.clock.time += more;
      assert.equal(await stage.up(inactive, inputs), inactive);
      assert.deepEqual([pendingNow(stage, inactive, inputs), stage.iam.calls], [[wait], []]);
    }
    stage.clock.time += SECOND;
    stage.forget();
    const gone = await stage.up(inactive, inputs);
    assert.match(stage.said.join(), new RegExp(`deleted ${id(first)} .*since 2026-11-08T00:00:00Z`));
    assert.deepEqual(stage.iam.ids(), [id(second)]);
    assert.deepEqual(
      [gone.previous, gone.previousDeactivatedAt, pendingNow(stage, gone, inputs)],
      [null, undefined, []],
    );
    stage.forget();
    assert.equal(await stage.up(gone, inputs), gone);
    assert.deepEqual(stage.said, []);
  });

  it("takes it for no drift, and a refresh says that it is deactivated", async () => {
    const inactive = await deactivated();
    stage.forget();
    assert.deepEqual(await stage.read(inactive), inactive);
    assert.match(stage.said.join(), new RegExp(`previous: ${id(first)} .*since 2026-11-08T00:00:00Z`));
  });

  it("tells of one that somebody deleted while it was deactivated", async () => {
    const inactive = await deactivated();
    stage.iam.remove(id(first));
    const seen = await stage.read(inactive);
    assert.deepEqual(
      [seen.drift, seen.previous, seen.previousDeactivatedAt],
      [{ previous: "deleted" }, null, undefined],
    );
  });

  it("gives its slot to a rotation", async () => {
    const inactive = await deactivated();
    const rotated = await stage.up(inactive, third);
    assert.deepEqual(stage.iam.ids(), [id(second), id(rotated)]);
    assert.deepEqual([rotated.previousDeactivatedAt, rotated.pending], [undefined, []]);
  });

  // Holds: "If somebody activates a key again that was deactivated here, the key is needed"
  it("leaves a key that somebody activated again: each run says so, a rotation waits, and comes once it is deactivated again", async () => {
    const inactive = await deactivated();
    set(first, "Active");
    stage.clock.time += 14 * DAY;
    const woken = await stage.up(inactive, inputs);
    assert.deepEqual(woken.previousFate, { activatedAgain: true });
    const because = { because: "activatedAgain", accessKeyId: id(first), blocked: true };
    assert.deepEqual(pendingIn(woken), [{ what: "retirement", ...because }]);
    assert.match(messageIn(woken), /deactivate it; or change revocationTrigger/);
    assert.deepEqual(stage.iam.ids(), [id(first), id(second)]);
    stage.forget();
    assert.deepEqual(await stage.up(woken, inputs), woken, "only AWS can tell when that is over, and is asked");
    assert.deepEqual([stage.iam.count("ListAccessKeys"), stage.iam.changes()], [1, []]);
    stage.forget();
    const waiting = await stage.up(woken, third);
    assert.deepEqual([waiting.rotationTrigger, stage.iam.changes()], [2, []]);
    assert.deepEqual(pendingIn(waiting), [{ what: "rotation", ...because }]);
    // As the message says.
    set(first, "Inactive");
    const rotated = await stage.up(waiting, third);
    assert.deepEqual(stage.iam.ids(), [id(second), id(rotated)]);
    assert.equal(rotated.rotationTrigger, 3);
  });

  it("begins its period anew for a key that was needed, and is deactivated again", async () => {
    const inactive = await deactivated();
    set(first, "Active");
    const seen = await stage.read(inactive);
    assert.deepEqual(seen.previousFate, { activatedAgain: true });
    assert.equal(pendingIn(seen)[0]?.because, "activatedAgain", "a refresh notes it, too");
    assert.match(stage.said.join(), /somebody activated it again: it stays/);
    set(first, "Inactive");
    stage.clock.time += 30 * DAY;
    const again = await stage.read(seen);
    const outs = await stage.up(again, inputs);
    assert.match(String(outs.previousDeactivatedAt), /^2026-12-08T00:0/);
    assert.deepEqual(stage.iam.ids(), [id(first), id(second)]);
    stage.clock.time += 14 * DAY;
    assert.equal((await stage.up(outs, inputs)).previous, null);
  });

  it("does not take a late list for somebody's hand", async () => {
    const inactive = await deactivated();
    stage.iam.listsFirst(1, (keys) => keys.map((key) => ({ ...key, status: "Active" })));
    assert.deepEqual(await stage.read(inactive), inactive);
  });

  it("nor does an update, which looks twice before it notes that", async () => {
    const inactive = await deactivated();
    stage.iam.listsFirst(1, (keys) => keys.map((key) => ({ ...key, status: "Active" })));
    stage.iam.calls = [];
    stage.clock.time += DAY;
    stage.iam.slots = 3;
    const outs = await stage.up(inactive, third);
    assert.deepEqual([outs.rotationTrigger, outs.pending, stage.iam.count("GetUser") > 1], [3, [], true]);
  });

  it("stays needed when current breaks and is mended: no rotation ends it", async () => {
    const inactive = await deactivated();
    set(first, "Active");
    const woken = await stage.read(inactive);
    stage.iam.remove(id(second));
    const broken = await stage.read(woken);
    const mended = await stage.up(broken, inputs);
    assert.deepEqual([mended.previousAccessKeyId, mended.previousFate], [id(first), { activatedAgain: true }]);
    stage.clock.time += 30 * DAY;
    await stage.up(mended, third);
    assert.equal(status(first), "Active");
  });

  it("yields to a revocation, which deletes a key that somebody needs as well", async () => {
    const inactive = await deactivated();
    set(first, "Active");
    const woken = await stage.up(inactive, { ...inputs, deactivatePeriod: "1d" });
    const revoked = await stage.up(woken, { ...inputs, revocationTrigger: 1 });
    assert.deepEqual(stage.iam.ids(), [id(revoked)]);
  });

  it("waits with the deactivation, too, for a key that is in use", async () => {
    const guarded = { ...inputs, lastUsedGuard: "2d" };
    stage.clock.time += 7 * DAY;
    stage.iam.used.set(id(first), { at: "2026-11-07T12:00:00Z", service: "s3", region: "us-east-1" });
    const waiting = await stage.up(second, guarded);
    assert.equal(status(first), "Active");
    stage.clock.time += 2 * DAY;
    const inactive = await stage.up(waiting, guarded);
    assert.equal(status(first), "Inactive");
    // Asleep, it is in no use.
    stage.clock.time += 14 * DAY;
    await stage.up(inactive, { ...guarded, lastUsedGuard: "60d" });
    assert.deepEqual(stage.iam.ids(), [id(second)]);
  });

  it("taken out of the program: what is deactivated is deleted", async () => {
    const inactive = await deactivated();
    const { deactivatePeriod: _, ...rest } = inputs;
    assert.equal((await stage.up(inactive, rest)).previous, null);
    assert.deepEqual(stage.iam.ids(), [id(second)]);
  });

  // Holds: "With deactivatePeriod, a run tests before its first change whether it may deactivate keys"
  it("without the permission: blocked before any change, also of a run that only makes a key", async () => {
    stage.iam.denies("UpdateAccessKey");
    stage.clock.time += DAY;
    const blocked = await stage.up(second, { ...third, gracePeriod: "1h" });
    assert.deepEqual(pendingIn(blocked), [{ what: "rotation", because: "denied", blocked: true }]);
    assert.match(messageIn(blocked), /Allow iam:UpdateAccessKey/);
    assert.ok(stage.iam.changes().every((call) => call.startsWith("UpdateAccessKey AKIAIOSFODNN7EXAMPLE")));
    // What is urgent needs no permission that it does not use.
    const revoked = await stage.up(second, { ...inputs, revocationTrigger: 1 });
    assert.deepEqual(stage.iam.ids(), [id(revoked)]);
    const other = new Stage();
    other.iam.fault = stage.iam.fault;
    await assert.rejects(other.create(inputs), /Allow iam:UpdateAccessKey/);
    assert.deepEqual(other.iam.keys, []);
  });

  it("goes on where a run died with its key deactivated", async () => {
    stage.clock.time += 7 * DAY;
    await stage.killedAfter(`UpdateAccessKey ${id(first)}`, () => stage.provider.update("id", second, inputs));
    assert.equal(status(first), "Inactive");
    stage.clock.time += 20 * 60 * SECOND;
    const outs = await stage.up(second, inputs);
    assert.equal(outs.previousDeactivatedAt, "2026-11-08T00:20:08Z");
    assert.deepEqual(stage.iam.ids(), [id(first), id(second)]);
  });

  it("a key that somebody deleted meanwhile is gone, and no error", async () => {
    stage.clock.time += 7 * DAY;
    stage.iam.meanwhile("TagUser open", () => stage.iam.remove(id(first)));
    assert.equal((await stage.up(second, inputs)).previous, null);
  });
});
