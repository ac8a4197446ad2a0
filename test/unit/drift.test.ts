import assert from "node:assert/strict";
import { formatJournal } from "../../provider/model/journal";
import type { MemoryKey } from "../harness/aws/memoryIam";
import { dead, denied, messageIn, pendingIn } from "../harness/scene";
import { type Props, Stage, userArn } from "../harness/stage";

const [MINUTE, DAY] = [60_000, 86_400_000];

describe("drift", () => {
  let stage: Stage;
  let one: Props;
  let two: Props;
  const inputs = { userArn, rotationTrigger: 2 };
  const id = (outs: Props) => String(outs.currentAccessKeyId);
  const key = (accessKeyId: string) => stage.iam.keys.find((at) => at.accessKeyId === accessKeyId) as MemoryKey;
  const remove = (accessKeyId: string) => {
    stage.iam.keys = stage.iam.keys.filter((at) => at.accessKeyId !== accessKeyId);
  };
  const read = async (olds: Props) => (await stage.provider.read("id", olds)).props as Props;

  beforeEach(async () => {
    stage = new Stage();
    one = await stage.create({ userArn, rotationTrigger: 1 });
    stage.clock.time += MINUTE;
    two = await stage.up(one, inputs);
    stage.clock.time += MINUTE;
    stage.said = [];
    stage.iam.calls = [];
  });

  const first = "AKIAMEMORY0000000001";
  const second = "AKIAMEMORY0000000002";
  const third = "AKIAMEMORY0000000003";
  const table: [string, () => unknown, Record<string, unknown> | undefined, string | RegExp][] = [
    [
      "current deleted",
      () => remove(second),
      { current: "deleted" },
      `${userArn}: current: ${second} was deleted by someone else; the next update makes a new key.`,
    ],
    [
      "current deactivated",
      () => Object.assign(key(second), { status: "Inactive" }),
      { current: "Inactive" },
      `${userArn}: current: ${second} is Inactive, by someone else's hand; the next update makes a new key.`,
    ],
    [
      "current expired",
      () => Object.assign(key(second), { status: "Expired" }),
      { current: "Expired" },
      `${userArn}: current: ${second} has expired; the next update makes a new key.`,
    ],
    [
      "previous deleted",
      () => remove(first),
      { previous: "deleted" },
      `${userArn}: previous: ${first} was deleted by someone else; current stays as it is.`,
    ],
    [
      "previous deactivated",
      () => Object.assign(key(first), { status: "Inactive" }),
      { previous: "Inactive" },
      `${userArn}: previous: ${first} is Inactive, by someone else's hand; the next rotation deletes it.`,
    ],
    [
      "a key made by hand",
      () => {
        stage.iam.slots = 3;
        stage.iam.addKey();
      },
      undefined,
      new RegExp(`: ${third} on this user is unmanaged`),
    ],
    [
      "the user deleted",
      () => Object.assign(stage.iam, { exists: false, keys: [] }),
      { user: "missing" },
      `${userArn}: there is no user of that name; if it was renamed, set \`userArn\` to its ARN now; if it was deleted, make it again, then the next update makes a new key.`,
    ],
    [
      "the user made again",
      () => Object.assign(stage.iam, { userId: "AIDAANOTHERUSER00001", keys: [], journal: undefined }),
      { user: "another" },
      `${userArn}: the user was deleted and made again under the same name (its UserId is no longer AIDAMEMORYUSER000001), so the old keys are gone; the next update makes a new key.`,
    ],
  ];
  for (const [title, happens, drift, said] of table) {
    it(`${title}: recorded, and said in words; nothing is changed`, async () => {
      happens();
      const props = await read(two);
      assert.deepEqual(props.drift, drift);
      if (typeof said === "string") assert.deepEqual(stage.said, [said]);
      else assert.match(stage.said.join("\n"), said);
      assert.equal(stage.said.length, 1);
      assert.ok(stage.iam.calls.every((call) => !/^(Tag|Create|Delete)/.test(call)));
      assert.equal(props.rotationTrigger, 2, "the resource and its inputs stay");
    });
  }

  it("none: nothing said", async () => {
    assert.deepEqual(await read(two), two);
    assert.deepEqual(stage.said, []);
  });

  it("a stranger of before the last rotation is no news", async () => {
    stage = new Stage();
    stage.iam.addKey();
    stage.clock.time += DAY;
    const outs = await stage.create(inputs);
    stage.said = [];
    const seen = await read(outs);
    assert.ok(!("drift" in seen));
    assert.deepEqual([seen.unmanagedAccessKeyIds, stage.said], [[first], []]);
  });

  it("an unmanaged key is told once, and no more when it is gone", async () => {
    stage.iam.slots = 3;
    stage.iam.addKey();
    const seen = await read(two);
    assert.deepEqual([seen.unmanagedAccessKeyIds, stage.said.length], [[third], 1]);
    stage.said = [];
    assert.deepEqual(await read(seen), seen);
    assert.equal(await stage.up(seen, inputs), seen);
    remove(third);
    assert.deepEqual(await read(seen), two);
    assert.deepEqual(stage.said, []);
  });

  const healing: [string, () => unknown, string[]][] = [
    ["current deleted: a new one, beside the previous that still works", () => remove(second), [first, third]],
    ["current deactivated: the same", () => Object.assign(key(second), { status: "Inactive" }), [first, third]],
    ["current expired: the same", () => Object.assign(key(second), { status: "Expired" }), [first, third]],
    ["previous deleted: nothing", () => remove(first), [second]],
    ["previous deactivated: nothing", () => Object.assign(key(first), { status: "Inactive" }), [first, second]],
    ["both deleted: a new one", () => Object.assign(stage.iam, { keys: [] }), [third]],
    [
      "the user made again: a new one, and the new user's own key stays",
      () => {
        Object.assign(stage.iam, { userId: "AIDAANOTHERUSER00001", keys: [], journal: undefined });
        stage.iam.addKey();
      },
      [third, "AKIAMEMORY0000000004"],
    ],
  ];
  for (const [title, happens, left] of healing) {
    it(`${title}; then rest`, async () => {
      happens();
      const statuses = new Map(stage.iam.keys.map((at) => [at.accessKeyId, at.status]));
      const healed = await stage.up(await read(two), inputs);
      assert.deepEqual(stage.iam.ids(), left);
      for (const at of stage.iam.keys) assert.equal(at.status, statuses.get(at.accessKeyId) ?? "Active", "as it was");
      stage.said = [];
      assert.deepEqual(await stage.up(healed, inputs), healed);
      assert.deepEqual(stage.said, []);
      if (left.includes(id(healed)) && left.length === 1) assert.ok(!("drift" in (await read(healed))));
    });
  }

  it("the user gone: the next up says so, and goes on once it is there again", async () => {
    Object.assign(stage.iam, { exists: false, keys: [] });
    const gone = await read(two);
    const blocked = await stage.up(gone, inputs);
    assert.deepEqual(pendingIn(blocked), [{ what: "rotation", because: "user", blocked: true }]);
    assert.match(messageIn(blocked), /no such user in that account/);
    assert.deepEqual(blocked.current, two.current, "its secret stays");
    Object.assign(stage.iam, { exists: true, userId: "AIDAANOTHERUSER00001", journal: undefined });
    const healed = await stage.up(blocked, inputs);
    assert.deepEqual([stage.iam.ids(), healed.pending], [[id(healed)], []]);
  });

  it("a clock minutes behind AWS's does no harm: no early or double rotation, no early end, no false news", async () => {
    const news = { userArn, rotationTrigger: 2, rotateEvery: "1d", gracePeriod: "1h" };
    const behind = new Stage();
    const ahead = { now: () => new Date(behind.clock.time + 5 * MINUTE), sleep: async () => {} };
    Object.assign(behind.iam, { clock: ahead }); // AWS's own
    let outs = await behind.create(news);
    assert.equal(outs.currentCreatedAt, "2026-11-01T00:05:00Z");
    assert.equal(await behind.up(outs, news), outs);
    behind.clock.time += DAY + 5 * MINUTE;
    outs = await behind.up(outs, news);
    assert.equal(await behind.up(outs, news), outs);
    behind.clock.time += 64 * MINUTE;
    assert.equal(await behind.up(outs, news), outs, "an hour and four minutes by our clock are 59 of AWS's key");
    assert.deepEqual((await behind.provider.read("id", outs)).props, outs);
    behind.clock.time += MINUTE;
    await behind.up(outs, news);
    assert.deepEqual([behind.iam.count("CreateAccessKey"), behind.iam.count("DeleteAccessKey")], [2, 1]);
  });

  it("none: one look is enough", async () => {
    await read(two);
    assert.deepEqual(stage.iam.calls, ["GetUser", "ListAccessKeys"]);
  });

  it("a key that is gone: looked for twice, before its secret leaves the state", async () => {
    remove(first);
    await read(two);
    assert.equal(stage.iam.count("ListAccessKeys"), 2);
  });

  it("the user moved to another path: its keys are alive, and it is said where it is now", async () => {
    const moved = "arn:aws:iam::123456789012:user/elsewhere/deployer";
    stage.iam.arn = moved;
    const props = await read(two);
    assert.deepEqual([props.drift, id(props), props.previousAccessKeyId], [{ user: moved }, second, first]);
    assert.deepEqual(stage.said, [
      `${userArn}: the user was renamed or moved: it is ${moved} now, and its keys are alive; set \`userArn\` to that.`,
    ]);
  });

  it("the user renamed: the same, though nobody is there under its name", async () => {
    const renamed = "arn:aws:iam::123456789012:user/ci/renamed";
    Object.assign(stage.iam, { exists: false, arn: renamed });
    const { drift, ...rest } = await read(two);
    assert.deepEqual([drift, rest], [{ user: renamed }, two]);
  });

  it("the user made again: what is left of the state tells whose it was", async () => {
    Object.assign(stage.iam, { userId: "AIDAANOTHERUSER00001", keys: [], journal: undefined });
    const { drift: _, ...props } = await read(two);
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
    const props = await read(without);
    assert.deepEqual(props.drift, { current: "none" });
    assert.equal(stage.said[0], `${userArn}: current: there is none; the next update makes a new key.`);
    assert.deepEqual(props.unmanagedAccessKeyIds, [currentAccessKeyId]);
  });

  it("both keys at once: each has its line", async () => {
    remove(second);
    Object.assign(key(first), { status: "Inactive" });
    const props = await read(two);
    assert.deepEqual(props.drift, { current: "deleted", previous: "Inactive" });
    assert.equal(stage.said.length, 2);
  });

  it("a key that is still to be deleted stays noted while it is there, and no longer", async () => {
    stage.iam.slots = 5;
    const [third, fourth] = [stage.iam.addKey(), stage.iam.addKey()].map(({ accessKeyId }) => accessKeyId);
    stage.clock.time += MINUTE;
    remove(String(third));
    const props = await read({ ...two, unfinished: { keys: [third, fourth] } });
    assert.deepEqual(props.unfinished, { keys: [fourth] });
  });

  describe("of a state whose journal could not be closed", () => {
    const open = () => ({ ...two, unfinished: { journal: "open" } });
    const leave = (parts: object) => {
      stage.iam.journal = formatJournal({ ...dead, owner: "anonymous", ...parts });
      stage.iam.calls = [];
    };
    const written = () => stage.iam.calls.filter((call) => call.startsWith("TagUser"));
    const looks = () => stage.iam.count("ListAccessKeys");

    it("closes it, at one look, and drops the note", async () => {
      leave({ operationId: two.operationId });
      assert.deepEqual(await read(open()), two);
      assert.deepEqual([written(), looks()], [["TagUser done"], 1]);
    });
    it("keeps the note where it can't be closed yet: the next update says why", async () => {
      leave({ operationId: two.operationId });
      stage.iam.fault = (call) => (call.startsWith("TagUser") ? denied("TagUser") : undefined);
      assert.deepEqual(await read(open()), open());
    });
    it("which is closed by now: writes nothing", async () => {
      leave({ operationId: two.operationId, phase: "done" });
      assert.deepEqual(await read(open()), two);
      assert.deepEqual([written(), looks()], [[], 1]);
    });
    for (const [title, happens] of [
      ["another's is there", () => leave({ owner: "you", operationId: "rival-1" })],
      ["somebody removed it", () => Object.assign(stage.iam, { journal: undefined })],
    ] as [string, () => unknown][]) {
      it(`where ${title}, in two looks: leaves the tag alone, and there is nothing to close`, async () => {
        happens();
        assert.deepEqual(await read(open()), two);
        assert.deepEqual([written(), looks()], [[], 2]);
      });
    }
    it("keeps the note while the user is not there", async () => {
      Object.assign(stage.iam, { exists: false, keys: [] });
      const { drift: _, ...props } = await read(open());
      assert.deepEqual(props, open());
    });
  });
});
