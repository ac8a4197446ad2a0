import assert from "node:assert/strict";
import { IamError } from "../../provider/model/errors";
import { type Props, Stage, userArn } from "../support/stage";

const [SECOND, DAY] = [1_000, 86_400_000];

describe("deactivatePeriod", () => {
  let stage: Stage;
  let first: Props;
  let second: Props;
  const inputs = { userArn, gracePeriod: "7d", deactivatePeriod: "14d", rotationTrigger: 2 };
  const third = { ...inputs, rotationTrigger: 3 };
  const id = (outs: Props) => String(outs.currentAccessKeyId);
  const status = (outs: Props) => stage.iam.keys.find(({ accessKeyId }) => accessKeyId === id(outs))?.status;
  const changes = () => stage.iam.calls.filter((call) => /^(Create|Delete|Update)/.test(call));
  /** By a person's hand. */
  const set = (outs: Props, to: "Active" | "Inactive") => {
    for (const key of stage.iam.keys) if (key.accessKeyId === id(outs)) key.status = to;
  };
  const begin = () => {
    stage.said = [];
    stage.iam.calls = [];
  };

  beforeEach(async () => {
    stage = new Stage();
    first = await stage.create({ ...inputs, rotationTrigger: 1 });
    second = await stage.up(first, inputs);
    begin();
  });
  /** After the grace period: `previous` is asleep. */
  const retire = async (): Promise<Props> => {
    stage.clock.time += 7 * DAY;
    const outs = await stage.up(second, inputs);
    assert.equal(status(first), "Inactive");
    return outs;
  };

  it("deactivates previous at the end of its grace period, once AWS accepts current, and says so before", async () => {
    const outs = await retire();
    assert.deepEqual(stage.said, [
      `${userArn}: this update deactivates ${id(first)} (its grace period ended 2026-11-08T00:00:00Z).`,
    ]);
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
    assert.deepEqual(outs.retirement, { deactivatedAt: "2026-11-08T00:00:00Z" });
  });

  it("deletes it when that period is over as well, once; until then each run says that it is asleep, and asks nobody", async () => {
    const asleep = await retire();
    const line = `${userArn}: ${id(first)} is asleep: it was deactivated 2026-11-08T00:00:00Z, and the first run after 2026-11-22T00:00:00Z, or a rotation, deletes it. If somebody needs it, activate it again.`;
    for (const more of [0, 14 * DAY - SECOND]) {
      begin();
      stage.clock.time += more;
      assert.equal(await stage.up(asleep, inputs), asleep);
      assert.deepEqual([stage.said, stage.iam.calls], [[line], []]);
    }
    stage.clock.time += SECOND;
    begin();
    const gone = await stage.up(asleep, inputs);
    assert.deepEqual(stage.said, [
      `${userArn}: this update deletes ${id(first)} (deactivated since 2026-11-08T00:00:00Z).`,
    ]);
    assert.deepEqual(stage.iam.ids(), [id(second)]);
    assert.deepEqual([gone.previous, gone.retirement], [null, undefined]);
    begin();
    assert.equal(await stage.up(gone, inputs), gone);
    assert.deepEqual(stage.said, []);
  });

  it("takes it for no drift, and a refresh says that it is asleep", async () => {
    const asleep = await retire();
    begin();
    const { props } = await stage.provider.read("id", asleep);
    assert.deepEqual(props, asleep);
    assert.deepEqual(stage.said, [
      `${userArn}: previous: ${id(first)} is asleep: it was deactivated here 2026-11-08T00:00:00Z.`,
    ]);
  });

  it("tells of one that somebody deleted while it was asleep", async () => {
    const asleep = await retire();
    stage.iam.keys = stage.iam.keys.filter((key) => key.accessKeyId !== id(first));
    const seen = (await stage.provider.read("id", asleep)).props as Props;
    assert.deepEqual([seen.drift, seen.previous, seen.retirement], [{ previous: "deleted" }, null, undefined]);
  });

  it("gives its slot to a rotation", async () => {
    const asleep = await retire();
    const rotated = await stage.up(asleep, third);
    assert.deepEqual(stage.iam.ids(), [id(second), id(rotated)]);
    assert.equal(rotated.retirement, undefined);
  });

  it("leaves a key that somebody activated again: each run says so, a rotation waits, and comes once it is asleep again", async () => {
    const asleep = await retire();
    set(first, "Active");
    stage.clock.time += 14 * DAY;
    const woken = await stage.up(asleep, inputs);
    assert.deepEqual(woken.retirement, { activatedAgain: true });
    assert.deepEqual(stage.iam.ids(), [id(first), id(second)]);
    begin();
    const line = `${id(first)} was deactivated, and somebody activated it again. Give its user the current key, and deactivate it; or change revocationTrigger, which deletes it.`;
    assert.deepEqual(await stage.up(woken, inputs), woken, "only AWS can tell when that is over, and is asked");
    const waits = `${userArn}: the end of an older key (its grace period is over) waits: ${line}`;
    assert.deepEqual([new Set(stage.said), changes()], [new Set([waits]), []]);
    begin();
    const waiting = await stage.up(woken, third);
    assert.deepEqual([waiting.rotationTrigger, changes()], [2, []]);
    assert.deepEqual(new Set(stage.said), new Set([`${userArn}: a rotation (rotationTrigger changed) waits: ${line}`]));
    // As the message says.
    set(first, "Inactive");
    const rotated = await stage.up(waiting, third);
    assert.deepEqual(stage.iam.ids(), [id(second), id(rotated)]);
    assert.equal(rotated.rotationTrigger, 3);
  });

  it("begins its period anew for a key that was needed, and is deactivated again", async () => {
    const asleep = await retire();
    set(first, "Active");
    const seen = (await stage.provider.read("id", asleep)).props as Props;
    assert.deepEqual(seen.retirement, { activatedAgain: true });
    assert.match(stage.said.join(), /somebody activated it again: it stays/);
    set(first, "Inactive");
    stage.clock.time += 30 * DAY;
    const again = (await stage.provider.read("id", seen)).props as Props;
    const outs = await stage.up(again, inputs);
    assert.match(JSON.stringify(outs.retirement), /^\{"deactivatedAt":"2026-12-08T00:00:\d\dZ"\}$/);
    assert.deepEqual(stage.iam.ids(), [id(first), id(second)]);
  });

  it("takes up by itself what it waited with, once somebody deactivates the key, as the message says", async () => {
    const asleep = await retire();
    set(first, "Active");
    stage.clock.time += 14 * DAY;
    const woken = await stage.up(asleep, inputs);
    set(first, "Inactive");
    const again = await stage.up(woken, inputs);
    assert.ok((again.retirement as Props).deactivatedAt);
    stage.clock.time += 14 * DAY;
    assert.equal((await stage.up(again, inputs)).previous, null);
  });

  it("does not take a late list for somebody's hand", async () => {
    const asleep = await retire();
    const list = stage.iam.listAccessKeys.bind(stage.iam);
    let looks = 0;
    stage.iam.listAccessKeys = async () =>
      (await list()).map((key) => (looks++ < 2 ? { ...key, status: "Active" as const } : key));
    const { props } = await stage.provider.read("id", asleep);
    assert.deepEqual(props, asleep);
  });

  it("nor does an update, which looks twice before it notes that", async () => {
    const asleep = await retire();
    const list = stage.iam.listAccessKeys.bind(stage.iam);
    let looks = 0;
    stage.iam.listAccessKeys = async () => {
      const isLate = looks++ === 0;
      return (await list()).map((key) => (isLate ? { ...key, status: "Active" as const } : key));
    };
    stage.clock.time += DAY;
    const { outs } = await stage.provider.update("id", asleep, inputs);
    assert.deepEqual((outs as Props).retirement, asleep.retirement);
    assert.equal(looks, 2);
  });

  it("stays needed when current breaks and is mended: no rotation ends it", async () => {
    const asleep = await retire();
    set(first, "Active");
    const woken = (await stage.provider.read("id", asleep)).props as Props;
    stage.iam.keys = stage.iam.keys.filter((key) => key.accessKeyId !== id(second));
    const broken = (await stage.provider.read("id", woken)).props as Props;
    const mended = await stage.up(broken, inputs);
    assert.deepEqual([mended.previousAccessKeyId, mended.retirement], [id(first), { activatedAgain: true }]);
    stage.clock.time += 30 * DAY;
    await stage.up(mended, third);
    assert.equal(status(first), "Active");
  });

  it("yields to a revocation, which deletes a key that somebody needs as well", async () => {
    const asleep = await retire();
    set(first, "Active");
    const woken = await stage.up(asleep, { ...inputs, deactivatePeriod: "1d" });
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
    const asleep = await stage.up(waiting, guarded);
    assert.equal(status(first), "Inactive");
    // Asleep, it is in no use.
    stage.clock.time += 14 * DAY;
    await stage.up(asleep, { ...guarded, lastUsedGuard: "60d" });
    assert.deepEqual(stage.iam.ids(), [id(second)]);
  });

  it("taken out of the program: what is asleep is deleted", async () => {
    const asleep = await retire();
    const { deactivatePeriod: _, ...rest } = inputs;
    assert.equal((await stage.up(asleep, rest)).previous, null);
    assert.deepEqual(stage.iam.ids(), [id(second)]);
  });

  it("without the permission: an error before any change, also of a run that only makes a key", async () => {
    stage.iam.fault = (call) =>
      call.startsWith("UpdateAccessKey")
        ? new IamError("denied", "iam:UpdateAccessKey", "AccessDenied", "not authorized")
        : undefined;
    stage.clock.time += DAY;
    await assert.rejects(
      stage.up(second, { ...third, gracePeriod: "1h" }),
      /Can't deactivate access keys .* Allow iam:UpdateAccessKey/,
    );
    assert.ok(!stage.iam.calls.some((call) => /^(Create|Delete|Tag)/.test(call)), stage.iam.calls.join());
    // What is urgent needs no permission that it does not use.
    const revoked = await stage.up(second, { ...inputs, revocationTrigger: 1 });
    assert.deepEqual(stage.iam.ids(), [id(revoked)]);
    const other = new Stage();
    other.iam.fault = stage.iam.fault;
    await assert.rejects(other.create(inputs), /Allow iam:UpdateAccessKey/);
    assert.deepEqual(other.iam.keys, []);
  });

  it("names the key that AWS does not let it deactivate", async () => {
    stage.clock.time += 7 * DAY;
    stage.iam.fault = (call) =>
      call === `UpdateAccessKey ${id(first)}`
        ? new IamError("denied", "iam:UpdateAccessKey", "AccessDenied", "not authorized")
        : undefined;
    await assert.rejects(
      stage.up(second, inputs),
      new RegExp(`Can't deactivate the access key ${id(first)} of ${userArn}`),
    );
    assert.equal(status(first), "Active");
  });

  it("goes on where a run died with its key deactivated", async () => {
    stage.clock.time += 7 * DAY;
    await stage.killedAfter(`UpdateAccessKey ${id(first)}`, () => stage.provider.update("id", second, inputs));
    assert.equal(status(first), "Inactive");
    stage.clock.time += 20 * 60 * SECOND;
    const outs = await stage.up(second, inputs);
    assert.deepEqual(outs.retirement, { deactivatedAt: "2026-11-08T00:20:08Z" });
    assert.deepEqual(stage.iam.ids(), [id(first), id(second)]);
  });

  it("is saved as done where only the journal could not be closed", async () => {
    stage.clock.time += 7 * DAY;
    stage.iam.fault = (call) =>
      call === "TagUser done" ? new IamError("denied", "iam:TagUser", "AccessDenied", "not authorized") : undefined;
    const saved = await stage.halfDone(stage.provider.update("id", second, inputs));
    assert.deepEqual(saved.retirement, { deactivatedAt: "2026-11-08T00:00:00Z" });
    stage.iam.fault = () => undefined;
    begin();
    const outs = await stage.up(saved, inputs);
    assert.deepEqual(changes(), []);
    assert.deepEqual(outs.retirement, saved.retirement);
  });

  it("a key that somebody deleted meanwhile is gone, and no error", async () => {
    stage.clock.time += 7 * DAY;
    const list = stage.iam.listAccessKeys.bind(stage.iam);
    stage.iam.listAccessKeys = async () => {
      const keys = await list();
      stage.iam.keys = stage.iam.keys.filter((key) => key.accessKeyId !== id(first));
      return keys;
    };
    assert.equal((await stage.up(second, inputs)).previous, null);
  });
});
