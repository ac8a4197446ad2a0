import assert from "node:assert/strict";
import { IamError } from "../../provider/model/errors";
import { type Props, Stage, userArn } from "../support/stage";

const DAY = 86_400_000;
const denied = (action: string) => new IamError("denied", action, "AccessDenied", "not authorized");

describe("revocationTrigger", () => {
  let stage: Stage;
  let one: Props; // current alone
  let two: Props; // current and previous
  const inputs = { userArn, rotationTrigger: 2, gracePeriod: "7d", lastUsedGuard: "2d" };
  const leak = { ...inputs, revocationTrigger: "leak 1" };
  const id = (outs: Props) => String(outs.currentAccessKeyId);
  const forget = () => {
    stage.iam.calls = [];
    stage.said = [];
  };

  beforeEach(async () => {
    stage = new Stage();
    one = await stage.create({ ...inputs, rotationTrigger: 1 });
    two = await stage.up(one, inputs);
    // In use, as a leaked key is.
    for (const key of stage.iam.ids()) {
      stage.iam.used.set(key, { at: "2026-11-01T00:00:00Z", service: "s3", region: "eu-central-1" });
    }
    forget();
  });

  it("added: a new key, tried, then every older one deleted, whatever grace period and guard say", async () => {
    const made = await stage.up(two, leak);
    assert.deepEqual(stage.said, [
      `${userArn}: this update makes a new access key as current, deletes ${id(one)} and ${id(two)} (revocationTrigger changed).`,
    ]);
    assert.deepEqual(stage.iam.calls, [
      "GetUser",
      "ListAccessKeys",
      "TagUser open",
      `DeleteAccessKey ${id(one)}`, // only previous makes room
      "CreateAccessKey",
      `GetCallerIdentity ${id(made)}`,
      "ListAccessKeys",
      "GetUser",
      `DeleteAccessKey ${id(two)}`,
      "TagUser done",
    ]);
    assert.deepEqual(stage.iam.ids(), [id(made)]);
    assert.deepEqual([made.previous, made.previousAccessKeyId, made.unfinished], [null, null, undefined]);
    forget();
    assert.equal(await stage.up(made, leak), made, "once");
    assert.deepEqual([stage.iam.calls, stage.said], [[], []]);
  });

  it("with current alone: nothing is deleted before the new key works", async () => {
    stage = new Stage();
    one = await stage.create(inputs);
    forget();
    await stage.up(one, leak);
    const actions = stage.iam.calls.map((call) => call.split(" ")[0]);
    assert.deepEqual(actions.slice(2), [
      "TagUser",
      "CreateAccessKey",
      "GetCallerIdentity",
      "ListAccessKeys",
      "GetUser",
      "DeleteAccessKey",
      "TagUser",
    ]);
  });

  const values: [string, unknown, unknown, boolean][] = [
    ["changed", "leak 1", { leak: 2 }, true],
    ["changed to false", "leak 1", false, true],
    ["the same object, its properties in another order", { a: 1, b: 2 }, { b: 2, a: 1 }, false],
    ["removed", "leak 1", undefined, false],
    ["set to null", "leak 1", null, false],
  ];
  for (const [title, from, to, revokes] of values) {
    it(`${title}: ${revokes ? "revokes" : "nothing"}`, async () => {
      const before = await stage.up(two, { ...inputs, revocationTrigger: from });
      const after = await stage.up(before, { ...inputs, revocationTrigger: to });
      assert.equal(id(after) !== id(before), revokes);
      assert.deepEqual(stage.iam.ids(), [id(after)]);
    });
  }

  it("removed and put back with its old value: nothing", async () => {
    const before = await stage.up(two, leak);
    const without = await stage.up(before, inputs);
    assert.equal(await stage.up(without, leak), before);
  });

  it("together with the other trigger, and due as well: one new key", async () => {
    stage.clock.time += 100 * DAY;
    const made = await stage.up(two, { ...leak, rotationTrigger: 3, rotateEvery: "90d" });
    assert.equal(stage.iam.count("CreateAccessKey"), 1);
    assert.deepEqual(stage.iam.ids(), [id(made)]);
  });

  it("beside strangers in a larger account: they stay", async () => {
    stage.iam.slots = 4;
    const stranger = stage.iam.addKey();
    const made = await stage.up(two, leak);
    assert.deepEqual(stage.iam.ids(), [stranger.accessKeyId, id(made)]);
  });

  it("with a stranger in the slot: refused, current stays, and the stranger too", async () => {
    stage = new Stage();
    one = await stage.create(inputs);
    const stranger = stage.iam.addKey();
    await assert.rejects(
      stage.up(one, leak),
      new RegExp(`${stranger.accessKeyId}.* is not managed here.*Adopt it with`),
    );
    assert.equal(stage.iam.count("DeleteAccessKey"), 0);
    // The way out that it names: the stranger makes room, as what leaves anyway.
    const state = { previous: { accessKeyId: stranger.accessKeyId } };
    const made = await stage.up(one, { ...leak, state });
    assert.deepEqual(stage.iam.ids(), [id(made)]);
  });

  it("with a current to adopt as well: the key that the state calls current goes last", async () => {
    stage = new Stage();
    one = await stage.create(inputs);
    const { accessKeyId, secretAccessKey } = stage.iam.addKey();
    stage.clock.time += DAY;
    forget();
    const made = await stage.up(one, { ...leak, state: { current: { accessKeyId, secretAccessKey } } });
    const deletions = stage.iam.calls.filter((call) => /^(Delete|Create)/.test(call));
    assert.deepEqual(deletions, [`DeleteAccessKey ${accessKeyId}`, "CreateAccessKey", `DeleteAccessKey ${id(one)}`]);
    assert.deepEqual(stage.iam.ids(), [id(made)]);
  });

  describe("whose new key AWS does not accept in time", () => {
    let saved: Props;
    let message: string;
    beforeEach(async () => {
      stage.iam.propagation = DAY;
      const failure = await stage.partialFailure(stage.up(two, { ...leak, __provider: "text" }));
      [saved, message] = [failure.properties, failure.message];
    });

    it("keeps the older one, and says that the next up deletes it", () => {
      assert.deepEqual(stage.iam.ids(), [id(two), id(saved)]);
      assert.deepEqual([saved.unfinished, saved.previous], [{ keys: [id(two)] }, null]);
      assert.deepEqual((saved.answered as { revocationTrigger: unknown }).revocationTrigger, "leak 1");
      assert.match(
        message,
        new RegExp(`did not accept the new key ${id(saved)} within 60 s \\(InvalidClientTokenId\\)`),
      );
      assert.match(message, new RegExp(`so ${id(two)} still works`));
      assert.match(message, /Run again: the next update tries it, and then deletes the older ones/);
    });

    it("is not made worse by a second one: the key that AWS still accepts is no room for another", async () => {
      const again = { ...leak, revocationTrigger: "leak 2" };
      await assert.rejects(stage.up(saved, again), /did not accept the new key/);
      assert.deepEqual(stage.iam.ids(), [id(two), id(saved)]);
    });

    it("is finished by the next up, with no second new key", async () => {
      stage.iam.propagation = 0;
      stage.iam.calls = [];
      stage.said = [];
      const { lastUsedGuard: _, ...unguarded } = leak;
      const done = await stage.up(saved, unguarded);
      assert.deepEqual(stage.said, [`${userArn}: this update deletes ${id(two)} (an earlier run left it).`]);
      assert.equal(stage.iam.count("CreateAccessKey"), 0);
      assert.deepEqual(stage.iam.ids(), [id(saved)]);
      assert.ok(!("retired" in done));
      assert.equal(await stage.up(done, unguarded), done);
    });

    it("is finished whatever the guard says: a leaked key is in use", async () => {
      stage.iam.propagation = 0;
      await stage.up(saved, leak);
      assert.deepEqual(stage.iam.ids(), [id(saved)]);
    });

    it("fails again as long as AWS does not accept it, and keeps the older key", async () => {
      await assert.rejects(stage.up(saved, leak), /did not accept the new key/);
      assert.deepEqual(stage.iam.ids(), [id(two), id(saved)]);
    });
  });

  describe("that fails before it made a key is not done", () => {
    const failing = async (olds: Props, news: Props) => {
      stage.iam.fault = (call) => (call === "CreateAccessKey" ? denied("iam:CreateAccessKey") : undefined);
      const saved = await stage.halfDone(stage.up(olds, news));
      stage.iam.fault = () => undefined;
      return saved;
    };

    it("in the simple case", async () => {
      const made = await stage.up(await failing(two, leak), leak);
      assert.deepEqual(stage.iam.ids(), [id(made)]);
    });

    it("when current was deleted by hand", async () => {
      stage.iam.keys = stage.iam.keys.filter((key) => key.accessKeyId !== id(two));
      const made = await stage.up(await failing(two, leak), leak);
      assert.deepEqual(stage.iam.ids(), [id(made)]);
    });

    it("when a key was adopted as current in the same up", async () => {
      stage.iam.slots = 3;
      const { accessKeyId, secretAccessKey } = stage.iam.addKey();
      const news = { ...leak, state: { current: { accessKeyId, secretAccessKey } } };
      const made = await stage.up(await failing(two, news), news);
      assert.deepEqual(stage.iam.ids(), [id(made)]);
    });
  });

  it("of a current that somebody deactivated: it goes as well", async () => {
    for (const key of stage.iam.keys) if (key.accessKeyId === id(two)) key.status = "Inactive";
    const made = await stage.up(two, leak);
    assert.deepEqual(stage.iam.ids(), [id(made)]);
  });

  it("at creation there is nothing to revoke", async () => {
    stage = new Stage();
    const stranger = stage.iam.addKey();
    const made = await stage.create(leak);
    assert.deepEqual(stage.iam.ids(), [stranger.accessKeyId, id(made)]);
    assert.equal(await stage.up(made, leak), made);
  });
});
