import assert from "node:assert/strict";
import { PartialFailure } from "../../provider/dynamic/partialFailure";
import { id, type Props, Stage, userArn } from "../harness/stage";

const DAY = 86_400_000;
describe("revocationTrigger", () => {
  let stage: Stage;
  let one: Props; // current alone
  let two: Props; // current and previous
  const inputs = { userArn, rotationTrigger: 2, gracePeriod: "7d", lastUsedGuard: "2d" };
  const leak = { ...inputs, revocationTrigger: "leak 1" };
  beforeEach(async () => {
    stage = new Stage();
    [one, two] = await stage.rotated(inputs);
    // In use, as a leaked key is.
    for (const key of stage.iam.ids()) {
      stage.iam.used.set(key, { at: "2026-11-01T00:00:00Z", service: "s3", region: "eu-central-1" });
    }
    stage.forget();
  });

  // Holds: "A revocation is refused for want of a free slot only if unmanaged keys have them all"
  it("added: a new key, tried, then every older one deleted, whatever grace period and guard say", async () => {
    const made = await stage.up(two, leak);
    assert.equal(stage.said.length, 1);
    const told = `made ${id(made)} as current, deleted ${id(one)} and ${id(two)} \\(revocationTrigger`;
    assert.match(stage.said.join(), new RegExp(told));
    assert.deepEqual(stage.iam.calls, [
      "GetUser",
      "ListAccessKeys",
      "TagUser open",
      "CreateAccessKey", // by LimitExceeded AWS says that it may be done
      "GetUser",
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
    stage.forget();
    assert.equal(await stage.up(made, leak), made, "once");
    assert.deepEqual([stage.iam.calls, stage.said], [[], []]);
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
    assert.equal(stage.iam.numbers.made, 3);
    assert.deepEqual(stage.iam.ids(), [id(made)]);
  });

  // Holds: "All other keys are unmanaged, and stay"
  it("with a stranger in the slot: current makes room, and the stranger stays", async () => {
    stage = new Stage();
    one = await stage.create(inputs);
    const stranger = stage.iam.addKey();
    stage.clock.time += DAY;
    const made = await stage.up(one, leak);
    assert.deepEqual(stage.iam.ids(), [stranger.accessKeyId, id(made)]);
    assert.deepEqual([made.unmanagedAccessKeyIds, made.pending], [[stranger.accessKeyId], []]);
  });

  it("with two strangers in an account of two, current deleted: told, with nothing changed", async () => {
    stage = new Stage();
    one = await stage.create(inputs);
    stage.iam.keys = [];
    const strangers = [stage.iam.addKey(), stage.iam.addKey()].map(({ accessKeyId }) => accessKeyId);
    stage.clock.time += DAY;
    await assert.rejects(stage.up(one, leak), new RegExp(`${strangers[0]}.*${strangers[1]}.* are unmanaged`));
    assert.deepEqual(stage.iam.ids(), strangers);
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
      // Who can't wait for that cuts off what is left of the older ones, and nothing else.
      const commands = message.match(/update-access-key --user-name deployer --access-key-id (\w+) --status Inactive/g);
      assert.deepEqual(
        commands?.map((command) => command.split(" ")[4]),
        [id(two)],
      );
    });

    it("does not hold up a second one: what is to go anyway makes room", async () => {
      const again = { ...leak, revocationTrigger: "leak 2" };
      const last = await stage.halfDone(stage.up(saved, again));
      assert.deepEqual(stage.iam.ids(), [id(saved), id(last)]);
      assert.deepEqual(last.unfinished, { keys: [id(saved)] });
    });

    it("is finished by the next up, with no second new key", async () => {
      stage.iam.propagation = 0;
      stage.forget();
      // Whatever the guard says: a leaked key is in use.
      const done = await stage.up(saved, leak);
      assert.equal(stage.said.length, 1);
      assert.match(stage.said.join(), new RegExp(`deleted ${id(two)} .*an earlier run left it`));
      assert.equal(stage.iam.count("CreateAccessKey"), 0);
      assert.deepEqual(stage.iam.ids(), [id(saved)]);
      assert.ok(!("unfinished" in done));
      assert.equal(await stage.up(done, leak), done);
    });

    // Holds: "In a run that makes no new key, AWS must have accepted current before an older key is deleted"
    it("fails again as long as AWS does not accept it, and keeps the older key", async () => {
      await assert.rejects(stage.up(saved, leak), /did not accept the new key/);
      assert.deepEqual(stage.iam.ids(), [id(two), id(saved)]);
    });
  });

  describe("that fails before it made a key is not done", () => {
    let message: string;
    const failing = async (olds: Props, news: Props) => {
      stage.iam.denies("CreateAccessKey");
      const failure: unknown = await stage.up(olds, news).catch((error) => error);
      stage.iam.calm();
      message = String(failure);
      return failure instanceof PartialFailure ? failure.properties : olds;
    };

    it("in the simple case: nothing was changed, and it says how to cut each key off", async () => {
      const ids = stage.iam.ids();
      assert.equal(await failing(two, leak), two, "no answer that is saved, and none that is only blocked");
      assert.deepEqual(stage.iam.ids(), ids);
      for (const key of ids)
        assert.ok(message.includes(`aws iam update-access-key --user-name deployer --access-key-id ${key} `), message);
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

  it("at creation there is nothing to revoke", async () => {
    stage = new Stage();
    const stranger = stage.iam.addKey();
    const made = await stage.create(leak);
    assert.deepEqual(stage.iam.ids(), [stranger.accessKeyId, id(made)]);
    assert.equal(await stage.up(made, leak), made);
  });
});
