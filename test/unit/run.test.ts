import assert from "node:assert/strict";
import { deleteKey } from "../../provider/act/createKey";
import type { KeyTrial } from "../../provider/act/dependencies";
import { IamError, type RotationError } from "../../provider/model/errors";
import { formatJournal, parseJournal } from "../../provider/model/journal";
import { managedKeys } from "../../provider/model/managedKeys";
import type { MemoryIam } from "../harness/aws/memoryIam";
import { dead, denied, HalfDone, Scene } from "../harness/scene";

const [SECOND, MINUTE] = [1_000, 60_000];
const UNKNOWN_KEY: KeyTrial = { accepted: false, code: "InvalidClientTokenId", wrongSecret: false };

/** How an operation ends that can't go on: what is ours by then, what the tag says, and which keys are left. */
describe("a run that fails", () => {
  let scene: Scene;
  let iam: MemoryIam;
  const rival = formatJournal({ ...dead, owner: "you", operationId: "rival-1" });
  beforeEach(() => {
    scene = new Scene();
    iam = scene.iam;
    iam.slots = 5;
  });
  const tag = () => parseJournal(iam.journal);
  const recorded = () => scene.recorded ?? managedKeys({});
  const failure = (run: Promise<unknown>): Promise<Error> =>
    run.then(
      () => assert.fail("it goes well"),
      (reason: Error) => reason,
    );
  /** Every call of this kind fails, while somebody else takes the tag. */
  const refuseOvertaken = (action: string) => {
    iam.fault = (call) => {
      if (!call.startsWith(action)) return undefined;
      iam.journal = rival;
      return denied("DeleteAccessKey");
    };
  };
  /** A third key of ours, which an earlier run could not delete. */
  const retired = () => {
    const { accessKeyId } = iam.addKey();
    scene.recorded = managedKeys({ ...recorded(), toDelete: [...recorded().toDelete, accessKeyId] });
    scene.clock.time += MINUTE;
    return accessKeyId;
  };

  it("is told by its cause as well, for whoever looks deeper", async () => {
    await scene.rotated();
    iam.denies("CreateAccessKey");
    const { cause } = (await scene.halfDone(scene.rotate())).failure;
    assert.ok(cause instanceof Error && cause.name === "RotationError");
    assert.ok(cause.cause instanceof IamError && cause.cause.code === "AccessDenied");
  });

  it("says so in the tag where it could not look whether another run made a key meanwhile", async () => {
    await scene.up();
    let lists = 0;
    iam.fault = (call) => (call === "ListAccessKeys" && ++lists >= 2 ? denied("ListAccessKeys") : undefined);
    await scene.halfDone(scene.rotate());
    const { phase, doubt } = tag() ?? assert.fail();
    assert.deepEqual([phase, doubt], ["done", true]);
    iam.calm();
    const { accessKeyId } = iam.addKey();
    await assert.rejects(scene.rotate(), new RegExp(`there is ${accessKeyId}`));
  });

  it("is told by its cause where every slot is taken, and where AWS gave no clear answer", async () => {
    const codes: unknown[] = [];
    const codeOf = async () => {
      const { cause } = await failure(scene.up());
      codes.push(cause instanceof IamError && cause.code);
    };
    iam.slots = 0;
    await codeOf();
    iam.slots = 1;
    iam.addKey();
    scene.clock.time += MINUTE;
    await codeOf();
    iam.slots = 5;
    iam.fault = (call) => (call === "CreateAccessKey" ? "before" : undefined);
    await codeOf();
    assert.equal(iam.count("CreateAccessKey"), 3, "it is tried three times and no more");
    iam.fault = (call) => (call === "CreateAccessKey" ? "lostReply" : undefined);
    await codeOf();
    assert.deepEqual(codes, ["LimitExceeded", "LimitExceeded", "ECONNRESET", "ECONNRESET"]);
  });

  it("says what of it was done: nothing adopted where nothing was to be, and no key made that was adopted", async () => {
    iam.denies("TagUser done");
    const { did, keys } = await scene.halfDone(scene.up());
    assert.deepEqual(did, [{ did: "made", accessKeyId: keys.current?.accessKeyId, as: "current" }]);
    iam.calm();
    await scene.up();
    const { accessKeyId, secretAccessKey } = iam.addKey();
    iam.denies("TagUser done");
    const half = await scene.halfDone(scene.up({ adopt: { current: { accessKeyId, secretAccessKey } } }));
    assert.deepEqual(half.did, [{ did: "adopted", accessKeyId, as: "current" }]);
  });

  describe("after a change", () => {
    it("is closed in the tag under the id that the state has: a lost state does not make its key lost", async () => {
      await scene.rotated();
      iam.denies(`DeleteAccessKey ${iam.ids()[1]}`);
      await scene.halfDone(scene.up({ revoke: "leak" }));
      assert.deepEqual([tag()?.phase, tag()?.operationId], ["done", recorded().operationId]);
      assert.ok(!recorded().journalOpen);
    });

    it("keeps each key that is still to be deleted, and only those", async () => {
      await scene.rotated();
      const [first, second] = [retired(), retired()];
      iam.denies(`DeleteAccessKey ${second}`);
      await scene.halfDone(scene.up());
      assert.deepEqual([recorded().toDelete, iam.ids().includes(first)], [[second], false]);
      iam.denies(`DeleteAccessKey ${second}`);
      const third = retired();
      await failure(scene.up());
      assert.deepEqual(recorded().toDelete, [second, third]);
    });

    it("that can't be closed either is noted as open", async () => {
      await scene.rotated();
      iam.denies("CreateAccessKey", "TagUser done");
      await scene.halfDone(scene.rotate());
      assert.deepEqual([recorded().journalOpen, tag()?.phase], [true, "open"]);
      assert.equal(tag()?.operationId, recorded().operationId);
    });
  });

  describe("before any change", () => {
    it("leaves the tag as it was found, and the state", async () => {
      await scene.up();
      const { journal } = iam;
      const before = scene.recorded;
      iam.denies("CreateAccessKey");
      const error = await failure(scene.rotate());
      assert.ok(!(error instanceof HalfDone));
      assert.deepEqual([iam.journal, scene.recorded], [journal, before]);
      assert.equal(scene.left, 0, "its engine is there, so the process goes on");
    });

    it("leaves a tag that says that nothing is left, where there was none", async () => {
      iam.denies("CreateAccessKey");
      await failure(scene.up());
      assert.deepEqual([tag()?.phase, tag()?.made], ["void", undefined]);
      iam.calm();
      iam.addKey();
      scene.clock.time += MINUTE;
      await scene.up();
      assert.equal(iam.ids().length, 2, "a key made since is a stranger's");
    });

    it("and can't say so: the state is as it was, since there is nothing to save", async () => {
      await scene.up();
      iam.denies("CreateAccessKey", "TagUser done");
      assert.ok(!((await failure(scene.rotate())) instanceof HalfDone));
      iam.calm();
      await scene.rotate();
      assert.deepEqual([scene.phase(), iam.ids().length], ["done", 2]);
    });

    it("once a lost key has gone: the tag names it no more as one that may be there", async () => {
      await scene.up();
      const { accessKeyId } = scene.died();
      const { journal } = iam;
      iam.denies("CreateAccessKey");
      await failure(scene.rotate());
      assert.deepEqual([iam.ids().includes(accessKeyId), iam.journal], [false, journal]);
      iam.calm();
      await scene.rotate();
    });

    it("while a lost key is there: the tag still names it, and the next run deletes it", async () => {
      await scene.up();
      const { accessKeyId } = scene.died();
      iam.denies("DeleteAccessKey");
      await failure(scene.up());
      assert.deepEqual(
        [tag()?.phase, tag()?.made, tag()?.operationId === dead.operationId],
        ["open", accessKeyId, false],
      );
      iam.calm();
      scene.clock.time += 20 * MINUTE;
      await scene.up();
      assert.ok(!iam.ids().includes(accessKeyId));
    });

    it("and finds a key that appeared: the tag stays open, so that somebody asks about that one", async () => {
      await scene.up();
      iam.fault = (call) => {
        if (call !== "CreateAccessKey") return undefined;
        iam.addKey();
        return denied("CreateAccessKey");
      };
      await failure(scene.rotate());
      assert.equal(scene.phase(), "open");
    });
  });

  describe("and is overtaken by another one", () => {
    it("deletes the key that it made, though it failed for another reason: it was handed to nobody", async () => {
      await scene.up();
      const [current] = iam.ids();
      refuseOvertaken(`DeleteAccessKey ${current}`);
      assert.match((await failure(scene.up({ revoke: "leak" }))).message, /began while this run was at work/);
      assert.deepEqual([iam.ids(), iam.journal], [[current], rival]);
    });

    // Holds: "It keeps the new key if older keys were deleted for it"
    it("keeps the key for which older ones were deleted: it may be all that works", async () => {
      const [current] = await scene.rotated();
      const third = retired();
      // `third` makes room, previous goes once the new key works, and current can't be deleted.
      refuseOvertaken(`DeleteAccessKey ${current}`);
      const half = await scene.halfDone(scene.up({ revoke: "leak" }));
      assert.match(half.failure.message, /began while this run was at work/);
      const made = half.keys.current?.accessKeyId ?? "";
      assert.ok(![current, third].includes(made));
      assert.deepEqual([iam.ids(), half.keys.toDelete], [[current, made], [current]]);
    });

    it("keeps it as well where its engine is gone by then", async () => {
      const [current] = await scene.rotated();
      retired();
      scene.engine.isGone = async () => iam.count("DeleteAccessKey") === 2;
      const { keys } = await scene.halfDone(scene.up({ revoke: "leak" }));
      assert.deepEqual([iam.ids(), scene.left], [[current, keys.current?.accessKeyId], 1]);
    });

    it("deletes the key that it made where what made room for it did not work: nothing is lost by that", async () => {
      await scene.up();
      iam.keys = iam.keys.map((key) => ({ ...key, status: "Inactive" }));
      iam.addKey();
      scene.clock.time += MINUTE;
      const strangers = iam.ids().slice(1);
      iam.slots = 2;
      const overtake = () => {
        iam.journal = rival;
      };
      iam.meanwhile("CreateAccessKey", overtake, 2);
      await failure(scene.up({ revoke: "leak" }));
      assert.deepEqual(iam.ids(), strangers);
    });

    it("is told so at once: it does not wait for a tag that is late, when the tag is another's", async () => {
      await scene.up();
      iam.meanwhile("CreateAccessKey", () => {
        iam.journal = rival;
      });
      const before = scene.clock.time;
      await failure(scene.rotate());
      assert.equal(scene.clock.time, before);
    });
  });

  describe("by a doubtful answer to CreateAccessKey", () => {
    it("lists the keys before it makes another, also where a slot was freed a moment ago", async () => {
      await scene.rotated();
      iam.slots = 2;
      iam.strike("CreateAccessKey", "before");
      await scene.rotate();
      const calls = iam.calls.slice(iam.calls.indexOf("CreateAccessKey") + 1);
      assert.ok(calls.indexOf("ListAccessKeys") < calls.indexOf("CreateAccessKey"), calls.join());
    });

    it("waits for a list that is late: a key that appears after some seconds is named, and no second one made", async () => {
      await scene.up();
      const list = iam.listAccessKeys.bind(iam);
      iam.strike("CreateAccessKey", "lostReply");
      iam.listAccessKeys = async () => {
        const age = ({ createdAt }: { createdAt: string }) => scene.clock.time - Date.parse(createdAt);
        return (await list()).filter((key, index) => index === 0 || age(key) >= 5 * SECOND);
      };
      assert.match((await failure(scene.rotate())).message, /now there is AKIAMEMORY0000000002 /);
      assert.equal(iam.ids().length, 2);
    });
  });

  it("by any other answer to CreateAccessKey is told at once, also where a slot was freed a moment ago", async () => {
    await scene.rotated();
    iam.denies("CreateAccessKey");
    const before = scene.clock.time;
    await failure(scene.rotate());
    assert.deepEqual([iam.count("CreateAccessKey"), scene.clock.time], [1, before]);
  });

  describe("too late to make a key", () => {
    const begunAgo = (milliseconds: number) =>
      iam.meanwhile("TagUser open", () => {
        scene.clock.time += milliseconds;
      });
    it("only beyond half of what an operation may last", async () => {
      begunAgo(5 * MINUTE);
      assert.ok((await scene.up()).current);
    });
    it("by as little as a second", async () => {
      begunAgo(5 * MINUTE + SECOND);
      assert.match((await failure(scene.up())).message, /more than 5 minutes/);
    });
  });

  it("to delete a key that is not there has what it wanted, unless the user of that name is gone, or another", async () => {
    const gone = () => deleteKey("AKIAGONE000000000001", "AIDAMEMORYUSER000001", iam);
    await gone();
    // The key may live on under another name.
    iam.userId = "AIDAANOTHERUSER00001";
    await assert.rejects(gone(), /NoSuchEntity|no such key/);
    iam.exists = false;
    await assert.rejects(gone(), /NoSuchEntity|no such/);
  });

  describe("at the end of a destroy", () => {
    it("which deletes the key that signs: it is done only when that one is gone", async () => {
      const [current] = await scene.rotated();
      iam.signerId = current;
      iam.denies(`DeleteAccessKey ${current}`);
      assert.match((await failure(scene.destroy())).message, new RegExp(`^Can't delete the access key ${current}`));
    });

    it("says nothing of keys: a failure is told by what AWS refused", async () => {
      await scene.up();
      iam.denies("DeleteAccessKey");
      const error = await failure(scene.destroy());
      assert.ok(error.cause instanceof IamError);
      assert.doesNotMatch(error.message, /Where it stands/);
    });
  });
});

