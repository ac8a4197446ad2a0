import assert from "node:assert/strict";
import { formatJournal } from "../../provider/model/journal";
import { dead, messageIn, pendingIn } from "../harness/scene";
import { id, type Props, Stage, userArn } from "../harness/stage";

const [MINUTE, DAY] = [60_000, 86_400_000];

describe("drift", () => {
  let stage: Stage;
  let two: Props;
  const inputs = { userArn, rotationTrigger: 2 };
  beforeEach(async () => {
    stage = new Stage();
    const one = await stage.create({ userArn, rotationTrigger: 1 });
    stage.clock.time += MINUTE;
    two = await stage.up(one, inputs);
    stage.clock.time += MINUTE;
    stage.forget();
  });

  const first = "AKIAMEMORY0000000001";
  const second = "AKIAMEMORY0000000002";
  const third = "AKIAMEMORY0000000003";
  const gone = () => Object.assign(stage.iam, { exists: false, keys: [] });
  const set = (key: string, status: "Inactive" | "Expired") => () => stage.iam.set(key, status);
  const remake = () => Object.assign(stage.iam, { userId: "AIDAANOTHERUSER00001", keys: [], journal: undefined });
  const byHand = () => {
    stage.iam.slots = 3;
    stage.iam.addKey();
  };
  const table: [string, () => unknown, Record<string, unknown> | undefined, RegExp][] = [
    [
      "current deleted",
      () => stage.iam.remove(second),
      { current: "deleted" },
      /current: \w+2 was deleted by someone else/,
    ],
    [
      "current deactivated",
      set(second, "Inactive"),
      { current: "Inactive" },
      /current: \w+2 is Inactive, by someone else/,
    ],
    [
      "current expired",
      set(second, "Expired"),
      { current: "Expired" },
      /current: \w+2 has expired; the next update makes/,
    ],
    [
      "previous deleted",
      () => stage.iam.remove(first),
      { previous: "deleted" },
      /previous: \w+1 was deleted by someone/,
    ],
    [
      "previous deactivated",
      set(first, "Inactive"),
      { previous: "Inactive" },
      /previous: \w+1 is Inactive, .* deletes it/,
    ],
    ["a key made by hand", byHand, undefined, new RegExp(`: ${third} on this user is unmanaged`)],
    ["the user deleted", gone, { user: "missing" }, /there is no user of that name; .*set `userArn`/],
    ["the user made again", remake, { user: "another" }, /UserId is no longer AIDAMEMORYUSER000001/],
  ];
  for (const [title, happens, drift, said] of table) {
    it(`${title}: recorded, and said in words; nothing is changed`, async () => {
      happens();
      const props = await stage.read(two);
      assert.deepEqual(props.drift, drift);
      assert.match(stage.said.join("\n"), said);
      assert.equal(stage.said.length, 1);
      assert.deepEqual(stage.iam.changes(), []);
      assert.equal(props.rotationTrigger, 2, "the resource and its inputs stay");
    });
  }

  it("none: nothing said", async () => {
    assert.deepEqual(await stage.read(two), two);
    assert.deepEqual([stage.said, stage.iam.calls], [[], ["GetUser", "ListAccessKeys"]], "one look is enough");
  });

  it("a stranger of before the last rotation is no news", async () => {
    stage = new Stage();
    stage.iam.addKey();
    stage.clock.time += DAY;
    const outs = await stage.create(inputs);
    stage.said = [];
    const seen = await stage.read(outs);
    assert.ok(!("drift" in seen));
    assert.deepEqual([seen.unmanagedAccessKeyIds, stage.said], [[first], []]);
  });

  it("an unmanaged key is told once, and no more when it is gone", async () => {
    stage.iam.slots = 3;
    stage.iam.addKey();
    const seen = await stage.read(two);
    assert.deepEqual([seen.unmanagedAccessKeyIds, stage.said.length], [[third], 1]);
    stage.said = [];
    assert.deepEqual(await stage.read(seen), seen);
    assert.equal(await stage.up(seen, inputs), seen);
    stage.iam.remove(third);
    assert.deepEqual(await stage.read(seen), two);
    assert.deepEqual(stage.said, []);
  });

  it("the user gone: the next up says so, and goes on once it is there again", async () => {
    gone();
    const blocked = await stage.up(await stage.read(two), inputs);
    assert.deepEqual(pendingIn(blocked), [{ what: "rotation", because: "user", blocked: true }]);
    assert.match(messageIn(blocked), /no such user in that account/);
    assert.deepEqual(blocked.current, two.current, "its secret stays");
    Object.assign(stage.iam, { exists: true, userId: "AIDAANOTHERUSER00001", journal: undefined });
    const healed = await stage.up(blocked, inputs);
    assert.deepEqual([stage.iam.ids(), healed.pending], [[id(healed)], []]);
  });

  it("the user moved to another path: its keys are alive, and it is said where it is now", async () => {
    const moved = "arn:aws:iam::123456789012:user/elsewhere/deployer";
    stage.iam.arn = moved;
    const props = await stage.read(two);
    assert.deepEqual([props.drift, id(props), props.previousAccessKeyId], [{ user: moved }, second, first]);
    assert.match(stage.said.join(), new RegExp(`it is ${moved} now.*set .userArn. to that`));
  });

  it("the user renamed: the same, though nobody is there under its name", async () => {
    const renamed = "arn:aws:iam::123456789012:user/ci/renamed";
    Object.assign(stage.iam, { exists: false, arn: renamed });
    const { drift, ...rest } = await stage.read(two);
    assert.deepEqual([drift, rest], [{ user: renamed }, two]);
  });

  it("the user made again: what is left of the state tells whose it was", async () => {
    remake();
    const { drift: _, ...props } = await stage.read(two);
    assert.deepEqual(props, {
      ...inputs,
      userId: "AIDAMEMORYUSER000001",
      operationId: two.operationId,
      previous: null,
      previousAccessKeyId: null,
      pending: [],
      unmanagedAccessKeyIds: [],
    });
  });

  it("without a current key: it is said, and what comes of it", async () => {
    const { current, currentAccessKeyId, currentCreatedAt, ...without } = two;
    const props = await stage.read(without);
    assert.deepEqual(props.drift, { current: "none" });
    assert.match(stage.said[0] ?? "", /current: there is none/);
    assert.deepEqual(props.unmanagedAccessKeyIds, [currentAccessKeyId]);
  });

  it("both keys at once: each has its line", async () => {
    stage.iam.remove(second);
    stage.iam.set(first, "Inactive");
    const props = await stage.read(two);
    assert.deepEqual(props.drift, { current: "deleted", previous: "Inactive" });
    assert.equal(stage.said.length, 2);
  });

  it("a key that is still to be deleted stays noted while it is there, and no longer", async () => {
    stage.iam.slots = 5;
    const [third, fourth] = [stage.iam.addKey(), stage.iam.addKey()].map(({ accessKeyId }) => accessKeyId);
    stage.clock.time += MINUTE;
    stage.iam.remove(String(third));
    const props = await stage.read({ ...two, unfinished: { keys: [third, fourth] } });
    assert.deepEqual(props.unfinished, { keys: [fourth] });
  });

  describe("of a state whose journal could not be closed", () => {
    const open = () => ({ ...two, unfinished: { journal: "open" } });
    const leave = (parts: object) => {
      stage.iam.journal = formatJournal({ ...dead, owner: "anonymous", ...parts });
      stage.iam.calls = [];
    };
    const looks = () => stage.iam.count("ListAccessKeys");

    it("closes it, at one look, and drops the note", async () => {
      leave({ operationId: two.operationId });
      assert.deepEqual(await stage.read(open()), two);
      assert.deepEqual([stage.iam.changes(), looks()], [["TagUser done"], 1]);
    });
    it("keeps the note where it can't be closed yet: the next update says why", async () => {
      leave({ operationId: two.operationId });
      stage.iam.denies("TagUser");
      assert.deepEqual(await stage.read(open()), open());
    });
    it("which is closed by now: writes nothing", async () => {
      leave({ operationId: two.operationId, phase: "done" });
      assert.deepEqual(await stage.read(open()), two);
      assert.deepEqual([stage.iam.changes(), looks()], [[], 1]);
    });
    for (const [title, happens] of [
      ["another's is there", () => leave({ owner: "you", operationId: "rival-1" })],
      ["somebody removed it", () => Object.assign(stage.iam, { journal: undefined })],
    ] as [string, () => unknown][]) {
      it(`where ${title}, in two looks: leaves the tag alone, and there is nothing to close`, async () => {
        happens();
        assert.deepEqual(await stage.read(open()), two);
        assert.deepEqual([stage.iam.changes(), looks()], [[], 2]);
      });
    }
    it("keeps the note while the user is not there", async () => {
      gone();
      const { drift: _, ...props } = await stage.read(open());
      assert.deepEqual(props, open());
    });
  });
});
