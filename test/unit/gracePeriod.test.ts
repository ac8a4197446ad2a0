import assert from "node:assert/strict";
import { formatJournal, parseJournal } from "../../provider/model/journal";
import { UNKNOWN } from "../../provider/model/unknowns";
import { messageIn, pendingIn, pendingNow, preview } from "../harness/scene";
import { id, type Props, Stage, userArn } from "../harness/stage";

const [SECOND, DAY] = [1_000, 86_400_000];

describe("gracePeriod", () => {
  let stage: Stage;
  const inputs = { userArn, gracePeriod: "7d", rotationTrigger: 1 };
  const next = { ...inputs, rotationTrigger: 2 };
  let first: Props;
  let second: Props;
  beforeEach(async () => {
    stage = new Stage();
    first = await stage.create(inputs);
    second = await stage.up(first, next);
    stage.forget();
  });
  const UNTIL = "2026-11-08T00:00:00Z";

  it("says in the preview of a rotation how long the older key stays valid", async () => {
    const said = await preview(stage, first, next);
    assert.match(said.join(), new RegExp(`keeps ${id(first)} valid as previous until ${UNTIL} \\(rotation`));
  });

  it("leaves previous alone before its end, and retires it in the first up after it, once", async () => {
    for (const age of [0, DAY, 7 * DAY - 2 * SECOND]) {
      stage.clock.time = Date.parse(String(second.currentCreatedAt)) + age;
      assert.equal(await stage.up(second, next), second, `after ${age} ms`);
    }
    stage.clock.time += 2 * SECOND;
    const third = await stage.up(second, next);
    assert.match(stage.said.join(), new RegExp(`deleted ${id(first)} .* ended ${UNTIL}`));
    assert.deepEqual(stage.iam.ids(), [id(second)]);
    assert.deepEqual([third.previous, third.previousAccessKeyId, id(third)], [null, null, id(second)]);
    assert.deepEqual(stage.iam.calls.slice(2), [
      "TagUser open",
      `GetCallerIdentity ${id(second)}`,
      "GetUser",
      `DeleteAccessKey ${id(first)}`,
      "TagUser done",
    ]);
    assert.equal(await stage.up(third, next), third);
  });

  // Holds: "A rotation waits for the end of a grace period"
  it("a rotation that would cut it short waits: it says so, fails nothing, and comes in the first run after, once", async () => {
    stage.clock.time += 3 * DAY;
    const third = { ...inputs, rotationTrigger: 3 };
    const wait = { what: "rotation", because: "grace", until: UNTIL, accessKeyId: id(first) };
    assert.equal(await stage.up(second, third), second, "the engine goes on with what was recorded");
    assert.deepEqual([stage.iam.calls, pendingNow(stage, second, third)], [[], [wait]]);
    assert.equal((await preview(stage, second, third)).length, 1);
    // The engine may go on from an old preview.
    const { outs } = await stage.provider.update("id", second, third);
    assert.deepEqual({ ...outs, pending: [] }, second);
    assert.deepEqual([pendingIn(outs as Props), stage.iam.calls], [[wait], []]);
    stage.clock.time += 4 * DAY;
    const rotated = await stage.up(outs as Props, third);
    assert.deepEqual(stage.iam.ids(), [id(second), id(rotated)]);
    assert.equal(await stage.up(rotated, third), rotated);
  });

  // Holds: "Times are compared by AWS's clock"
  it("ends by AWS's clock, and not by a machine's that is forty days ahead", async () => {
    const { iam, clock } = stage;
    Object.assign(iam, { time: () => new Date(clock.time - 40 * DAY) });
    clock.time += 41 * DAY;
    assert.deepEqual(await stage.up(second, next), second);
    assert.deepEqual(iam.ids(), [id(first), id(second)]);
    clock.time += 6 * DAY;
    await stage.up(second, next);
    assert.deepEqual(iam.ids(), [id(second)]);
  });

  it("of an adopted previous counts from its adoption: the rotation that needs its slot waits for that", async () => {
    stage = new Stage();
    const outs = await stage.create(inputs);
    stage.clock.time += 100 * DAY;
    const { accessKeyId } = stage.iam.addKey();
    stage.clock.time += DAY;
    const { outs: blocked } = await stage.provider.update("id", outs, next);
    assert.match(
      messageIn(blocked as Props),
      new RegExp(`state: { previous: { accessKeyId: "${accessKeyId}" } }.*once .gracePeriod`),
    );
    const adopting = { ...next, state: { previous: { accessKeyId } } };
    const adopted = await stage.up(outs, adopting);
    assert.deepEqual([adopted.previousAccessKeyId, id(adopted)], [accessKeyId, id(outs)]);
    const end = "2027-02-17T00:00:00Z";
    assert.deepEqual(pendingIn(adopted), [{ what: "rotation", because: "grace", until: end, accessKeyId }]);
    stage.clock.time += 7 * DAY - SECOND;
    assert.equal(await stage.up(adopted, adopting), adopted);
    stage.clock.time += SECOND;
    const rotated = await stage.up(adopted, adopting);
    assert.equal(rotated.previousAccessKeyId, id(outs));
    assert.ok(!stage.iam.ids().includes(accessKeyId));
    assert.equal(await stage.up(rotated, adopting), rotated);
  });

  it("asks no more about a key that `state` names, while its adoption waits", async () => {
    stage.iam.slots = 3;
    const { accessKeyId } = stage.iam.addKey();
    const left = parseJournal(stage.iam.journal) ?? assert.fail();
    stage.iam.journal = formatJournal({ ...left, doubt: true });
    const adopting = { ...inputs, rotationTrigger: 2, state: { previous: { accessKeyId } } };
    const third = { ...next, rotationTrigger: 3, revocationTrigger: 1 };
    await assert.rejects(stage.provider.update("id", second, third), new RegExp(`there is ${accessKeyId}`));
    const { outs } = await stage.provider.update("id", second, adopting);
    assert.deepEqual([(outs as Props).previousAccessKeyId, (outs as Props).state], [id(first), undefined]);
    stage.clock.time += 7 * DAY;
    assert.equal((await stage.up(outs as Props, adopting)).previousAccessKeyId, accessKeyId);
  });

  it("holds up an adoption that would push previous out, which then comes by itself", async () => {
    stage.iam.slots = 3;
    const { accessKeyId, secretAccessKey } = stage.iam.addKey();
    const adopting = { ...next, state: { current: { accessKeyId, secretAccessKey } } };
    assert.equal(await stage.up(second, adopting), second);
    assert.deepEqual(pendingNow(stage, second, adopting), [
      { what: "adoption", because: "grace", until: UNTIL, accessKeyId: id(first) },
    ]);
    stage.clock.time += 7 * DAY;
    const adopted = await stage.up(second, adopting);
    assert.deepEqual([id(adopted), adopted.previousAccessKeyId], [accessKeyId, id(second)]);
    assert.deepEqual(stage.iam.ids(), [id(second), accessKeyId]);
  });

  it("retires nothing before AWS accepts current", async () => {
    stage.clock.time += 8 * DAY;
    stage.iam.propagation = 9 * DAY;
    await assert.rejects(stage.up(second, next), (error: Error) => {
      assert.match(error.message, new RegExp(`AWS did not accept the new key ${id(second)} within 60 s`));
      assert.match(error.message, /Run again/);
      return true;
    });
    assert.deepEqual(stage.iam.ids(), [id(first), id(second)]);
    stage.iam.propagation = 0;
    await stage.up(second, next);
    assert.deepEqual(stage.iam.ids(), [id(second)]);
  });

  it("deletes nothing if the journal can't be written, whatever the trial says", async () => {
    stage.clock.time += 8 * DAY;
    stage.iam.denies("TagUser open");
    const blocked = await stage.up(second, next);
    assert.deepEqual(pendingIn(blocked), [{ what: "retirement", because: "denied", blocked: true }]);
    assert.match(messageIn(blocked), /Allow iam:TagUser/);
    assert.deepEqual(stage.iam.ids(), [id(first), id(second)]);
  });

  it("is today's: a longer one holds, a shorter one ends, none keeps previous to the next rotation", async () => {
    stage.clock.time += 8 * DAY;
    // One that is not known yet may be over.
    for (const [gracePeriod, changes] of [
      ["30d", false],
      [undefined, false],
      [UNKNOWN, true],
    ]) {
      assert.equal((await stage.provider.diff("id", second, { ...next, gracePeriod })).changes, changes);
    }
    stage.clock.time -= 6 * DAY;
    assert.equal((await stage.provider.diff("id", second, next)).changes, false);
    assert.equal((await stage.provider.diff("id", second, { ...next, gracePeriod: "1d" })).changes, true);
  });

  it("that is not known yet: a preview says that keys may change, and promises nothing", async () => {
    stage.clock.time += 8 * DAY;
    for (const [name, more] of [
      ["gracePeriod", {}],
      ["lastUsedGuard", { gracePeriod: "7d" }],
    ] as const) {
      const third = { ...next, rotationTrigger: 3, ...more, [name]: UNKNOWN };
      assert.equal((await stage.provider.diff("id", second, third)).changes, true);
      assert.match((await preview(stage, second, third)).join(), new RegExp(`may change keys: ${name} is not known`));
    }
  });

  it("as long as rotateEvery: each rotation is in time, and none is refused", async () => {
    const weekly = { userArn, gracePeriod: "7d", rotateEvery: "1w" };
    stage = new Stage();
    let outs = await stage.create(weekly);
    for (let week = 0; week < 5; week++) {
      stage.clock.time += 7 * DAY;
      const before = id(outs);
      outs = await stage.up(outs, weekly);
      assert.equal(outs.previousAccessKeyId, before);
    }
    assert.equal(stage.iam.count("CreateAccessKey"), 6);
  });
});