describe("a run that goes well", () => {
  let scene: Scene;
  let iam: MemoryIam;
  beforeEach(() => {
    scene = new Scene();
    iam = scene.iam;
  });

  it("tries the new key often at first, then each second, for a minute", async () => {
    const start = scene.clock.time;
    const times: number[] = [];
    iam.tryKey = async () => {
      times.push(scene.clock.time - start);
      return UNKNOWN_KEY;
    };
    await scene.up();
    assert.deepEqual(times.slice(0, 6), [0, 250, 750, 1_750, 2_750, 3_750]);
    assert.deepEqual([times.at(-1), scene.clock.time - start], [60_000, 60_000]);
  });

  it("names the new key in the tag while AWS does not know it yet", async () => {
    iam.propagation = 5 * SECOND;
    await scene.up();
    assert.deepEqual(
      iam.calls.filter((call) => call.startsWith("TagUser")),
      ["TagUser open", "TagUser open", "TagUser done"],
    );
  });

  it("carries on the id of the resource's creation; a resource made anew has another", async () => {
    const instance = () => scene.instance();
    const ids = new Set<string | undefined>();
    await scene.up();
    const first = instance();
    ids.add(scene.recorded?.operationId);
    for (let rotations = 0; rotations < 2; rotations++) {
      scene.clock.time += MINUTE;
      await scene.rotate();
      assert.equal(instance(), first);
      ids.add(scene.recorded?.operationId);
    }
    assert.equal(ids.size, 3, "each operation has its own");
    await scene.destroy();
    scene.recorded = undefined;
    await scene.up();
    assert.notEqual(instance(), first);
  });
});

