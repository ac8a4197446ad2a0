import assert from "node:assert/strict";
import { PATIENCE } from "../../provider/act/dependencies";
import { IamError } from "../../provider/model/errors";
import { formatJournal, type Journal, parseJournal } from "../../provider/model/journal";
import { managedKeys } from "../../provider/model/managedKeys";
import type { MemoryIam } from "../harness/aws/memoryIam";
import { dead, denied, Scene } from "../harness/scene";

const [SECOND, MINUTE] = [1_000, 60_000];
/** Older than this is no read. */
const STALE = PATIENCE.staleRead;

/** Any read may be a minute old: what rests on one look may be wrong, and the second can't be from before what it would miss. */
// Holds: "Any read may be a minute old"
describe("what has to be seen twice, before anything is changed", () => {
  let scene: Scene;
  let iam: MemoryIam;
  let one: string;
  let two: string;
  beforeEach(async () => {
    scene = new Scene();
    iam = scene.iam;
    iam.slots = 5;
    [two, one] = await scene.rotated();
    scene.clock.time += STALE;
  });
  const leave = (journal: Partial<Journal>) => {
    iam.journal = formatJournal({ ...dead, ...journal });
  };
  /** Another operation of our own instance. */
  const ours = () => `${scene.instance()}-other`;
  const without = (id: string) => iam.keys.filter((key) => key.accessKeyId !== id);
  /** How often the keys were listed before the first change. */
  const looks = () => {
    const first = iam.calls.findIndex((call) => /^(Delete|Create|Tag)/.test(call));
    return iam.calls.slice(0, first < 0 ? undefined : first).filter((call) => call === "ListAccessKeys").length;
  };
  /** Somebody makes a key, so long ago. */
  const madeAgo = (milliseconds: number) => {
    const { accessKeyId } = iam.addKey();
    scene.clock.time += milliseconds;
    return accessKeyId;
  };
  const rotate = () => scene.rotate();

  const cases: [string, number, () => unknown, () => Promise<unknown>][] = [
    ["nothing unusual", 1, () => {}, rotate],
    [
      "a key whose secret nobody has, which is young, and by the second look is not any more",
      2,
      () => {
        scene.died();
        scene.clock.time += 10 * SECOND - 20 * MINUTE;
      },
      rotate,
    ],
    ["an open journal of ours, though no key of it is there", 2, () => leave({}), rotate],
    ["the same, where there is nothing else to do", 2, () => leave({}), () => scene.up()],
    [
      "a key that a journal names, and the list lacks",
      2,
      () => leave({ phase: "done", operationId: ours(), made: "AKIALATE000000000001" }),
      rotate,
    ],
    ["a key of somebody else's that is younger than a read may be old", 2, () => madeAgo(STALE - 1), rotate],
    ["the same, as old as that", 1, () => madeAgo(STALE), rotate],
    ["a young key that is ours", 1, rotate, rotate],
    [
      "a young key that is being adopted",
      1,
      () => madeAgo(SECOND),
      () => scene.up({ adopt: { previous: { accessKeyId: iam.ids()[2] ?? "" } } }),
    ],
    ["the journal of our last operation", 1, () => assert.equal(parseJournal(iam.journal)?.made, two), rotate],
    [
      "the same, where it could not be closed",
      1,
      async () => {
        iam.strike("TagUser done", denied("TagUser"));
        await scene.halfDone(rotate());
        iam.calm();
        assert.equal(scene.phase(), "open");
      },
      rotate,
    ],
    [
      "another owner's journal, of a user that is taken over: the keys that it names are there",
      1,
      () => leave({ phase: "open", owner: "you", made: two, at: "2026-10-01T00:00:00Z" }),
      () => scene.up({ takesOver: true }),
    ],
    ["a journal that says that nothing is left", 1, () => leave({ phase: "void" }), rotate],
    [
      "a creation, beside a key of long ago",
      1,
      () => {
        scene.recorded = undefined;
        iam.journal = undefined;
      },
      () => scene.up(),
    ],
  ];
  for (const [title, count, happens, run] of cases) {
    it(`${title}: ${count === 1 ? "one look" : "two looks"}`, async () => {
      await happens();
      iam.calls = [];
      await run();
      assert.equal(looks(), count, iam.calls.join());
    });
  }

  const waits: [string, number, () => unknown, () => Promise<unknown>][] = [
    ["a key of ours that is gone, and was made long ago", 8, () => Object.assign(iam, { keys: without(one) }), rotate],
    [
      "the same, made a moment ago",
      STALE / SECOND,
      async () => {
        const { current } = await rotate();
        Object.assign(iam, { keys: without(current?.accessKeyId ?? "") });
      },
      rotate,
    ],
    ["a key whose secret nobody has, of a run that began long ago", 8, () => scene.died(), () => scene.up()],
    [
      "the same, of one that began some minutes ago",
      STALE / SECOND,
      () => {
        scene.died();
        scene.clock.time -= 15 * MINUTE;
      },
      () => scene.up(),
    ],
    [
      "another journal than the one that we could not close",
      STALE / SECOND,
      () => {
        scene.recorded = { ...(scene.recorded ?? assert.fail()), journalOpen: true };
        leave({ phase: "done", operationId: ours(), made: two });
      },
      rotate,
    ],
    ["a key of somebody else's, made half that time ago", STALE / 2 / SECOND, () => madeAgo(STALE / 2), rotate],
    [
      "a key that is adopted where a destroy has ended a moment ago: it may be deleted, and listed still",
      STALE / SECOND,
      () => {
        scene.recorded = undefined;
        leave({ phase: "void", kind: "delete", at: new Date(scene.clock.time).toISOString() });
      },
      () => scene.up({ adopt: { previous: { accessKeyId: one } } }),
    ],
  ];
  for (const [title, seconds, happens, run] of waits) {
    it(`${title}: ${seconds} s, which are told if they are long`, async () => {
      await happens();
      scene.said = [];
      const start = scene.clock.time;
      let first = 0;
      iam.fault = (call) => {
        if (/^(Delete|Create|Tag)/.test(call)) first ||= scene.clock.time;
        return undefined;
      };
      await run();
      assert.equal((first - start) / SECOND, seconds);
      const told = scene.said.flatMap((line) => /^looks again in (\d+) s/.exec(line)?.[1] ?? []);
      assert.deepEqual(told, seconds > 10 ? [String(seconds)] : []);
    });
  }

  it("a refusal changes nothing, so it is told at once", async () => {
    leave({ owner: "you", phase: "done" });
    madeAgo(SECOND);
    await assert.rejects(rotate(), /Rotate a user in one place only/);
    assert.equal(looks(), 1);
  });

  it("what the second look does not show again is looked at once more, and only that", async () => {
    iam.listsFirst(1, (keys) => keys.slice(1));
    await scene.up();
    assert.deepEqual(
      [iam.calls, scene.recorded?.previous?.accessKeyId],
      [["GetUser", "ListAccessKeys", "GetUser", "ListAccessKeys"], one],
    );
  });

  // Holds: "A key that was handed out but is missing in the state may be in use"
  it("a list that lacks a key that was handed out: then it is asked about, and nothing is made over it", async () => {
    const handedOut = iam.addKey().accessKeyId;
    leave({ phase: "done", operationId: ours(), made: handedOut });
    scene.clock.time += MINUTE;
    iam.listsFirst(1, (keys) => keys.slice(0, 2));
    await assert.rejects(rotate(), new RegExp(`^RotationError: .*${handedOut} .* was made and handed out by`));
    assert.deepEqual(iam.changes(), []);
  });

  it("a list that lacks the key that an operation made as it died: then it is deleted, and not forgotten", async () => {
    const lost = scene.died();
    iam.listsFirst(1, (keys) => keys.slice(0, 2));
    await scene.up();
    assert.ok(!iam.ids().includes(lost.accessKeyId));
  });

  describe("by a destroy", () => {
    it("a user that is not there: a late answer must not leave its keys", async () => {
      iam.strike("GetUser", new IamError("noSuchEntity", "iam:GetUser", "NoSuchEntity", "no such user"));
      await scene.destroy();
      assert.deepEqual([iam.ids(), scene.said], [[], []]);
    });

    it("a key whose secret nobody has: a late tag must not cost one that was handed out", async () => {
      const instance = scene.instance();
      const live = scene.died({ operationId: `${instance}-died`, phase: "done" });
      const late = parseJournal(iam.journal) ?? assert.fail();
      iam.tagFirst(1, () => formatJournal({ ...late, phase: "open" }));
      await scene.destroy();
      assert.deepEqual(iam.ids(), [live.accessKeyId]);
    });

    it("a young key of somebody else's: by then the tag tells whose it is", async () => {
      madeAgo(SECOND);
      await scene.destroy();
      assert.equal(looks(), 2);
    });

    it("nothing else: a destroy takes no longer than its calls", async () => {
      const before = scene.clock.time;
      await scene.destroy();
      assert.deepEqual(iam.calls, [
        "GetUser",
        "ListAccessKeys",
        `DeleteAccessKey ${one}`,
        `DeleteAccessKey ${two}`,
        "GetUser",
        "TagUser void",
      ]);
      assert.equal(scene.clock.time, before);
    });
  });

  it("a resource that has no keys recorded has none that is gone", async () => {
    scene.recorded = managedKeys({ userId: iam.userId, operationId: "op1-op9" });
    iam.keys = [];
    leave({ phase: "void" });
    await scene.up();
    assert.equal(looks(), 1);
  });
});
