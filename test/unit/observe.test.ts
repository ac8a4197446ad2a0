import assert from "node:assert/strict";
import { observe, observeUser, whereKeysAre } from "../../provider/act/observe";
import { IamError } from "../../provider/model/errors";
import { formatJournal } from "../../provider/model/journal";
import { isRecordedUser, type ManagedKeys, managedKeys } from "../../provider/model/managedKeys";
import { dead, Scene } from "../harness/scene";
import { userArn } from "../harness/stage";

const SECOND = 1_000;

describe("a look at the user", () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  const look = (patience?: number) => observe(userArn, scene.dependencies, patience);
  const elapsed = () => scene.clock.time - Date.parse("2026-11-01T00:00:00Z");

  it("tells the user, its keys without their secrets, and the journal", async () => {
    const { iam } = scene;
    const { secretAccessKey: _, ...key } = iam.addKey("Inactive");
    iam.journal = formatJournal(dead);
    assert.deepEqual(await look(), { userId: iam.userId, arn: userArn, keys: [key], journal: dead });
    iam.journal = "somebody wrote here";
    assert.deepEqual(await look(), { userId: iam.userId, arn: userArn, keys: [key] });
  });

  it("is one without patience, and tells that no such user is there", async () => {
    scene.iam.exists = false;
    assert.deepEqual([await look(), elapsed(), scene.iam.count("GetUser")], [undefined, 0, 1]);
  });

  it("waits for a user that AWS does not know yet, or by another path, as long as it was asked to", async () => {
    const { iam, clock } = scene;
    const sleep = clock.sleep.bind(clock);
    clock.sleep = async (milliseconds) => {
      await sleep(milliseconds);
      iam.exists = elapsed() >= 3 * SECOND;
      iam.arn = elapsed() >= 7 * SECOND ? userArn : "arn:aws:iam::123456789012:user/old/deployer";
    };
    iam.exists = false;
    assert.equal((await look(20 * SECOND))?.arn, userArn);
    assert.ok(elapsed() >= 7 * SECOND && elapsed() <= 10 * SECOND, `${elapsed()}`);
    clock.sleep = sleep;
    iam.arn = "arn:aws:iam::123456789012:user/old/deployer";
    assert.equal((await look(2 * SECOND))?.arn, iam.arn, "and then tells what is there");
  });

  it("passes on what AWS refuses: that says nothing of the user", async () => {
    scene.iam.fault = () => new IamError("throttled", "iam:GetUser", "Throttling", "rate exceeded");
    await assert.rejects(look(), { kind: "throttled" });
  });

  it("of an ARN whose form nobody knows tells it, rather than guess an account", async () => {
    scene.iam.arn = "arn:new:iam:user:deployer";
    assert.equal((await look())?.arn, scene.iam.arn);
    await assert.rejects(observeUser(userArn, undefined, scene.dependencies), /the user of that name is arn:new:iam/);
  });
});

describe("the user that is recorded", () => {
  const recorded = managedKeys({ userId: "AIDAONE", current: { accessKeyId: "A", createdAt: "" }, toDelete: ["R"] });
  const table: [string, ManagedKeys, string, string[], boolean][] = [
    ["has that UserId, whatever its keys", recorded, "AIDAONE", ["S"], true],
    ["has a key of ours, since a key never moves to another user", recorded, "AIDATWO", ["S", "A"], true],
    ["has one that is still to be deleted", recorded, "AIDATWO", ["R"], true],
    ["is not one with strangers' keys alone", recorded, "AIDATWO", ["S"], false],
    ["is nobody where none is recorded", managedKeys({}), "AIDAONE", ["S"], false],
  ];
  for (const [title, keys, userId, ids, expected] of table) {
    it(title, () => {
      const found = ids.map((accessKeyId) => ({ accessKeyId, status: "Active" as const, createdAt: "" }));
      assert.equal(isRecordedUser(keys, { userId, keys: found }), expected);
    });
  }

  it("is kept without what is absent: the engine takes no `undefined`", () => {
    assert.deepEqual(managedKeys({ userId: undefined, previousSince: "2026-11-01T00:00:00Z" }), {
      userId: "",
      toDelete: [],
    });
  });
});

describe("where keys are alive", () => {
  const key = (accessKeyId: string) => ({ accessKeyId, secretAccessKey: "s", createdAt: "" });
  const arn = "arn:aws:iam::123456789012:user/renamed";
  /** Which keys were asked, and what that told, where AWS knows these. */
  async function asked(recorded: ManagedKeys | undefined, known: string[], userId = "AIDAONE") {
    const scene = new Scene();
    const tried: string[] = [];
    scene.iam.tryKey = async ({ accessKeyId }) => {
      tried.push(accessKeyId);
      if (!known.includes(accessKeyId)) return { accepted: false, code: "InvalidClientTokenId", wrongSecret: false };
      return { accepted: true, arn, userId };
    };
    return [await whereKeysAre("asked", recorded, scene.dependencies), tried];
  }
  const both = managedKeys({ userId: "AIDAONE", current: key("A"), previous: key("B") });

  it("is told by current, or by previous where that is gone, or by nobody", async () => {
    assert.deepEqual(await asked(both, ["A", "B"]), [arn, ["A"]]);
    assert.deepEqual(await asked(both, ["B"]), [arn, ["A", "B"]]);
    assert.deepEqual(await asked(both, []), [undefined, ["A", "B"]]);
  });
  it("is not with another user, to whom an adopted key belonged", async () => {
    assert.deepEqual(await asked(both, ["A"], "AIDATWO"), [undefined, ["A", "B"]]);
  });
  it("can't be told by a key without its secret, nor without a state", async () => {
    const previous = { accessKeyId: "B", createdAt: "" };
    assert.deepEqual(await asked(managedKeys({ userId: "AIDAONE", previous }), ["B"]), [undefined, []]);
    assert.deepEqual(await asked(undefined, ["B"]), [undefined, []]);
  });
});