describe("making a key where all slots may be taken", () => {
  it("waits while a slot that it freed still counts", async () => {
    const scene = new Scene();
    await scene.rotated();
    const full = new IamError("limitExceeded", "iam:CreateAccessKey", "LimitExceeded", "quota exceeded");
    // The first is refused since there are two, the second since AWS still counts the deleted one.
    scene.iam.strike("CreateAccessKey", full, 2);
    const { current } = await scene.up({ revoke: "revocationTrigger changed" });
    assert.deepEqual(scene.iam.ids(), [current?.accessKeyId]);
    assert.equal(scene.iam.count("CreateAccessKey"), 3);
  });

  it("after a lost reply takes a full user for its own doing: in doubt, and not blocked by somebody's key", async () => {
    const scene = new Scene();
    scene.iam.slots = 3;
    scene.iam.addKey();
    await scene.up();
    scene.iam.strike("CreateAccessKey", "lostReply");
    scene.iam.listsFirst(Number.POSITIVE_INFINITY, (keys) => keys.slice(0, 2));
    await assert.rejects(scene.rotate(), (error: RotationError) => {
      assert.equal(error.parts.because, undefined);
      return (error.cause as IamError).kind === "doubtful";
    });
    assert.match(scene.iam.journal ?? "", /^v1 open rotate /);
  });
});
