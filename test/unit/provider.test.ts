import assert from "node:assert/strict";
import { inspect } from "node:util";
import { IamError } from "../../provider/model/errors";
import type { Because, Pending } from "../../provider/model/pending";
import { UNKNOWN } from "../../provider/model/unknowns";
import type { MemoryIam } from "../harness/aws/memoryIam";
import { preview } from "../harness/scene";
import { type Props, Stage, userArn } from "../harness/stage";

const denied = (action: string) => new IamError("denied", action, "AccessDenied", "not authorized");

/** The words in which an update has left something as blocked. */
function whyBlocked({ pending }: Props, by: Because): string {
  const [wait, ...more] = pending as Pending[];
  assert.deepEqual([wait?.because, wait?.blocked, more], [by, true, []]);
  return wait?.message ?? "";
}

describe("the provider", () => {
  let stage: Stage;
  let iam: MemoryIam;
  beforeEach(() => {
    stage = new Stage();
    iam = stage.iam;
  });

  /** AWS denies such a call. */
  const deny = (call: string) => {
    iam.fault = (made) => (made === call ? denied(call) : undefined);
  };
  const allowAll = () => {
    iam.fault = () => undefined;
  };
  const create = (rotationTrigger: unknown = 1) => stage.create({ userArn, rotationTrigger });
  const rotate = (olds: Props, rotationTrigger: unknown) => stage.up(olds, { userArn, rotationTrigger });

  describe("create", () => {
    it("records the key, its ids and dates, and what was given", async () => {
      const outs = await stage.create({ userArn, rotationTrigger: "a", __provider: "text" });
      const [key] = iam.keys;
      assert.deepEqual(outs, {
        userArn,
        rotationTrigger: "a",
        userId: iam.userId,
        operationId: "op1-op2",
        current: { accessKeyId: key?.accessKeyId, secretAccessKey: key?.secretAccessKey, createdAt: key?.createdAt },
        currentAccessKeyId: key?.accessKeyId,
        previous: null,
        previousAccessKeyId: null,
        currentCreatedAt: key?.createdAt,
        pending: [],
        unmanagedAccessKeyIds: [],
      });
    });

    it("waits for a user made a moment ago, and no longer than that", async () => {
      iam.exists = false;
      const sleep = stage.clock.sleep.bind(stage.clock);
      stage.clock.sleep = async (ms) => {
        await sleep(ms);
        iam.exists = stage.clock.time > Date.parse("2026-11-01T00:00:05Z");
      };
      assert.ok((await stage.create()).current);
      iam.exists = false;
      stage.clock.sleep = sleep;
      await assert.rejects(stage.create(), /there is no such user in that account.*`userArn`/);
    });

    it("refuses credentials of another account, whose «no such user» a destroy does not take for done", async () => {
      const outs = await stage.create();
      iam.exists = false;
      iam.callerAccount = async () => "999999999999";
      await assert.rejects(stage.create(), /account 999999999999, the user to 123456789012/);
      await assert.rejects(stage.provider.delete("id", outs), ({ message }: Error) => /account 9{12}/.test(message));
      assert.equal(iam.count("CreateAccessKey"), 1);
    });
  });

  describe("update", () => {
    it("rotates on a trigger that is added, changed or removed: current becomes previous, previous is deleted by its id", async () => {
      let before = await stage.create();
      for (const inputs of [{ rotationTrigger: false }, { rotationTrigger: { month: "2026-12" } }, {}]) {
        iam.calls = [];
        const after = await stage.up(before, { userArn, ...inputs });
        assert.deepEqual({ ...after, ...inputs, previous: before.current }, after);
        assert.equal("rotationTrigger" in after, "rotationTrigger" in inputs);
        assert.deepEqual(iam.ids(), [before.currentAccessKeyId, after.currentAccessKeyId]);
        const gone = before.previousAccessKeyId;
        const deleted = iam.calls.filter((call) => call.startsWith("Delete"));
        assert.deepEqual(deleted, gone ? [`DeleteAccessKey ${gone}`] : []);
        before = after;
      }
    });

    it("asks AWS nothing when nothing changed, nor for a new session token", async () => {
      const login = { accessKeyId: "ASIAAAAAAAAAAAAAAAAA", secretAccessKey: "one", sessionToken: "one" };
      const outs = await stage.create({ userArn, rotationTrigger: { a: [1] }, login });
      iam.calls = [];
      stage.said = [];
      await stage.up(outs, { userArn, rotationTrigger: { a: [1] }, login });
      const session = { accessKeyId: "ASIABBBBBBBBBBBBBBBB", secretAccessKey: "two", sessionToken: "two" };
      await stage.up(outs, { userArn, rotationTrigger: { a: [1] }, login: session });
      assert.deepEqual(iam.calls, []);
      assert.deepEqual(stage.said, []);
    });

    it("records a static login, or AWS provider, that became a session: else its secret would stay, and sign", async () => {
      const pair = { accessKeyId: "AKIAAAAAAAAAAAAAAAAA", secretAccessKey: "static" };
      const session = { ...pair, sessionToken: "one" };
      const outs = await stage.create({ userArn, login: pair });
      assert.deepEqual((await stage.up(outs, { userArn, login: session })).login, session);
      const awsProvider = { accessKey: "AKIAAAAAAAAAAAAAAAAA", secretKey: "static" };
      const other = new Stage();
      const by = await other.create({ userArn, awsProvider });
      const temporary = { ...awsProvider, token: "one" };
      assert.deepEqual((await other.up(by, { userArn, awsProvider: temporary })).awsProvider, temporary);
    });

    it("records other settings of the AWS provider without a rotation, and shows no new session of the same", async () => {
      const awsProvider = { region: "eu-west-1", accessKey: "ASIAAAAAAAAAAAAAAAAA", secretKey: "one", token: "one" };
      const outs = await stage.create({ userArn, awsProvider });
      assert.deepEqual(outs.awsProvider, awsProvider);
      iam.calls = [];
      const session = { ...awsProvider, accessKey: "ASIABBBBBBBBBBBBBBBB", secretKey: "two", token: "two" };
      assert.equal(await stage.up(outs, { userArn, awsProvider: session }), outs);
      const role = { region: "eu-west-1", assumeRoles: '[{"roleArn":"arn:aws:iam::123456789012:role/x"}]' };
      const later = await stage.up(outs, { userArn, awsProvider: role });
      assert.deepEqual(later, { ...outs, awsProvider: role });
      const none = await stage.up(later, { userArn });
      assert.ok(!("awsProvider" in none));
      assert.equal(iam.count("CreateAccessKey"), 0);
    });

    // Holds: "Nothing is decided unless both reads succeed"
    it("is blocked when the first call is denied: it keeps what it has, and says why and how to go on", async () => {
      const outs = await stage.create({ userArn, rotationTrigger: 1 });
      iam.fault = (call) => (call === "ListAccessKeys" ? denied("iam:ListAccessKeys") : undefined);
      const blocked = await stage.up(outs, { userArn, rotationTrigger: 2 });
      assert.match(whyBlocked(blocked, "denied"), /Allow iam:ListAccessKeys on arn:aws:iam/);
      assert.deepEqual({ ...blocked, pending: [] }, outs);
      assert.deepEqual(iam.ids(), [outs.currentAccessKeyId]);
      // What is blocked is tried again by each run, and no longer told once it is mended.
      iam.fault = () => undefined;
      const mended = await stage.up(blocked, { userArn, rotationTrigger: 2 });
      assert.deepEqual([mended.previousAccessKeyId, mended.pending], [outs.currentAccessKeyId, []]);
    });

    it("tells another key on the user from the run on in which it appeared", async () => {
      iam.slots = 3;
      const outs = await stage.create({ userArn, rotationTrigger: 1 });
      const { accessKeyId } = iam.addKey();
      stage.said = [];
      const seen = await stage.up(outs, { userArn, rotationTrigger: 2 });
      assert.deepEqual(seen.unmanagedAccessKeyIds, [accessKeyId]);
      const told = () => stage.said.filter((line) => line.includes(`${accessKeyId} on this user is unmanaged`)).length;
      assert.equal(told(), 1);
      await stage.provider.read("id", seen);
      assert.equal(told(), 1, "a second time it is no news");
    });

    // Holds: "A failure after a change is saved with complete outputs"
    it("saves how far it came when it fails after a deletion, and goes on from there", async () => {
      const second = await rotate(await create(), 2);
      const secrets = iam.keys.map((key) => key.secretAccessKey);
      deny("CreateAccessKey");
      const inputs = { userArn, rotationTrigger: 3, __provider: "text" };
      const { properties: saved, ...failure } = await stage.partialFailure(stage.up(second, inputs));
      // The deleted key is not recorded any more, and the next diff sees the change.
      const left = { current: second.current, previous: null, rotationTrigger: 2, __provider: "text" };
      assert.deepEqual({ ...saved, ...left }, saved);
      assert.ok(failure.reasons.length > 0);
      for (const secret of secrets) assert.ok(!inspect(failure, { showHidden: true, depth: null }).includes(secret));
      allowAll();
      const third = await rotate(saved, 3);
      assert.deepEqual(iam.ids(), [second.currentAccessKeyId, third.currentAccessKeyId]);
    });

    // Holds: "One value of a trigger causes one rotation"
    it("counts one rotation for one trigger value when only a deletion is left over", async () => {
      iam.slots = 3;
      const first = await stage.create({ userArn, rotationTrigger: 1 });
      const second = await stage.up(first, { userArn, rotationTrigger: 2 });
      const withRetired = { ...second, unfinished: { keys: [iam.addKey().accessKeyId] } };
      const previous = second.previousAccessKeyId;
      iam.fault = (call) => (call === `DeleteAccessKey ${previous}` ? denied("iam:DeleteAccessKey") : undefined);
      const saved = await stage.halfDone(stage.up(withRetired, { userArn, rotationTrigger: 3 }));
      assert.deepEqual(
        [saved.rotationTrigger, saved.answered, saved.unfinished],
        [2, { rotationTrigger: 3 }, { keys: [previous] }],
      );
      iam.fault = () => undefined;
      const done = await stage.up(saved, { userArn, rotationTrigger: 3 });
      assert.equal(done.currentAccessKeyId, saved.currentAccessKeyId);
      assert.deepEqual(iam.ids(), [second.currentAccessKeyId, done.currentAccessKeyId]);
    });
  });

  describe("diff", () => {
    describe("of another user name", () => {
      const other = "arn:aws:iam::123456789012:user/ci/renamed";
      let outs: Props;
      beforeEach(async () => {
        outs = await stage.create();
        iam.calls = [];
        stage.said = [];
      });

      it("replaces where the user of that name is another one, or not there yet", async () => {
        iam.userId = "AIDAANOTHERUSER00001";
        const replaced = { changes: true, replaces: ["userArn"] };
        assert.deepEqual(await stage.provider.diff("id", outs, { userArn: other }), replaced);
        let asked = 0;
        iam.fault = () =>
          asked++ === 0 ? new IamError("noSuchEntity", "iam:GetUser", "NoSuchEntity", "no") : undefined;
        assert.deepEqual(
          await stage.provider.diff("id", outs, { userArn: other }),
          replaced,
          "the old one is still there",
        );
        assert.deepEqual(iam.calls, ["GetUser", "GetUser", "GetUser"]);
        iam.fault = () => undefined;
        iam.calls = [];
        const elsewhere = "arn:aws:iam::999999999999:user/ci/deployer";
        assert.deepEqual(await stage.provider.diff("id", outs, { userArn: elsewhere }), replaced);
        assert.deepEqual(iam.calls, [], "another account needs no call");
      });

      it("is an update in place where the user was renamed, and its keys stay", async () => {
        iam.arn = other;
        const news = { userArn: other };
        assert.deepEqual(await stage.provider.diff("id", outs, news), { changes: true, replaces: [] });
        assert.match(
          (await preview(stage, outs, news)).join(),
          /this is the same user under another name.*its keys stay/,
        );
        const renamed = (await stage.provider.update("id", outs, news)).outs as Props;
        assert.deepEqual(renamed, { ...outs, userArn: other });
        assert.equal(iam.count("CreateAccessKey") + iam.count("TagUser"), 0);
      });

      it("is taken for a rename where AWS knows neither name: the new one may not be known yet, and the update waits", async () => {
        iam.exists = false;
        assert.deepEqual(await stage.provider.diff("id", outs, { userArn: other }), { changes: true, replaces: [] });
        const blocked = (await stage.provider.update("id", outs, { userArn: other })).outs as Props;
        assert.match(whyBlocked(blocked, "user"), /its keys are alive/);
        assert.deepEqual({ ...blocked, pending: [] }, outs);
      });

      it("waits for IAM to know the new name, or the new path", async () => {
        const sleep = stage.clock.sleep.bind(stage.clock);
        for (const userArn of [other, "arn:aws:iam::123456789012:user/elsewhere/deployer"]) {
          const start = stage.clock.time;
          stage.clock.sleep = async (ms) => {
            await sleep(ms);
            if (stage.clock.time > start + 5_000) iam.arn = userArn;
          };
          const renamed = (await stage.provider.update("id", outs, { userArn })).outs as Props;
          assert.equal(renamed.currentAccessKeyId, outs.currentAccessKeyId);
        }
      });

      it("promises nothing where it can't tell, and the update never takes another user for the same", async () => {
        for (const userArn of [other, UNKNOWN]) {
          iam.fault = () => denied("iam:GetUser");
          assert.deepEqual(await stage.provider.diff("id", outs, { userArn }), { changes: true, replaces: [] });
          assert.match((await preview(stage, outs, { userArn })).join(), /its keys stay/);
        }
        iam.fault = () => undefined;
        Object.assign(iam, { arn: other, userId: "AIDAANOTHERUSER00001", keys: [] });
        await assert.rejects(
          stage.provider.update("id", outs, { userArn: other }),
          /it is another user \(UserId AIDAANOTHER/,
        );
        assert.equal(iam.count("CreateAccessKey"), 0);
      });
    });

    it("says which key is made, which stays and which is deleted, and why", async () => {
      const second = await rotate(await create(), 2);
      const [line = "", ...others] = await preview(stage, second, { userArn, rotationTrigger: 3 });
      assert.deepEqual(others, []);
      const keys = [`keeps ${second.currentAccessKeyId} `, `deletes ${second.previousAccessKeyId} `];
      for (const part of [userArn, ...keys, "rotationTrigger"]) assert.ok(line.includes(part), line);
    });
  });

  // What a refresh finds of keys, and what the next update makes of it, is in drift.test.ts.
  describe("read and the update after it", () => {
    it("of a user that was renamed by hand keeps the keys, says where they are, and heals", async () => {
      const outs = await stage.create({ userArn, rotationTrigger: 1 });
      const arn = "arn:aws:iam::123456789012:user/ci/renamed";
      Object.assign(iam, { exists: false, arn });
      const seen = (await stage.provider.read("id", outs)).props as Props;
      assert.deepEqual(seen, { ...outs, drift: { user: arn } });
      assert.match(stage.said.join(), /it is arn:aws:iam::123456789012:user\/ci\/renamed now, and its keys are alive/);
      for (const rotationTrigger of [1, 2]) {
        const blocked = await stage.up(seen, { userArn, rotationTrigger });
        assert.match(
          whyBlocked(blocked, "user"),
          /Set `userArn` to the ARN of the user as it is now, and the keys stay/,
        );
        assert.deepEqual({ ...blocked, pending: [] }, seen);
      }
      await assert.rejects(stage.provider.delete("id", seen), ({ message }: Error) =>
        /their user is arn/.test(message),
      );
      assert.equal(iam.keys.length, 1);
      // As the message says.
      iam.exists = true;
      const set = await stage.up(seen, { userArn: arn, rotationTrigger: 1 });
      assert.deepEqual(set, { ...outs, userArn: arn });
      // And back.
      iam.arn = userArn;
      assert.deepEqual(await stage.up(seen, { userArn, rotationTrigger: 1 }), outs);
    });

    // Holds: "If there is no user of that name, STS is asked who owns its keys"
    it("drops nothing, and makes and deletes nothing, where nobody can ask whether the keys live under another name", async () => {
      const outs = await stage.create();
      Object.assign(iam, { userId: "AIDAANOTHERUSER00001", keys: [] });
      iam.tryKey = async () => ({ accepted: false, code: "ETIMEDOUT", wrongSecret: false, unasked: true });
      const couldNotAsk = ({ message }: Error) =>
        /nobody could ask whether its key AKIA\w+ is alive .*ETIMEDOUT/.test(message);
      await assert.rejects(stage.provider.read("id", outs), couldNotAsk);
      await assert.rejects(stage.provider.update("id", outs, { userArn, rotationTrigger: 1 }), couldNotAsk);
      await assert.rejects(stage.provider.delete("id", outs), couldNotAsk);
      // Whoever is denied the call has a key that AWS knows.
      iam.tryKey = async () => ({ accepted: true });
      await assert.rejects(stage.provider.delete("id", outs), ({ message }: Error) =>
        /its keys are alive/.test(message),
      );
      assert.equal(iam.count("CreateAccessKey"), 1);
    });

    // Holds: "The same UserId under another name or path is the same user"
    it("of a renamed user whose name another one has taken drops nothing, and makes no key of that one", async () => {
      const outs = await stage.create();
      const { userId } = iam;
      const arn = "arn:aws:iam::123456789012:user/ci/renamed";
      iam.userId = "AIDAANOTHERUSER00001";
      iam.tryKey = async () => ({ accepted: true, arn, userId });
      const keys = iam.keys.splice(0);
      const seen = (await stage.provider.read("id", outs)).props as Props;
      assert.deepEqual(seen, { ...outs, drift: { user: arn } });
      const blocked = await stage.up(seen, { userArn });
      assert.match(whyBlocked(blocked, "user"), /is another one \(UserId AIDAANOTHERUSER00001\)/);
      await assert.rejects(stage.provider.delete("id", seen), ({ message }: Error) =>
        /their user is arn/.test(message),
      );
      assert.equal(iam.count("CreateAccessKey"), keys.length);
    });

    it("closes a journal that a failed run could not close, also after the engine's note is gone", async () => {
      deny("TagUser done");
      const saved = await stage.halfDone(stage.create());
      assert.deepEqual(saved.unfinished, { journal: "open" });
      const { __provider: _, ...olds } = saved;
      assert.deepEqual((await stage.provider.read("id", olds)).props, olds, "a refresh that may not write");
      allowAll();
      assert.ok((await stage.provider.diff("id", olds, { userArn })).changes, "without a refresh, the next up does it");
      const read = (await stage.provider.read("id", olds)).props as Props;
      assert.ok(!("unfinished" in read));
      assert.match(String(iam.journal), /^v1 done/);
      assert.equal((await stage.provider.diff("id", read, { userArn })).changes, false);
    });
  });

  it("says all of a renamed resource at that one, and not at another that has its old name by now", async () => {
    const stage = new Stage();
    const olds = await stage.create({ userArn, rotationTrigger: 1, journalOwner: "old-place" });
    const renamed = { userArn, rotationTrigger: 2, journalOwner: "new-place", run: { urn: "urn:renamed" } };
    const { inputs } = await stage.provider.check(olds, renamed);
    await stage.provider.check({}, { ...renamed, journalOwner: "old-place", run: { urn: "urn:another" } });
    // A wrong clock is told while it works, before what was done.
    stage.iam.time = () => new Date(stage.clock.time - 3_600_000);
    stage.forget();
    const after = await stage.up(olds, inputs as Props);
    assert.ok(stage.places.length >= 2, stage.said.join("\n"));
    assert.deepEqual([...new Set(stage.places)], ["urn:renamed"]);
    stage.forget();
    await stage.provider.delete("id", after);
    assert.deepEqual([...new Set(stage.places)], [undefined], "of a deletion nobody tells which resource it is");
  });

  describe("delete", () => {
    it("deletes the managed keys and no other, and is no error when run again", async () => {
      iam.slots = 3;
      const stranger = iam.addKey();
      const outs = await rotate(await create(), 2);
      await stage.provider.delete("id", outs);
      assert.deepEqual(iam.ids(), [stranger.accessKeyId]);
      await stage.provider.delete("id", outs);
      iam.exists = false;
      await stage.provider.delete("id", outs);
    });

    it("finds a user that was renamed by its keys, since nobody can correct the ARN of what left the program", async () => {
      const outs = await stage.create();
      iam.arn = "arn:aws:iam::123456789012:user/ci/renamed";
      stage.said = [];
      iam.fault = (call) => {
        const isAsked = /^(GetUser|ListAccessKeys|DeleteAccessKey)/.test(call);
        if (isAsked && stage.connected !== "renamed")
          return new IamError("noSuchEntity", call, "NoSuchEntity", "no such user");
        return undefined;
      };
      await stage.provider.delete("id", outs);
      assert.deepEqual([iam.keys, stage.said], [[], [`${userArn}: deleted ${outs.currentAccessKeyId}.`]]);
    });

    const login = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "gone" };
    const awsProvider = { accessKey: "AKIAPROVIDER00000000", secretKey: "gone as well" };
    const stacks = { "aws:accessKey": "AKIACONFIG0000000000", "aws:secretKey": "of the stack" };
    const forbids = { "pulumi:disable-default-providers": '["aws"]' };
    for (const [title, recorded, config, signers] of [
      ["the stored AWS provider, and that to the environment", { login, awsProvider }, {}, ["LOGIN", "PROVIDER", ""]],
      ["the stack's configuration", { login }, stacks, ["LOGIN", "CONFIG"]],
      ["nothing where the stack forbids to act by the environment", { login }, forbids, ["LOGIN"]],
    ] as const) {
      it(`lets a stored login that AWS no longer accepts give way to ${title}`, async () => {
        const outs = await stage.create({ userArn, ...recorded });
        const get = (key: string) => (config as Record<string, string>)[key];
        await stage.provider.configure({ config: { get } } as never);
        const getUser = iam.getUser.bind(iam);
        stage.sources = [];
        iam.getUser = async () => {
          if (!stage.sources.at(-1)?.login) return getUser();
          throw new IamError("credentials", "iam:GetUser", "InvalidClientTokenId", "not valid");
        };
        const failed = await stage.provider.delete("id", outs).catch(({ message }: Error) => message);
        const asked = stage.sources.map((source) => /AKIA([A-Z]+)/.exec(source.login?.accessKeyId ?? "")?.[1] ?? "");
        assert.deepEqual(asked, signers);
        if (asked.includes("")) assert.deepEqual(iam.ids(), []);
        else assert.match(failed ?? "", /InvalidClientTokenId/);
      });
    }
  });
});
