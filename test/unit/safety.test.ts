import assert from "node:assert/strict";
import { deleteKey } from "../../provider/act/createKey";
import { observe } from "../../provider/act/observe";
import { readDrift } from "../../provider/act/readDrift";
import { rotate } from "../../provider/act/rotate";
import { intentOf } from "../../provider/decide/intent";
import { PartialFailure } from "../../provider/dynamic/partialFailure";
import { halfDone, pickInputs } from "../../provider/lifecycle/record";
import { IamError } from "../../provider/model/errors";
import type { Inputs } from "../../provider/model/inputs";
import { formatJournal, type Journal, parseJournal } from "../../provider/model/journal";
import { managedIds, managedKeys } from "../../provider/model/managedKeys";
import { UNKNOWN } from "../../provider/model/unknowns";
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
  const changes = () => iam.calls.filter((call) => /^(Delete|Create|Tag)/.test(call));

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

  it("a stale journal costs no live key", async () => {
    await scene.up();
    const live = scene.died({ phase: "done", operationId: "op1-saved" });
    const getUser = iam.getUser.bind(iam);
    let looks = 0;
    iam.getUser = async () => {
      const user = await getUser();
      const journal = parseJournal(user.journal);
      return looks++ > 0 || !journal ? user : { ...user, journal: formatJournal({ ...journal, phase: "open" }) };
    };
    await assert.rejects(scene.rotate(), /was made and handed out .*It may be in use/);
    assert.deepEqual(changes(), []);
    assert.ok(iam.ids().includes(live.accessKeyId));
  });

  // Holds: "The secret of a key that still exists in AWS is never removed from the state"
  it("a stale list takes no key out of the state, in a rotation and in a refresh", async () => {
    const [current, previous] = await scene.rotated();
    const list = iam.listAccessKeys.bind(iam);
    let looks = 0;
    // Each look shows one key more: as long as two do not agree, it is looked again.
    iam.listAccessKeys = async () => (await list()).slice(0, looks++);
    assert.deepEqual(managedIds(await scene.up()), [current, previous]);
    assert.deepEqual(changes(), []);
    looks = 0;
    iam.listAccessKeys = async () => (looks++ > 0 ? list() : []);
    const { keys, drift } = await readDrift(userArn, scene.recorded ?? managedKeys({}), scene.dependencies);
    assert.deepEqual([managedIds(keys), drift], [[current, previous], {}]);
  });

  it("a list that is late costs no key that the journal names as lost", async () => {
    await scene.up();
    const lost = scene.died();
    const list = iam.listAccessKeys.bind(iam);
    let looks = 0;
    iam.listAccessKeys = async () => (await list()).slice(0, looks++ > 0 ? undefined : 1);
    const { current, previous } = await scene.rotate();
    assert.deepEqual(iam.ids(), [previous?.accessKeyId, current?.accessKeyId]);
    assert.ok(!iam.ids().includes(lost.accessKeyId));
  });

  it("a tag that is late makes no stranger of a key that died a moment ago", async () => {
    await scene.up();
    const before = iam.journal;
    const lost = scene.died();
    scene.clock.time = Date.parse(lost.createdAt) + 2_000;
    const getUser = iam.getUser.bind(iam);
    let looks = 0;
    iam.getUser = async () => ({ ...(await getUser()), ...(looks++ === 0 && before && { journal: before }) });
    await scene.rotate();
    assert.ok(!iam.ids().includes(lost.accessKeyId));
  });

  it("a run without a plan changes nothing: it reads, and that is all", async () => {
    await scene.rotated();
    await scene.up();
    assert.deepEqual(iam.calls, ["GetUser", "ListAccessKeys"]);
  });

  // Holds: "Read first, then decide, then change"
  it("every refusal comes before the first change", async () => {
    await scene.rotated();
    const { journal } = iam;
    const refusals: [Partial<Journal>, RegExp][] = [
      [{ owner: "you" }, /another stack, or a resource in another place/],
      [{ phase: "done", operationId: "op1-saved" }, /was made and handed out/],
      [{ phase: "done" }, /another resource of the same project, stack and name/],
    ];
    iam.slots = 9;
    for (const [left, message] of refusals) {
      const key = scene.died(left);
      await assert.rejects(scene.rotate(), message);
      assert.deepEqual(changes(), []);
      iam.keys = iam.keys.filter((at) => at !== key);
    }
    scene.died({ owner: "you" });
    scene.clock.time -= 19 * MINUTE; // it began a minute ago
    await assert.rejects(scene.rotate(), /is at work on this user/);
    assert.deepEqual(changes(), []);
    scene.died({ made: "" });
    await assert.rejects(scene.rotate(), /interrupted in the moment in which it made a key/);
    assert.deepEqual(changes(), []);
    iam.journal = journal;
    const adopt = { current: { accessKeyId: iam.ids().at(-1) ?? "", secretAccessKey: "WRONG" } };
    const failure = await scene.up({ rotate: "and a rotation", adopt }).catch((error: Error) => error);
    assert.ok(failure instanceof Error);
    assert.match(failure.message, /the secret given for it in `state` is not its own/);
    assert.ok(!failure.message.includes("WRONG"), "no secret is repeated");
    assert.deepEqual(changes(), []);
  });

  it("a key that appeared while an operation died, and that its journal does not name, is deleted by nobody", async () => {
    iam.slots = 5;
    await scene.up();
    const lost = scene.died();
    const unclear = iam.addKey();
    await assert.rejects(scene.rotate(), new RegExp(`there is ${unclear.accessKeyId} .*or somebody else's`));
    assert.deepEqual(changes(), []);
    // Each way out does what it says: here, somebody deletes it.
    iam.keys = iam.keys.filter((key) => key !== unclear);
    const { current, previous } = await scene.rotate();
    assert.deepEqual(iam.ids(), [previous?.accessKeyId, current?.accessKeyId]);
    assert.ok(!iam.ids().includes(lost.accessKeyId));
  });

  it("the same, adopted as the message says: it is phased out", async () => {
    await scene.up();
    const { accessKeyId } = scene.died({ made: "" });
    await assert.rejects(scene.rotate(), /adopt one with `state: \{ previous: \{ accessKeyId \} \}`/);
    const first = scene.recorded?.current?.accessKeyId;
    await scene.up({ adopt: { previous: { accessKeyId } } });
    assert.equal(scene.recorded?.previous?.accessKeyId, accessKeyId);
    const { previous } = await scene.rotate();
    assert.equal(previous?.accessKeyId, first);
    assert.ok(!iam.ids().includes(accessKeyId));
  });

  it("the same, with the tag removed as the message says: it is a stranger's, for good", async () => {
    iam.slots = 3;
    await scene.up();
    const { accessKeyId } = scene.died({ made: "" });
    await assert.rejects(scene.rotate(), /remove the tag pulumi-aws-iam-rotator from the user/);
    iam.journal = undefined;
    await scene.rotate();
    await scene.rotate();
    assert.ok(iam.ids().includes(accessKeyId));
  });

  it("the same, beside a lost key: the way that gives up the journal names that one as well", async () => {
    iam.slots = 5;
    await scene.up();
    const lost = scene.died();
    iam.addKey();
    const way = new RegExp(`delete ${lost.accessKeyId}, which was made by that operation.*and remove the tag`);
    await assert.rejects(scene.rotate(), way);
  });

  it("a resource takes over a user whose keys it knows already, once `state` names them", async () => {
    const { current } = await scene.up();
    assert.ok(current?.secretAccessKey);
    iam.journal = formatJournal({ ...dead, phase: "done", owner: "you", strangers: [] });
    await assert.rejects(scene.rotate(), /name every key of the user in `state`/);
    await scene.up({ takesOver: true });
    assert.equal(parseJournal(iam.journal)?.owner, "me");
    await scene.rotate();
  });

  it("another owner is left its keys, unless every one of them is adopted", async () => {
    const [one, two] = [iam.addKey(), iam.addKey()];
    iam.journal = formatJournal({ ...dead, phase: "done", owner: "you" });
    const previous = { accessKeyId: one.accessKeyId };
    await assert.rejects(scene.up({ adopt: { previous } }), /Rotate a user in one place only/);
    const { accessKeyId, secretAccessKey } = two;
    const { current } = await scene.up({ adopt: { previous, current: { accessKeyId, secretAccessKey } } });
    assert.equal(current?.accessKeyId, accessKeyId);
  });

  describe("after a doubtful answer to CreateAccessKey", () => {
    // Holds: "The same happens if a key appeared while an operation died"
    it("a key that appears is named, and left: it may be a person's", async () => {
      await scene.up();
      let creations = 0;
      // The call never reached AWS; at the same moment somebody makes a key at the console.
      iam.fault = (call) => {
        if (call !== "CreateAccessKey" || ++creations > 1) return undefined;
        iam.addKey();
        return "before";
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
      const list = iam.listAccessKeys.bind(iam);
      iam.listAccessKeys = async () => (await list()).filter(({ accessKeyId }) => !accessKeyId.endsWith("2"));
      scene.strike("CreateAccessKey", 1, "lostReply");
      const { current } = await scene.rotate();
      assert.equal(current?.accessKeyId, iam.ids()[2]);
      iam.listAccessKeys = list;
      await assert.rejects(scene.rotate(), /in the moment in which it made a key, and there is AKIAMEMORY0000000002/);
      assert.equal(iam.ids().length, 3);
    });

    it("it is tried three times and no more, and the doubt is what is told", async () => {
      iam.fault = (call) => (call === "CreateAccessKey" ? "before" : undefined);
      await assert.rejects(scene.up(), /CreateAccessKey failed with ECONNRESET.* gave no clear answer/);
      assert.equal(iam.count("CreateAccessKey"), 3);
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

  it("an operation that could not be closed is saved as done, and closed by the next run", async () => {
    const [first] = await scene.rotated();
    scene.strike("TagUser done", 1, denied("TagUser"));
    const { did } = await scene.halfDone(scene.rotate());
    assert.ok(did.some(({ did }) => did === "made"));
    assert.equal(scene.phase(), "open");
    assert.equal(parseJournal(iam.journal)?.operationId, scene.recorded?.operationId);
    iam.slots = 3;
    const stranger = iam.addKey();
    const { current } = await scene.up();
    assert.deepEqual(changes(), ["TagUser done"]);
    assert.equal(current?.accessKeyId, iam.ids()[1]);
    assert.ok(!scene.recorded?.journalOpen);
    assert.deepEqual(iam.ids(), [first, current?.accessKeyId, stranger.accessKeyId]);
  });

  it("one that failed with nothing made leaves a journal that makes nobody's key ours", async () => {
    iam.slots = 3;
    await scene.up();
    scene.strike("CreateAccessKey", 1, denied("CreateAccessKey"));
    const failure = await scene.rotate().catch((error) => error);
    assert.match(String(failure), /^RotationError: .*Allow iam:CreateAccessKey/);
    const stranger = iam.addKey();
    const { current, previous } = await scene.rotate();
    assert.deepEqual(iam.ids(), [previous?.accessKeyId, stranger.accessKeyId, current?.accessKeyId]);
  });

  it("one that failed half-way has handed out what it made: a lost state does not make it lost", async () => {
    await scene.rotated();
    iam.slots = 3;
    iam.addKey();
    scene.strike("DeleteAccessKey", 2, denied("DeleteAccessKey"));
    scene.recorded = managedKeys({ ...scene.recorded, toDelete: [iam.ids()[2] ?? ""] });
    await scene.halfDone(scene.rotate());
    assert.equal(scene.phase(), "done");
    const saved = scene.recorded;
    scene.recorded = undefined;
    await assert.rejects(scene.up(), /were made and handed out/);
    // And with that state, a stranger's key is a stranger's.
    scene.recorded = saved;
    iam.slots = 5;
    iam.addKey();
    await scene.up();
  });

  it("a provider whose engine is gone makes no further change, leaves its journal open, and ends itself", async () => {
    const ids = await scene.rotated();
    scene.engine.isGone = async () => iam.calls.includes("TagUser open");
    await assert.rejects(scene.rotate(), /the Pulumi engine that asked for it is gone/);
    assert.deepEqual(changes(), ["TagUser open"]);
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
      assert.deepEqual(changes(), []);
      if (arn.includes("999")) await assert.rejects(observe(userArn, scene.dependencies), /belong to account 9{12}/);
    }
  });

  it("an adoption is told in the journal: another stack is refused, though both know the same key", async () => {
    const { accessKeyId, secretAccessKey } = iam.addKey();
    const adopt = { current: { accessKeyId, secretAccessKey } };
    const ours = await scene.up({ adopt });
    assert.deepEqual(changes(), ["TagUser open", "TagUser done"]);
    const theirs = { userArn, owner: "you", recorded: { ...ours, operationId: "theirs-saved" } };
    const request = { ...theirs, intentAt: () => ({ rotate: "so" }) };
    await assert.rejects(rotate(request, scene.dependencies), /Rotate a user in one place only/);
  });

  it("an adopted key that AWS does not accept is refused", async () => {
    iam.propagation = 60 * MINUTE;
    const { accessKeyId, secretAccessKey } = iam.addKey();
    await assert.rejects(scene.up({ adopt: { current: { accessKeyId, secretAccessKey } } }), /does not accept it/);
    assert.deepEqual(changes(), []);
  });

  it("a key is adopted once, and not again when it was rotated away", () => {
    const state = { previous: { accessKeyId: "AKIAADOPTED" } };
    const inputs = { userArn, state };
    const intent = (olds: Inputs, news: Inputs) => intentOf({ olds, news }, managedKeys({}), scene.clock.now());
    assert.ok(!("adopt" in intent(inputs, inputs)));
    const later = { userArn, state: { previous: { accessKeyId: UNKNOWN } } };
    assert.ok(!("adopt" in intent({ userArn }, later)), "nor before it is known");
    // What a half-done run did not come to is seen by the next diff.
    assert.ok(
      "adopt" in
        intent(
          pickInputs(halfDone({ userArn }, inputs, managedKeys({}), [{ did: "made", accessKeyId: "A" }], {})),
          inputs,
        ),
    );
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
      scene.strike("TagUser done", 1, denied("TagUser"));
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
      scene.strike("TagUser done", 1, denied("TagUser"));
      await scene.halfDone(scene.up());
      assert.ok(scene.recorded?.journalOpen);
      iam.fault = () => undefined;
      const { keys } = await readDrift(userArn, scene.recorded ?? managedKeys({}), scene.dependencies);
      assert.ok(!keys.journalOpen);
      await isHandedOut();
    });

    for (const how of ["refresh", "update"]) {
      it(`is not taken for closed by a ${how} that reads a tag of before`, async () => {
        iam.fault = () => undefined;
        const getUser = iam.getUser.bind(iam);
        let looks = 0;
        iam.getUser = async () => {
          const { journal: _, ...user } = await getUser();
          return looks++ > 0 ? getUser() : user;
        };
        if (how === "update") await scene.up();
        else await readDrift(userArn, scene.recorded ?? managedKeys({}), scene.dependencies);
        assert.equal(scene.phase(), "done");
        await isHandedOut();
      });
    }
  });

  it("a key that somebody else deleted meanwhile is deleted", () => deleteKey("AKIAGONE", iam.userId, iam));

  it("a user that was renamed meanwhile has its key still: no such entity says nothing of it", async () => {
    const [, previous] = await scene.rotated();
    iam.fault = (call) => {
      if (call.startsWith("DeleteAccessKey")) iam.exists = false;
      return undefined;
    };
    await assert.rejects(scene.rotate(), /NoSuchEntity/);
    assert.ok(managedIds(scene.recorded ?? managedKeys({})).includes(previous));
  });

  it("a key that signs is never one that leaves, nor one that is lost: somebody has its secret", async () => {
    await scene.up();
    const lost = scene.died({ operationId: `${scene.recorded?.operationId?.split("-")[0]}-died` });
    iam.signerId = lost.accessKeyId;
    await assert.rejects(scene.rotate(), /an access key of this user that would be deleted/);
    await scene.destroy();
    assert.deepEqual(iam.ids(), [lost.accessKeyId]);
  });

  it("a slot that was freed a moment ago is waited for", async () => {
    const [current] = await scene.rotated();
    scene.strike("CreateAccessKey", 1, new IamError("limitExceeded", "iam:CreateAccessKey", "LimitExceeded", "full"));
    assert.equal((await scene.rotate()).previous?.accessKeyId, current);
  });

  // Holds: "No key is made in an operation that is older than five minutes"
  it("a key is not made when the operation began long ago: another run might take it for a lost one", async () => {
    const [current] = await scene.rotated();
    // The answer to DeleteAccessKey, between `open` and the creation, takes this long.
    const slow = (minutes: number) => {
      iam.fault = (call) => {
        if (call.startsWith("DeleteAccessKey")) scene.clock.time += minutes * MINUTE;
        return undefined;
      };
    };
    slow(6);
    const { failure, keys } = await scene.halfDone(scene.rotate());
    assert.match(failure.message, /took more than 5 minutes.*Run again.*AKIA\w+ is gone/);
    assert.deepEqual(changes().slice(0, 1), ["TagUser open"]);
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
    scene.strike("TagUser done", 1, denied("TagUser"));
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
      assert.deepEqual(changes(), [`DeleteAccessKey ${previous}`, `DeleteAccessKey ${current}`, "TagUser void"]);
      const stranger = iam.addKey();
      scene.recorded = undefined;
      await scene.up();
      assert.equal(iam.ids()[0], stranger.accessKeyId);
    });

    it("deletes a recorded key that a late list leaves out", async () => {
      await scene.rotated();
      const list = iam.listAccessKeys.bind(iam);
      iam.listAccessKeys = async () => (await list()).slice(0, 1);
      await scene.destroy();
      assert.deepEqual(iam.ids(), []);
    });

    it("leaves keys that another owner has taken over", async () => {
      await scene.rotated();
      iam.journal = formatJournal({ ...dead, phase: "done", owner: "you" });
      await scene.destroy();
      assert.deepEqual(changes(), []);
      assert.match(scene.said.join(), /keys are left on the user/);
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

    it("is refused where another one's adoption died: nobody else may keep these keys", async () => {
      const ids = await scene.rotated();
      const adoptions = [
        { owner: "you", kind: "adopt" as const },
        { owner: "me", kind: "create" as const, operationId: "second-died" },
      ];
      for (const adoption of adoptions) {
        iam.journal = formatJournal({ ...dead, at: "2026-10-01T00:00:00Z", ...adoption });
        await assert.rejects(scene.destroy(), /began to take over .* its run did not end.*remove the tag/);
        assert.deepEqual(iam.ids().sort(), [...ids].sort());
      }
      // As the message says.
      iam.journal = undefined;
      await scene.destroy();
      assert.deepEqual(iam.ids(), []);
    });

    it("leaves keys that a newer resource holds, whatever that one has under way", async () => {
      const ids = await scene.rotated();
      iam.journal = formatJournal({ ...dead, kind: "rotate", operationId: "second-died" });
      await scene.destroy();
      assert.deepEqual(iam.ids().sort(), [...ids].sort());
    });

    it("leaves keys that a newer resource of the same name has taken over", async () => {
      await scene.rotated();
      iam.journal = formatJournal({ ...dead, phase: "done", operationId: "second-saved" });
      await scene.destroy();
      assert.deepEqual(changes(), []);
      assert.match(
        scene.said.join(),
        /AKIAMEMORY0000000001 and AKIAMEMORY0000000002: another resource \(owner me, operation second-saved\) has taken/,
      );
    });

    it("leaves nothing for a newer resource that calls all of them strangers', whatever it has under way", async () => {
      const strangers = await scene.rotated();
      iam.journal = formatJournal({ ...dead, kind: "create", operationId: "second-died", strangers });
      await scene.destroy();
      assert.deepEqual(iam.ids(), []);
    });

    for (const parts of [
      { phase: "void", kind: "rotate" },
      { phase: "done", kind: "delete", made: "AKIAGONE000000000001" },
    ] as Partial<Journal>[]) {
      it(`leaves nothing for another owner whose last word is ${parts.phase} ${parts.kind}: that one keeps no key`, async () => {
        await scene.rotated();
        iam.journal = formatJournal({ ...dead, owner: "you", operationId: "second-saved", ...parts });
        await scene.destroy();
        assert.deepEqual(iam.ids(), []);
      });
    }

    it("names each of the keys that another resource began to take over", async () => {
      const [current, previous] = await scene.rotated();
      iam.journal = formatJournal({ ...dead, kind: "create", operationId: "second-died" });
      await assert.rejects(scene.destroy(), new RegExp(`began to take over ${previous} and ${current}, and its run`));
    });

    it("is refused while another owner is at work", async () => {
      await scene.up();
      scene.died({ owner: "you" });
      scene.clock.time -= 19 * MINUTE; // it began a minute ago
      await assert.rejects(scene.destroy(), /is at work on this user/);
      assert.deepEqual(changes(), []);
    });

    it("deletes a lost key too, and leaves one that was handed out, named in the journal", async () => {
      await scene.up();
      const instance = scene.recorded?.operationId?.split("-")[0];
      scene.died({ operationId: `${instance}-died` });
      await scene.destroy();
      assert.deepEqual(iam.ids(), []);

      scene = new Scene();
      iam = scene.iam;
      await scene.up();
      const live = scene.died({ operationId: `${scene.recorded?.operationId?.split("-")[0]}-died`, phase: "done" });
      await scene.destroy();
      assert.deepEqual(iam.ids(), [live.accessKeyId]);
      assert.equal(scene.phase(), "done");
      assert.match(scene.said.join(), /was made and handed out/);
    });

    it("signed by the user's own key deletes that one last, and is not done before", async () => {
      const [current, previous] = await scene.rotated();
      iam.signerId = current;
      scene.strike("TagUser done", 1, denied("TagUser"));
      await assert.rejects(scene.destroy(), /write the journal/);
      assert.deepEqual(iam.ids(), [current]);
      iam.fault = () => undefined;
      await scene.destroy();
      // What is left to go is named, so that it is known should this be all that happens.
      const { kind, made, strangers } = parseJournal(iam.journal) ?? assert.fail();
      assert.deepEqual([kind, made, strangers], ["delete", current, []]);
      const deletions = [`DeleteAccessKey ${previous}`, "TagUser done", `DeleteAccessKey ${current}`];
      assert.deepEqual(changes(), deletions);
    });

    it("that stops before its last key, whose state is lost: that key is asked about, and once it is gone, nothing", async () => {
      await scene.up();
      const [current] = iam.ids();
      iam.signerId = current;
      scene.strike("TagUser done", 1, "lostReply");
      await assert.rejects(scene.destroy());
      [iam.signerId, iam.fault, scene.recorded] = [undefined, () => undefined, undefined];
      await assert.rejects(
        scene.up(),
        new RegExp(`${current} .* was made and handed out by .* this state does not know it:`),
      );
      iam.keys = [];
      const stranger = iam.addKey();
      await scene.up();
      assert.ok(iam.ids().includes(stranger.accessKeyId));
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
      scene.strike("TagUser void", 1, denied("TagUser"));
      await scene.destroy();
      assert.deepEqual(iam.ids(), []);
    });
  });
});
