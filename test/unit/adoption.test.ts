import assert from "node:assert/strict";
import type { MemoryKey } from "../harness/aws/memoryIam";
import { messageIn, pendingIn, preview } from "../harness/scene";
import { id, type Props, Stage, userArn } from "../harness/stage";

const DAY = 86_400_000;
const pair = ({ accessKeyId, secretAccessKey }: MemoryKey) => ({ accessKeyId, secretAccessKey });

describe("adoption", () => {
  let stage: Stage;
  let older: MemoryKey;
  let newer: MemoryKey;
  beforeEach(() => {
    stage = new Stage();
    older = stage.iam.addKey();
    stage.clock.time += 30 * DAY;
    newer = stage.iam.addKey();
    stage.clock.time += 30 * DAY;
  });
  const create = (state: unknown, inputs: Props = {}) => stage.create({ userArn, ...inputs, state });
  const untouched = () => {
    assert.deepEqual(stage.iam.ids(), [older.accessKeyId, newer.accessKeyId]);
    assert.deepEqual(stage.iam.changes(), []);
  };
  const esc = (key: MemoryKey) => ({ ...pair(key), createdAt: "2020-01-01T00:00:00.123456Z" });

  // What `esc open` prints has dates of its own: AWS's count.
  it("of both keys makes none and rotates nothing, also when a rotation would be due", async () => {
    const policy = { rotateEvery: "1d", gracePeriod: "1d", rotationTrigger: 1, revocationTrigger: 1 };
    const outs = await create({ current: esc(newer), previous: esc(older) }, policy);
    assert.deepEqual(stage.iam.ids(), [older.accessKeyId, newer.accessKeyId]);
    assert.deepEqual(outs.current, { ...pair(newer), createdAt: newer.createdAt });
    assert.deepEqual(outs.previous, { ...pair(older), createdAt: older.createdAt });
    assert.equal(outs.currentCreatedAt, newer.createdAt);
  });

  it("of a current beside one in use does not rotate as well: the key in use would go, and has to become previous", async () => {
    stage.iam.keys.shift();
    const outs = await create({ current: pair(newer) }, { rotationTrigger: 1 });
    const next = stage.iam.addKey();
    const news = { userArn, rotationTrigger: 2, state: { current: pair(next) } };
    const adopted = await stage.up(outs, news);
    assert.deepEqual([adopted.currentAccessKeyId, adopted.previousAccessKeyId], [next.accessKeyId, newer.accessKeyId]);
    assert.deepEqual(pendingIn(adopted), [{ what: "rotation", because: "adoption" }]);
    const rotated = await stage.up(adopted, news);
    assert.equal(rotated.previousAccessKeyId, next.accessKeyId);
    assert.equal(await stage.up(rotated, news), rotated);
  });

  it("that fails half-way is not asked for again: what it adopted may be gone by then", async () => {
    stage.iam.keys.shift();
    const outs = await create({ current: pair(newer) });
    const next = stage.iam.addKey();
    const news = { userArn, state: { previous: { accessKeyId: next.accessKeyId } } };
    stage.iam.denies("TagUser done");
    const saved = await stage.halfDone(stage.provider.update("id", outs, news));
    stage.iam.calm();
    stage.iam.remove(next.accessKeyId);
    assert.ok((await stage.up(saved, news)).current);
  });

  it("as previous is refused where the previous that is there is all that works, and the advice helps", async () => {
    stage.iam.keys = [older];
    const one = await create({ current: pair(older) }, { rotationTrigger: 1 });
    const two = await stage.up(one, { userArn, rotationTrigger: 2 });
    stage.iam.remove(id(two));
    const stranger = stage.iam.addKey();
    const broken = await stage.read(two);
    const news = { userArn, rotationTrigger: 2 };
    const full = await stage.up(broken, news);
    assert.deepEqual(pendingIn(full), [
      { what: "rotation", because: "unmanagedKey", accessKeyId: stranger.accessKeyId, blocked: true },
    ]);
    assert.match(messageIn(full), /adopt it with `state: \{ current: .*Or delete it, if nobody uses it/);
    const naming = { ...news, state: { previous: { accessKeyId: stranger.accessKeyId } } };
    const blocked = await stage.up(full, naming);
    assert.deepEqual(pendingIn(blocked), [{ what: "adoption", because: "state", blocked: true }]);
    assert.ok(messageIn(blocked).includes(`${older.accessKeyId} is previous, and all that works`));
    assert.deepEqual([blocked.rotationTrigger, blocked.state], [two.rotationTrigger, two.state], "asked for again");
    assert.deepEqual(stage.iam.ids(), [older.accessKeyId, stranger.accessKeyId]);
    // A preview asks nobody, so it refuses nothing: the key may be gone by now.
    const said = await preview(stage, broken, naming);
    assert.match(said.join(), /by what is recorded, this update will be refused: \S+ is previous, and all that works/);
    const mended = await stage.up(broken, { ...news, state: { current: pair(stranger) } });
    assert.deepEqual(
      [mended.currentAccessKeyId, mended.previousAccessKeyId],
      [stranger.accessKeyId, older.accessKeyId],
    );
  });

  it("and a key that has to be made anyway: that one answers the trigger, and no second comes", async () => {
    stage.iam.keys = [];
    const one = await stage.create({ userArn, rotationTrigger: 1 });
    stage.iam.keys = [];
    const stranger = stage.iam.addKey();
    const seen = await stage.read(one);
    const news = { userArn, rotationTrigger: 2, state: { previous: { accessKeyId: stranger.accessKeyId } } };
    const adopted = await stage.up(seen, news);
    assert.equal(adopted.rotationTrigger, 2);
    assert.equal(await stage.up(adopted, news), adopted);
  });

  it("of a key that may call nothing at all, not even to hear whose it is, goes on", async () => {
    stage.iam.tryKey = async () => ({ accepted: true });
    const outs = await create({ current: pair(newer) });
    assert.equal(outs.currentAccessKeyId, newer.accessKeyId);
  });

  it("of a key of another user is refused, whatever was listed", async () => {
    const { iam } = stage;
    iam.tryKey = async () => ({
      accepted: true,
      arn: "arn:aws:iam::123456789012:user/renamed",
      userId: "AIDAANOTHERUSER00001",
    });
    await assert.rejects(
      create({ current: pair(newer), previous: pair(older) }),
      /it is a key of another user, arn:\S+renamed\./,
    );
    untouched();
  });

  it("of two keys beside one in use is refused: that one would be deleted at once", async () => {
    stage.iam.slots = 3;
    const outs = await stage.create({ userArn });
    const state = { current: pair(newer), previous: pair(older) };
    const before = stage.iam.ids();
    const blocked = await stage.up(outs, { userArn, state });
    assert.deepEqual(pendingIn(blocked), [{ what: "adoption", because: "state", blocked: true }]);
    assert.match(messageIn(blocked), /it would have to be deleted at once/);
    assert.equal(blocked.state, undefined);
    assert.deepEqual(stage.iam.ids(), before);
  });

  it("of an ESC environment that has rotated only once: `previous: null`", async () => {
    const state = { current: esc(newer), previous: null };
    const { failures } = await stage.provider.check({}, { userArn, state });
    assert.deepEqual(failures, []);
    const outs = await create(state);
    assert.deepEqual([outs.currentAccessKeyId, outs.previous], [newer.accessKeyId, null]);
    assert.deepEqual(await stage.up(outs, { userArn, state }), outs);
    assert.deepEqual(outs.unmanagedAccessKeyIds, [older.accessKeyId], "what was not named stays");
    const blocked = await stage.up(outs, { userArn, state, rotationTrigger: 1 });
    assert.equal(pendingIn(blocked)[0]?.accessKeyId, older.accessKeyId);
  });

  it("of a previous alone, without its secret, makes current, and phases it out at the next rotation", async () => {
    stage.iam.slots = 3;
    const outs = await create({ previous: { accessKeyId: older.accessKeyId } });
    assert.deepEqual(outs.previous, { accessKeyId: older.accessKeyId, createdAt: older.createdAt });
    const state = outs.state;
    const rotated = await stage.up(outs, { userArn, state, rotationTrigger: 1 });
    assert.deepEqual(stage.iam.ids(), [newer.accessKeyId, outs.currentAccessKeyId, rotated.currentAccessKeyId]);
  });

  it("of a previous alone, in a full account: it makes room by being adopted beside what stays", async () => {
    await assert.rejects(
      create({ previous: { accessKeyId: older.accessKeyId } }),
      new RegExp(`${newer.accessKeyId}.* is unmanaged`),
    );
    assert.deepEqual(stage.iam.ids(), [older.accessKeyId, newer.accessKeyId]);
  });

  const made = (status: MemoryKey["status"], propagation = 0) => {
    newer.status = status;
    stage.iam.propagation = propagation;
    return { current: pair(newer) };
  };
  const refused: [string, () => unknown, RegExp][] = [
    [
      "a key of another user",
      () => ({ current: { accessKeyId: "AKIAANOTHERUSER00001", secretAccessKey: "x" } }),
      /names AKIAANOTHERUSER00001, and the user has AKIAMEMORY0000000001 \(Active.*Name keys of this user/,
    ],
    [
      "a deleted previous beside a good current",
      () => ({ current: pair(newer), previous: { accessKeyId: "AKIADELETED000000001" } }),
      /names AKIADELETED000000001, and the user has/,
    ],
    ["an inactive current", () => made("Inactive"), /\w+2 of `state.current` is Inactive. Activate it, or leave/],
    ["an expired current", () => made("Expired"), /of `state.current` is Expired/],
    ["a current that AWS does not accept", () => made("Active", 99 * DAY), /AWS does not accept it/],
    [
      "a secret of another key",
      () => ({ current: { ...pair(newer), secretAccessKey: older.secretAccessKey } }),
      /Can't adopt the access key AKIAMEMORY0000000002: the secret given for it in `state` is not its own/,
    ],
  ];
  for (const [title, state, message] of refused) {
    it(`refuses ${title}, and changes nothing`, async () => {
      await assert.rejects(create(state()), (error: Error) => {
        assert.match(error.message, message);
        for (const key of [older, newer]) assert.ok(!error.message.includes(key.secretAccessKey));
        return true;
      });
      untouched();
    });
  }

  it("later, by an update: says so in the preview, and makes no key", async () => {
    stage.iam.slots = 3;
    const outs = await stage.create();
    const state = { current: pair(newer) };
    const said = await preview(stage, outs, { userArn, state });
    assert.match(said.join(), new RegExp(`adopts ${newer.accessKeyId} as current \\(state changed`));
    assert.deepEqual(outs.unmanagedAccessKeyIds, [older.accessKeyId, newer.accessKeyId]);
    stage.said = [];
    const adopted = await stage.up(outs, { userArn, state });
    assert.match(stage.said.join(), new RegExp(`adopted ${newer.accessKeyId} as current \\(state changed`));
    assert.deepEqual(adopted.unmanagedAccessKeyIds, [older.accessKeyId]);
    assert.deepEqual(
      [adopted.currentAccessKeyId, adopted.previousAccessKeyId],
      [newer.accessKeyId, outs.currentAccessKeyId],
    );
    assert.equal(stage.iam.count("CreateAccessKey"), 1);
    assert.equal(await stage.up(adopted, { userArn, state }), adopted);
  });
});
