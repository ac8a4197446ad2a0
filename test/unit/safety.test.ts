import assert from "node:assert/strict";
import { observe } from "../../provider/act/observe";
import { readDrift } from "../../provider/act/readDrift";
import { intentOf } from "../../provider/decide/intent";
import { PartialFailure } from "../../provider/dynamic/partialFailure";
import { halfDone, pickInputs } from "../../provider/lifecycle/record";
import { IamError } from "../../provider/model/errors";
import { formatJournal, type Journal, parseJournal } from "../../provider/model/journal";
import { managedIds, managedKeys } from "../../provider/model/managedKeys";
import { ProviderAsStored } from "../harness/aws/asStored";
import type { MemoryIam } from "../harness/aws/memoryIam";
import { dead, denied, Scene } from "../harness/scene";
import { userArn } from "../harness/stage";

// Rules of docs/safety.md that no other file of tests is about.

const MINUTE = 60_000;

describe("safety", () => {
  let scene: Scene;
  let iam: MemoryIam;
  beforeEach(() => {
    scene = new Scene();
    iam = scene.iam;
  });

  // Holds: "The journal says open before the first change, and done after the last"
  it("a lost key goes before the journal of the operation that lost it, and only after a second look", async () => {
    await scene.up();
    const lost = scene.died();
    const { current } = await scene.rotate();
    const looks = ["GetUser", "ListAccessKeys"];
    assert.deepEqual(iam.calls, [
      ...looks,
      ...looks,
      // Once more right before its journal is covered: it may have ended well.
      "GetUser",
      "TagUser open",
      "GetUser",
      `DeleteAccessKey ${lost.accessKeyId}`,
      "CreateAccessKey",
      `GetCallerIdentity ${current?.accessKeyId}`,
      "ListAccessKeys",
      "GetUser",
      "TagUser done",
    ]);
  });

  // Holds: "The secret of a key that still exists in AWS is never removed from the state"
  it("a stale list takes no key out of the state, in a rotation and in a refresh", async () => {
    const [current, previous] = await scene.rotated();
    // Each look shows one key more: as long as two do not agree, it is looked again.
    iam.listsFirst(2, (keys, look) => keys.slice(0, look));
    assert.deepEqual(managedIds(await scene.up()), [current, previous]);
    assert.deepEqual(iam.changes(), []);
    iam.listsFirst(1, () => []);
    const { keys, drift } = await readDrift(userArn, scene.recorded ?? managedKeys({}), scene.dependencies);
    assert.deepEqual([managedIds(keys), drift], [[current, previous], {}]);
  });

  // Holds: "Read first, then decide, then change"
  it("every refusal comes before the first change", async () => {
    await scene.rotated();
    const { journal } = iam;
    const refusals: [Partial<Journal>, RegExp][] = [
      [{ owner: "you" }, /another stack, or a resource in another place/],
      [{ phase: "done", operationId: "op1-saved" }, /was made and handed out/],
      [{ phase: "done" }, /another resource of the same project, stack and name/],
      [{ owner: "you", at: new Date(scene.clock.time + 19 * MINUTE).toISOString() }, /is at work on this user/],
      [{ made: "" }, /interrupted in the moment in which it made a key/],
    ];
    iam.slots = 9;
    for (const [left, message] of refusals) {
      const { accessKeyId } = scene.died(left);
      await assert.rejects(scene.rotate(), message);
      assert.deepEqual(iam.changes(), []);
      iam.remove(accessKeyId);
      scene.clock.time -= 20 * MINUTE;
    }
    iam.journal = journal;
    const adopt = { current: { accessKeyId: iam.addKey().accessKeyId, secretAccessKey: "WRONG" } };
    const failure = await scene.up({ rotate: "and a rotation", adopt }).catch((error: Error) => error);
    assert.ok(failure instanceof Error);
    assert.match(failure.message, /the secret given for it in `state` is not its own/);
    assert.ok(!failure.message.includes("WRONG"), "no secret is repeated");
    assert.deepEqual(iam.changes(), []);
  });

  it("a key that appeared while an operation died, and that its journal does not name, is deleted by nobody", async () => {
    iam.slots = 5;
    await scene.up();
    const lost = scene.died().accessKeyId;
    const unclear = iam.addKey().accessKeyId;
    const message = await scene.rotate().catch(String);
    assert.match(String(message), new RegExp(`there is ${unclear} .*or somebody else's`));
    assert.deepEqual(iam.changes(), []);
    // Each way out that the message gives does what it says: the key is adopted, and phased out,
    assert.match(String(message), /adopt one with `state: \{ previous: \{ accessKeyId \} \}`/);
    const first = scene.recorded?.current?.accessKeyId;
    await scene.up({ adopt: { previous: { accessKeyId: unclear } } });
    const { current, previous } = await scene.rotate();
    assert.equal(previous?.accessKeyId, first);
    assert.deepEqual(iam.ids(), [first, current?.accessKeyId], "and the lost one is gone");
    // or the tag is removed, and the key is a stranger's for good.
    assert.match(String(message), new RegExp(`delete ${lost}, which was made by that operation.*and remove the tag`));
    const { accessKeyId } = scene.died({ made: "" });
    await assert.rejects(scene.rotate(), new RegExp(`there is ${accessKeyId}`));
    iam.journal = undefined;
    await scene.rotate();
    assert.ok(iam.ids().includes(accessKeyId));
  });

  describe("after a doubtful answer to CreateAccessKey", () => {
    // Holds: "The same happens if a key appeared while an operation died"
    it("a key that appears is named, and left: it may be a person's", async () => {
      await scene.up();
      // The call never reached AWS; at the same moment somebody makes a key at the console.
      iam.strike("CreateAccessKey", "before");
      const { fault } = iam;
      iam.fault = (call) => {
        if (call === "CreateAccessKey" && iam.keys.length === 1) iam.addKey();
        return fault(call);
      };
      const failure = await scene.rotate().catch((error: Error) => error);
      const [, appeared] = iam.ids();
      assert.ok(failure instanceof Error && appeared);
      assert.match(failure.message, new RegExp(`now there is ${appeared}.*or somebody else's`));
      assert.deepEqual([iam.count("DeleteAccessKey"), scene.phase()], [0, "open"]);
      await assert.rejects(scene.rotate(), new RegExp(`there is ${appeared}.*interrupted|interrupted.*${appeared}`));
      assert.ok(iam.ids().includes(appeared));
    });

    it("the doubt stands while the list can't be had", async () => {
      await scene.up();
      let lists = 0;
      iam.fault = (call) => {
        if (call === "ListAccessKeys" && ++lists > 1) return denied("ListAccessKeys");
        return call === "CreateAccessKey" ? "lostReply" : undefined;
      };
      await assert.rejects(scene.rotate(), /gave no clear answer/);
      assert.deepEqual([iam.count("CreateAccessKey"), scene.phase()], [1, "open"]);
    });

    it("a key that is listed late is asked about by the next run", async () => {
      iam.slots = 5;
      await scene.up();
      const { listAccessKeys: list } = iam;
      iam.listsFirst(99, (keys) => keys.filter(({ accessKeyId }) => !accessKeyId.endsWith("2")));
      iam.strike("CreateAccessKey", "lostReply");
      const { current } = await scene.rotate();
      assert.equal(current?.accessKeyId, iam.ids()[2]);
      iam.listAccessKeys = list;
      await assert.rejects(scene.rotate(), /in the moment in which it made a key, and there is AKIAMEMORY0000000002/);
      assert.equal(iam.ids().length, 3);
    });
  });

  it("a new key is kept, whatever trying it fails with", async () => {
    iam.tryKey = async () => {
      throw new IamError("unreachable", "sts:GetCallerIdentity", "ENOTFOUND", "no network");
    };
    const { current } = await scene.up();
    assert.deepEqual(iam.ids(), [current?.accessKeyId]);
    assert.match(scene.said.join(), /is made and saved, but AWS did not accept it within 60 s \(ENOTFOUND\)/);
  });

  it("a provider whose engine is gone makes no further change, leaves its journal open, and ends itself", async () => {
    const ids = await scene.rotated();
    scene.engine.isGone = async () => iam.calls.includes("TagUser open");
    await assert.rejects(scene.rotate(), /the Pulumi engine that asked for it is gone/);
    assert.deepEqual(iam.changes(), ["TagUser open"]);
    assert.deepEqual(iam.ids().sort(), [...ids].sort());
    assert.deepEqual([scene.phase(), scene.left], ["open", 1]);
  });

  // Holds: "If its engine is gone, a run deletes the key that nobody has received"
  it("the same, with a key made for nobody: it is deleted again, and the next run goes on", async () => {
    await scene.up();
    const [current] = iam.ids();
    scene.engine.isGone = async () => iam.calls.includes("CreateAccessKey");
    await assert.rejects(scene.rotate(), /the Pulumi engine that asked for it is gone/);
    assert.deepEqual([iam.ids(), scene.phase(), scene.left], [[current], "open", 1]);
    scene.engine.isGone = async () => false;
    const { previous } = await scene.rotate();
    assert.equal(previous?.accessKeyId, current);
  });

  it("a user of that name in another account, or on another path, is refused", async () => {
    for (const arn of ["arn:aws:iam::999999999999:user/ci/deployer", "arn:aws:iam::123456789012:user/other/deployer"]) {
      iam.getUser = async () => ({ userId: "AIDAOTHER", arn });
      await assert.rejects(scene.up(), /belong to account 9{12}|the user of that name is/);
      assert.deepEqual(iam.changes(), []);
      if (arn.includes("999")) await assert.rejects(observe(userArn, scene.dependencies), /belong to account 9{12}/);
    }
  });

  it("an adoption to which a failed run did not come is asked for again", () => {
    const inputs = { userArn, state: { previous: { accessKeyId: "AKIAADOPTED" } } };
    const saved = halfDone({ userArn }, inputs, managedKeys({}), [{ did: "made", accessKeyId: "A" }], {});
    assert.ok(intentOf({ olds: pickInputs(saved), news: inputs }, managedKeys({}), scene.clock.now()).adopt);
  });

  it("a resource that was renamed or moved stays the owner that it was, whatever it does first", async () => {
    const provider = new ProviderAsStored({ ...scene.dependencies, connect: () => iam, env: {} });
    let { outs } = await provider.create({ userArn, rotationTrigger: 1, journalOwner: "old" });
    const news = { userArn, rotationTrigger: 1, journalOwner: "new" };
    assert.equal((await provider.diff("id", outs, news)).changes, false);
    ({ outs } = await provider.update("id", outs, { ...news, region: "eu-west-1" }));
    assert.equal(outs.journalOwner, "old");
    ({ outs } = await provider.update("id", outs, { ...news, rotationTrigger: 2 }));
    assert.equal(parseJournal(iam.journal)?.owner, "old");
    await provider.delete("id", outs);
    assert.deepEqual(iam.ids(), []);
  });

  // Holds: "If a journal could not be closed, the state says so"
  describe("a journal that could not be closed", () => {
    let stranger: string;
    beforeEach(async () => {
      iam.slots = 3;
      stranger = iam.addKey().accessKeyId;
      scene.clock.time += MINUTE;
      iam.strike("TagUser done", denied("TagUser"));
      await scene.halfDone(scene.up({ adopt: { previous: { accessKeyId: stranger } } }));
      assert.ok(scene.recorded?.journalOpen);
    });
    /** What a lost state, or a forced replacement, would do. */
    const isHandedOut = () => {
      scene.recorded = undefined;
      return assert.rejects(scene.up(), /(was|were) made and handed out/);
    };

    it("is noted until it is closed, through a run that fails again", async () => {
      iam.keys = iam.keys.filter((key) => key.accessKeyId !== stranger);
      iam.strike("TagUser done", denied("TagUser"));
      await scene.halfDone(scene.up());
      assert.ok(scene.recorded?.journalOpen);
      iam.calm();
      const { keys } = await readDrift(userArn, scene.recorded ?? managedKeys({}), scene.dependencies);
      assert.ok(!keys.journalOpen);
      await isHandedOut();
    });

    for (const how of ["refresh", "update"]) {
      it(`is not taken for closed by a ${how} that reads a tag of before`, async () => {
        iam.calm();
        iam.tagFirst(1, () => undefined);
        if (how === "update") await scene.up();
        else await readDrift(userArn, scene.recorded ?? managedKeys({}), scene.dependencies);
        assert.equal(scene.phase(), "done");
        await isHandedOut();
      });
    }
  });

  it("a key that signs is never one that leaves, nor one that is lost: somebody has its secret", async () => {
    await scene.up();
    const lost = scene.died({ operationId: `${scene.instance()}-died` });
    iam.signerId = lost.accessKeyId;
    await assert.rejects(scene.rotate(), /an access key of this user that would be deleted/);
    await scene.destroy();
    assert.deepEqual(iam.ids(), [lost.accessKeyId]);
  });

  it("a slot that was freed a moment ago is waited for", async () => {
    const [current] = await scene.rotated();
    iam.strike("CreateAccessKey", new IamError("limitExceeded", "iam:CreateAccessKey", "LimitExceeded", "full"));
    assert.equal((await scene.rotate()).previous?.accessKeyId, current);
  });

  // Holds: "No key is made in an operation that is older than five minutes"
  it("a key is not made when the operation began long ago: another run might take it for a lost one", async () => {
    const [current] = await scene.rotated();
    // The answer to DeleteAccessKey, between `open` and the creation, takes this long.
    const slow = (minutes: number) =>
      iam.meanwhile("DeleteAccessKey", () => {
        scene.clock.time += minutes * MINUTE;
      });
    slow(6);
    const { failure, keys } = await scene.halfDone(scene.rotate());
    assert.match(failure.message, /took more than 5 minutes.*Run again.*AKIA\w+ is gone/);
    assert.deepEqual(iam.changes().slice(0, 1), ["TagUser open"]);
    assert.deepEqual([iam.count("CreateAccessKey"), scene.phase(), iam.ids()], [0, "done", [current]]);
    assert.equal(keys.current?.accessKeyId, current);
    slow(4);
    const next = await scene.rotate();
    assert.deepEqual([next.previous?.accessKeyId, scene.phase()], [current, "done"]);
    assert.notEqual(next.current?.accessKeyId, current);
  });

  it("nor by a later attempt, after answers that told nothing", async () => {
    await scene.up();
    let attempts = 0;
    iam.fault = (call) => {
      if (call !== "CreateAccessKey") return undefined;
      attempts += 1;
      scene.clock.time += 4 * MINUTE;
      return "before";
    };
    await assert.rejects(scene.rotate(), /took more than 5 minutes/);
    assert.equal(attempts, 2);
  });

  it("a creation that fails half-way is saved, with its key", async () => {
    const { dependencies } = scene;
    const provider = new ProviderAsStored({ ...dependencies, connect: () => iam, env: {} });
    iam.strike("TagUser done", denied("TagUser"));
    const failure: unknown = await provider.create({ userArn }).catch((error) => error);
    assert.ok(failure instanceof PartialFailure);
    assert.equal(failure.properties.currentAccessKeyId, iam.ids()[0]);
  });

  it("a refresh after a failed run keeps its note of the triggers that were answered", async () => {
    const provider = new ProviderAsStored({ ...scene.dependencies, connect: () => iam, env: {} });
    const { outs } = await provider.create({ userArn, rotationTrigger: 1 });
    const answered = { rotationTrigger: 2 };
    const { props } = await provider.read("id", { ...outs, answered });
    assert.deepEqual(props?.answered, answered);
  });

  it("a stored login gives way only when AWS does not accept it, and what destroy fails with is printed once", async () => {
    const { dependencies } = scene;
    const login = { accessKeyId: "AKIASAFETY0000000001", secretAccessKey: "s" };
    let sessions = 0;
    const connect = () => {
      sessions += 1;
      return iam;
    };
    const provider = new ProviderAsStored({ ...dependencies, env: {}, connect });
    const outs = (await provider.create({ userArn, login })).outs as Record<string, unknown>;
    iam.fault = () => denied("GetUser");
    sessions = 0;
    const failure = await provider.delete("id", outs).catch((error: Error) => error);
    assert.ok(failure instanceof Error);
    assert.equal(sessions, 1);
    assert.match(failure.message, /Allow iam:GetUser/);
    assert.equal(String(failure), `Can't delete the access keys of ${userArn}`);
  });

  describe("destroy", () => {
    // Holds: "A destroy deletes current last"
    it("deletes current last, and says in the journal that no key is ours any more", async () => {
      const [current, previous] = await scene.rotated();
      await scene.destroy();
      assert.deepEqual(iam.changes(), [`DeleteAccessKey ${previous}`, `DeleteAccessKey ${current}`, "TagUser void"]);
      const stranger = iam.addKey();
      scene.recorded = undefined;
      await scene.up();
      assert.equal(iam.ids()[0], stranger.accessKeyId);
    });

    it("deletes a recorded key that a late list leaves out", async () => {
      await scene.rotated();
      iam.listsFirst(99, (keys) => keys.slice(0, 1));
      await scene.destroy();
      assert.deepEqual(iam.ids(), []);
    });

    // Holds: "A destroy leaves the keys that another resource has taken over"
    it("deletes a key of ours that another owner calls a stranger's: it has taken over the others alone", async () => {
      const [current, previous] = await scene.rotated();
      iam.journal = formatJournal({ ...dead, phase: "done", owner: "you", strangers: [current] });
      const { journal } = iam;
      await scene.destroy();
      assert.deepEqual([iam.ids(), iam.journal], [[previous], journal]);
      assert.match(scene.said.join(), new RegExp(`left on the user: ${previous}: another resource \\(owner you`));
    });

    it("is refused while another owner is at work", async () => {
      await scene.up();
      scene.died({ owner: "you" });
      scene.clock.time -= 19 * MINUTE; // it began a minute ago
      await assert.rejects(scene.destroy(), /is at work on this user/);
      assert.deepEqual(iam.changes(), []);
    });

    it("deletes a lost key too, and leaves one that was handed out, named in the journal", async () => {
      await scene.up();
      const instance = scene.instance();
      scene.died({ operationId: `${instance}-died` });
      await scene.destroy();
      assert.deepEqual(iam.ids(), []);

      scene = new Scene();
      iam = scene.iam;
      await scene.up();
      const live = scene.died({ operationId: `${scene.instance()}-died`, phase: "done" });
      await scene.destroy();
      assert.deepEqual(iam.ids(), [live.accessKeyId]);
      assert.equal(scene.phase(), "done");
      assert.match(scene.said.join(), /was made and handed out/);
    });

    it("signed by the user's own key deletes that one last, and is not done before", async () => {
      const [current, previous] = await scene.rotated();
      iam.signerId = current;
      iam.strike("TagUser done", denied("TagUser"));
      await assert.rejects(scene.destroy(), /write the journal/);
      assert.deepEqual(iam.ids(), [current]);
      iam.calm();
      await scene.destroy();
      // What is left to go is named, so that it is known should this be all that happens.
      const { kind, made, strangers } = parseJournal(iam.journal) ?? assert.fail();
      assert.deepEqual([kind, made, strangers], ["delete", current, []]);
      const deletions = [`DeleteAccessKey ${previous}`, "TagUser done", `DeleteAccessKey ${current}`];
      assert.deepEqual(iam.changes(), deletions);
    });

    it("of a user made again: says what an interrupted run of ours may have left there, and touches nothing", async () => {
      for (const [parts, isSaid] of [
        [{}, true],
        [{ phase: "done" }, false],
        [{ owner: "you" }, false],
      ] as [Partial<Journal>, boolean][]) {
        scene = new Scene();
        iam = scene.iam;
        await scene.up();
        Object.assign(iam, { userId: "AIDAANOTHERUSER00001", keys: [] });
        const stranger = iam.addKey().accessKeyId;
        const { accessKeyId } = scene.died({ strangers: [stranger], made: "", ...parts });
        await scene.destroy();
        assert.equal(scene.said.join().includes(`made a key of that user, and there is ${accessKeyId} (`), isSaid);
        assert.ok(!scene.said.join().includes(`${stranger} (`));
        assert.deepEqual(iam.ids(), [stranger, accessKeyId]);
      }
    });

    it("of a user made again, on which nothing is: says no more than that", async () => {
      await scene.up();
      Object.assign(iam, { userId: "AIDAANOTHERUSER00001", keys: [], journal: formatJournal({ ...dead, made: "" }) });
      await scene.destroy();
      // Beside what it waits for.
      assert.equal(scene.said.filter((line) => !line.startsWith("looks again")).length, 1, scene.said.join("; "));
    });

    it("is done once the keys are gone, even if the journal can't be written", async () => {
      await scene.rotated();
      iam.strike("TagUser void", denied("TagUser"));
      await scene.destroy();
      assert.deepEqual(iam.ids(), []);
    });
  });
});
