import assert from "node:assert/strict";
import { PATIENCE } from "../../provider/act/dependencies";
import { formatJournal, parseJournal } from "../../provider/model/journal";
import type { MemoryIam } from "../harness/aws/memoryIam";
import { dead, denied, Scene } from "../harness/scene";

const MINUTE = 60_000;

/** Another run of whatever owner takes the tag while ours is at work, at one of our calls. */
// Holds: "The tag and the list of keys are read again"
describe("a run that another one overtakes", () => {
  let scene: Scene;
  let iam: MemoryIam;
  const rival = formatJournal({ ...dead, owner: "you", operationId: "rival-1" });
  beforeEach(() => {
    scene = new Scene();
    iam = scene.iam;
    iam.slots = 3;
  });

  const overtakenAt = (action: string, nth = 1, tag: string | undefined = rival) =>
    iam.meanwhile(
      action,
      () => {
        iam.journal = tag;
      },
      nth,
    );

  for (const tag of [rival, ""]) {
    it(`deletes the key that it made, and touches nothing else${tag ? "" : ": somebody removed the tag"}`, async () => {
      await scene.up();
      const [current] = iam.ids();
      overtakenAt("CreateAccessKey", 1, tag);
      await assert.rejects(
        scene.rotate(),
        tag ? /operation rival-1 of owner you began while/ : /tag on the user was removed/,
      );
      assert.deepEqual(iam.ids(), [current]);
      assert.equal(iam.journal, tag, "the other's journal is left alone");
    });
  }

  const { rotate, revoke } = { rotate: () => scene.rotate(), revoke: () => scene.up({ revoke: "leak" }) };
  const moments: [string, (() => unknown)[], string, number, () => Promise<unknown>][] = [
    ["a creation leaves a key", [], "CreateAccessKey", 1, () => scene.up()],
    [
      "a key is handed out for which it had to wait",
      [() => scene.up(), () => Object.assign(iam, { propagation: MINUTE / 6 })],
      "GetCallerIdentity",
      5,
      rotate,
    ],
    [
      "it deletes what a revocation ends",
      [
        () => scene.rotated(),
        () => {
          // Its own naming of the new key, side by side with that trial, would hide the rival's tag.
          const write = iam.writeJournal.bind(iam);
          iam.writeJournal = async (value) => {
            if (iam.journal !== rival) await write(value);
          };
        },
      ],
      "GetCallerIdentity",
      1,
      revoke,
    ],
    [
      "it deletes a previous whose grace period is over",
      [() => scene.rotated(), () => Object.assign(scene.clock, { time: scene.clock.time + 2 * MINUTE })],
      "GetCallerIdentity",
      1,
      () => scene.up({ gracePeriod: "1m" }),
    ],
    [
      "it deletes the key that makes room for a revocation",
      [() => scene.rotated(), () => Object.assign(iam, { slots: 2 })],
      "CreateAccessKey",
      1,
      revoke,
    ],
  ];
  for (const [title, before, action, nth, run] of moments) {
    it(`sees it before ${title}`, async () => {
      for (const step of before) await step();
      const [ids, { recorded }] = [iam.ids(), scene];
      overtakenAt(action, nth);
      await assert.rejects(run(), /began while this run was at work/);
      assert.deepEqual([iam.ids(), iam.journal, scene.recorded], [ids, rival, recorded]);
    });
  }

  it("sees that another user took the name, and leaves that one no key", async () => {
    iam.meanwhile("CreateAccessKey", () => {
      iam.userId = "AIDAANOTHERUSER00001";
    });
    await assert.rejects(scene.up(), /another user \(UserId AIDAANOTHERUSER00001\) took the name while/);
    assert.deepEqual(iam.ids(), []);
  });

  describe("whose journal it is about to write over, since it takes it for dead", () => {
    const lost = async () => {
      await scene.up();
      return scene.died();
    };
    it("and which has ended well by then: its key stays", async () => {
      const { accessKeyId } = await lost();
      const died = parseJournal(iam.journal) ?? assert.fail();
      const ends = () => Object.assign(iam, { journal: formatJournal({ ...died, phase: "done" }) });
      iam.meanwhile("GetUser", ends, 3); // after two looks
      await assert.rejects(scene.up(), /tag on the user was written while/);
      assert.deepEqual([iam.ids().includes(accessKeyId), iam.changes(), scene.phase()], [true, [], "done"]);
    });
    it("and which may have ended while AWS wrote, which took long: its key is asked about", async () => {
      const { accessKeyId } = await lost();
      iam.meanwhile("TagUser open", () => scene.clock.sleep(3_000));
      await assert.rejects(scene.up(), new RegExp(`made ${accessKeyId} may have ended`));
      await assert.rejects(scene.up(), new RegExp(`there is ${accessKeyId}`));
    });
  });

  it("whose journal it wrote over is seen by its key: neither is forgotten", async () => {
    await scene.up();
    const before = scene.recorded;
    // The other one ends between our first look and our writing: nothing of it is left but its key.
    const write = iam.writeJournal.bind(iam);
    let appeared = "";
    iam.writeJournal = async (value) => {
      if (appeared === "") appeared = iam.addKey().accessKeyId;
      await write(value);
    };
    await assert.rejects(scene.rotate(), ({ message }: Error) => {
      return message.includes(`somebody made ${appeared} (`) && message.includes("while this run was at work");
    });
    assert.deepEqual([iam.ids(), scene.recorded], [[before?.current?.accessKeyId, appeared], before]);
    await assert.rejects(scene.rotate(), new RegExp(`in the moment in which it made a key, and there is ${appeared}`));
  });

  it("keeps a key that it can't delete again, and deletes it in the next update", async () => {
    await scene.up();
    const [current] = iam.ids();
    iam.fault = (call) => {
      if (call === "CreateAccessKey") iam.journal = rival;
      return call.startsWith("DeleteAccessKey") ? denied("DeleteAccessKey") : undefined;
    };
    const { keys, did } = await scene.halfDone(scene.rotate());
    const [, left] = iam.ids();
    assert.deepEqual([keys.current?.accessKeyId, keys.toDelete, did], [current, [left], []]);
    iam.calm();
    iam.journal = undefined;
    await scene.up();
    assert.deepEqual(iam.ids(), [current]);
  });

  it("does not take a stale tag, which it wrote over, for another run", async () => {
    await scene.up();
    const { journal } = iam;
    iam.tagFirst(3, () => journal);
    const { previous } = await scene.rotate();
    assert.equal(previous?.accessKeyId, iam.ids()[0]);
  });

  it("does not end the key for which the only working one made room", async () => {
    await scene.rotated();
    iam.slots = 2;
    iam.keys.pop();
    iam.addKey();
    scene.clock.time += MINUTE;
    overtakenAt("CreateAccessKey", 2);
    const { keys } = await scene.halfDone(scene.up({ revoke: "leak" }));
    assert.ok(iam.ids().includes(keys.current?.accessKeyId ?? ""), "the outage is no longer than it was");
  });

  it("finds its own lost key claimed, and hands it to nobody: the next run of its own stack was faster", async () => {
    await scene.up();
    const [current] = iam.ids();
    const next = new Scene();
    Object.assign(next, { iam, clock: scene.clock, recorded: scene.recorded, operations: 100 });
    iam.propagation = MINUTE / 2;
    const tryKey = iam.tryKey.bind(iam);
    let trials = 0;
    let second: Promise<unknown> | undefined;
    iam.tryKey = async (key) => {
      // An orphan waits for its key; meanwhile its stack runs again.
      if (++trials === 5) {
        second = next.rotate();
        await second;
      }
      return tryKey(key);
    };
    await assert.rejects(scene.rotate(), /began while this run was at work/);
    await second;
    assert.deepEqual(iam.ids(), [current, next.recorded?.current?.accessKeyId]);
    assert.equal(parseJournal(iam.journal)?.operationId, next.recorded?.operationId);
  });

  describe("a take-over, which the other's destroy may not have read yet", () => {
    let ids: string[];
    beforeEach(async () => {
      await scene.rotated();
      ids = iam.ids();
      iam.journal = formatJournal({ ...dead, owner: "you", operationId: "rival-1", phase: "done" });
      scene.clock.time += 20 * MINUTE;
    });
    const meanwhile = (happens: () => void) => {
      const sleep = scene.clock.sleep.bind(scene.clock);
      scene.clock.sleep = async (milliseconds) => {
        if (milliseconds === PATIENCE.staleRead) happens();
        await sleep(milliseconds);
      };
    };
    const takeOver = () => scene.up({ takesOver: true });

    it("is handed out when no read can be from before it, and says that it waits", async () => {
      const start = scene.clock.time;
      await takeOver();
      assert.deepEqual([scene.clock.time - start, parseJournal(iam.journal)?.owner], [PATIENCE.staleRead, "me"]);
      assert.match(scene.said.join(), /^waits for \d+ s/);
    });
    it("gives way where that one deletes a key meanwhile", async () => {
      meanwhile(() => {
        iam.keys = iam.keys.slice(1);
      });
      await assert.rejects(takeOver(), new RegExp(`somebody deleted ${ids[0]} while`));
    });
    it("gives way where that one writes its tag meanwhile", async () => {
      meanwhile(() => {
        iam.journal = rival;
      });
      await assert.rejects(takeOver(), /operation rival-1 of owner you began while/);
      assert.equal(iam.journal, rival);
    });
  });
});
