import assert from "node:assert/strict";
import { PartialFailure } from "../../provider/dynamic/partialFailure";
import { IamError } from "../../provider/model/errors";
import type { Because, Pending } from "../../provider/model/pending";
import { UNKNOWN } from "../../provider/model/unknowns";
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
  beforeEach(() => {
    stage = new Stage();
  });

  describe("create", () => {
    it("makes one key with eight calls, five of them in sequence", async () => {
      const outs = await stage.create({ userArn, rotationTrigger: "a", __provider: "text" });
      const [key] = stage.iam.keys;
      assert.deepEqual(outs, {
        userArn,
        rotationTrigger: "a",
        userId: stage.iam.userId,
        operationId: "op1-op2",
        current: { accessKeyId: key?.accessKeyId, secretAccessKey: key?.secretAccessKey, createdAt: key?.createdAt },
        currentAccessKeyId: key?.accessKeyId,
        previous: null,
        previousAccessKeyId: null,
        currentCreatedAt: key?.createdAt,
        pending: [],
        unmanagedAccessKeyIds: [],
      });
      const calls = stage.iam.calls.map((call) => call.split(" ")[0]);
      assert.deepEqual(calls, [
        "GetUser",
        "ListAccessKeys",
        "TagUser",
        "CreateAccessKey",
        "GetCallerIdentity",
        "ListAccessKeys",
        "GetUser",
        "TagUser",
      ]);
    });

    it("waits for a user made a moment ago, and no longer than that", async () => {
      stage.iam.exists = false;
      const sleep = stage.clock.sleep.bind(stage.clock);
      stage.clock.sleep = async (ms) => {
        await sleep(ms);
        stage.iam.exists = stage.clock.time > Date.parse("2026-11-01T00:00:05Z");
      };
      assert.ok((await stage.create()).current);
      stage.iam.exists = false;
      stage.clock.sleep = sleep;
      await assert.rejects(stage.create(), /there is no such user in that account. Correct `userArn`/);
    });

    it("refuses credentials of another account before anything else", async () => {
      stage.iam.exists = false;
      stage.iam.callerAccount = async () => "999999999999";
      await assert.rejects(stage.create(), /belong to account 999999999999, the user to 123456789012/);
      assert.equal(stage.iam.count("CreateAccessKey"), 0);
    });

    it("names the strangers that take every slot, and changes nothing", async () => {
      const [one, two] = [stage.iam.addKey(), stage.iam.addKey()];
      await assert.rejects(stage.create(), (error: Error) => {
        assert.match(error.message, new RegExp(`${one.accessKeyId} .*${two.accessKeyId} .*are unmanaged`));
        assert.match(error.message, /state: \{ previous: \{ accessKeyId/);
        return true;
      });
      assert.deepEqual(stage.iam.ids(), [one.accessKeyId, two.accessKeyId]);
    });

    it("uses the third slot of an account that has one", async () => {
      stage.iam.slots = 3;
      stage.iam.addKey();
      stage.iam.addKey();
      assert.ok((await stage.create()).current);
    });

    it("keeps, saves and warns about a key that AWS does not accept in time", async () => {
      stage.iam.propagation = 10 * 60_000;
      const outs = await stage.create();
      assert.equal(outs.currentAccessKeyId, stage.iam.ids()[0]);
      assert.match(stage.said.join(), /is made and saved, but AWS did not accept it within 60 s/);
    });

    it("waits until AWS accepts the new key", async () => {
      stage.iam.propagation = 12_000;
      await stage.create();
      assert.ok(stage.clock.time >= Date.parse("2026-11-01T00:00:12Z"));
      assert.doesNotMatch(stage.said.join(), /did not accept/);
    });

    it("sees within a second that AWS accepts it, by the clock that the test moves", async () => {
      stage.iam.propagation = 10_000;
      await stage.create();
      assert.ok(stage.clock.time <= Date.parse("2026-11-01T00:00:11Z"), new Date(stage.clock.time).toISOString());
    });

    it("after a lost reply names the key that was not there before, and deletes none: nobody can tell whose it is", async () => {
      const stranger = stage.iam.addKey();
      stage.iam.fault = (call) => (call === "CreateAccessKey" ? "lostReply" : undefined);
      const failure = await stage.create().catch((error: Error) => error);
      const [, appeared] = stage.iam.ids();
      assert.match(String(failure), new RegExp(`now there is ${appeared} .*Delete ${appeared} if nobody uses it`));
      stage.iam.fault = () => undefined;
      await assert.rejects(stage.create(), new RegExp(`interrupted in the moment .* there is ${appeared} `));
      assert.deepEqual(stage.iam.ids(), [stranger.accessKeyId, appeared]);
      stage.iam.keys.pop();
      assert.ok((await stage.create()).current, "deleted by hand, as the message says");
    });

    it("after a reply that got lost on the way to AWS makes another call", async () => {
      let lost = 0;
      stage.iam.fault = (call) => (call === "CreateAccessKey" && lost++ === 0 ? "before" : undefined);
      const outs = await stage.create();
      assert.deepEqual(stage.iam.ids(), [outs.currentAccessKeyId]);
    });

    it("adopts keys without making one, once their secrets are seen to be right", async () => {
      const [previous, current] = [stage.iam.addKey(), stage.iam.addKey()];
      const pair = ({ accessKeyId, secretAccessKey }: typeof current) => ({ accessKeyId, secretAccessKey });
      const state = { current: pair(current), previous: { accessKeyId: previous.accessKeyId } };
      const outs = await stage.create({ userArn, state });
      assert.equal(stage.iam.count("CreateAccessKey"), 0);
      assert.deepEqual(outs.current, { ...pair(current), createdAt: current.createdAt });
      assert.deepEqual(outs.previous, { accessKeyId: previous.accessKeyId, createdAt: previous.createdAt });
      const wrong = { ...state, current: { ...pair(current), secretAccessKey: "not its own" } };
      await assert.rejects(
        stage.create({ userArn, state: wrong }),
        /the secret given for it in `state` is not its own/,
      );
    });
  });

  describe("update", () => {
    it("rotates on a changed trigger: current becomes previous, previous is deleted by its id", async () => {
      const first = await stage.create({ userArn, rotationTrigger: 1 });
      const second = await stage.up(first, { userArn, rotationTrigger: 2 });
      assert.equal(second.previousAccessKeyId, first.currentAccessKeyId);
      stage.iam.calls = [];
      const third = await stage.up(second, { userArn, rotationTrigger: { month: "2026-12" } });
      assert.equal(third.previousAccessKeyId, second.currentAccessKeyId);
      assert.deepEqual(stage.iam.ids(), [second.currentAccessKeyId, third.currentAccessKeyId]);
      assert.deepEqual(stage.iam.calls, [
        "GetUser",
        "ListAccessKeys",
        "TagUser open",
        `DeleteAccessKey ${first.currentAccessKeyId}`,
        "CreateAccessKey",
        `GetCallerIdentity ${third.currentAccessKeyId}`,
        "ListAccessKeys",
        "GetUser",
        "TagUser done",
      ]);
    });

    it("asks AWS nothing when nothing changed, nor for a new session token", async () => {
      const login = { accessKeyId: "ASIAAAAAAAAAAAAAAAAA", secretAccessKey: "one", sessionToken: "one" };
      const outs = await stage.create({ userArn, rotationTrigger: { a: [1] }, login });
      stage.iam.calls = [];
      stage.said = [];
      await stage.up(outs, { userArn, rotationTrigger: { a: [1] }, login });
      const session = { accessKeyId: "ASIABBBBBBBBBBBBBBBB", secretAccessKey: "two", sessionToken: "two" };
      await stage.up(outs, { userArn, rotationTrigger: { a: [1] }, login: session });
      assert.deepEqual(stage.iam.calls, []);
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
      stage.iam.calls = [];
      const session = { ...awsProvider, accessKey: "ASIABBBBBBBBBBBBBBBB", secretKey: "two", token: "two" };
      assert.equal(await stage.up(outs, { userArn, awsProvider: session }), outs);
      const role = { region: "eu-west-1", assumeRoles: '[{"roleArn":"arn:aws:iam::123456789012:role/x"}]' };
      const later = await stage.up(outs, { userArn, awsProvider: role });
      assert.deepEqual(later, { ...outs, awsProvider: role });
      const none = await stage.up(later, { userArn });
      assert.ok(!("awsProvider" in none));
      assert.equal(stage.iam.count("CreateAccessKey"), 0);
    });

    it("takes adding and removing the trigger for a change", async () => {
      const none = await stage.create();
      const added = await stage.up(none, { userArn, rotationTrigger: false });
      const removed = await stage.up(added, { userArn });
      assert.equal(new Set([none, added, removed].map((outs) => outs.currentAccessKeyId)).size, 3);
      assert.ok(!("rotationTrigger" in removed));
    });

    // Holds: "Nothing is decided unless both reads succeed"
    it("is blocked when the first call is denied: it keeps what it has, and says why and how to go on", async () => {
      const outs = await stage.create({ userArn, rotationTrigger: 1 });
      stage.iam.fault = (call) => (call === "ListAccessKeys" ? denied("iam:ListAccessKeys") : undefined);
      const blocked = await stage.up(outs, { userArn, rotationTrigger: 2 });
      assert.match(whyBlocked(blocked, "denied"), /Allow iam:ListAccessKeys on arn:aws:iam/);
      assert.deepEqual({ ...blocked, pending: [] }, outs);
      assert.deepEqual(stage.iam.ids(), [outs.currentAccessKeyId]);
      // What is blocked is tried again by each run, and no longer told once it is mended.
      stage.iam.fault = () => undefined;
      const mended = await stage.up(blocked, { userArn, rotationTrigger: 2 });
      assert.deepEqual([mended.previousAccessKeyId, mended.pending], [outs.currentAccessKeyId, []]);
    });

    it("tells another key on the user from the run on in which it appeared", async () => {
      stage.iam.slots = 3;
      const outs = await stage.create({ userArn, rotationTrigger: 1 });
      const { accessKeyId } = stage.iam.addKey();
      stage.said = [];
      const seen = await stage.up(outs, { userArn, rotationTrigger: 2 });
      assert.deepEqual(seen.unmanagedAccessKeyIds, [accessKeyId]);
      const told = () => stage.said.filter((line) => line.includes(`${accessKeyId} on this user is unmanaged`)).length;
      assert.equal(told(), 1);
      await stage.provider.read("id", seen);
      assert.equal(told(), 1, "a second time it is no news");
    });

    it("fails where a revocation can't be carried out: whoever waits for it must not take it for done", async () => {
      const outs = await stage.create();
      stage.iam.fault = (call) => (call === "CreateAccessKey" ? denied("iam:CreateAccessKey") : undefined);
      await assert.rejects(
        stage.up(outs, { userArn, revocationTrigger: 1 }),
        new RegExp(`aws iam update-access-key --user-name deployer --access-key-id ${outs.currentAccessKeyId} `),
      );
      assert.deepEqual(stage.iam.ids(), [outs.currentAccessKeyId]);
    });

    // Holds: "A failure after a change is saved with complete outputs"
    it("saves how far it came when it fails after a deletion, and goes on from there", async () => {
      const first = await stage.create({ userArn, rotationTrigger: 1 });
      const second = await stage.up(first, { userArn, rotationTrigger: 2 });
      stage.iam.fault = (call) => (call === "CreateAccessKey" ? denied("iam:CreateAccessKey") : undefined);
      const saved = await stage.halfDone(stage.up(second, { userArn, rotationTrigger: 3, __provider: "text" }));
      assert.equal(saved.currentAccessKeyId, second.currentAccessKeyId);
      assert.equal(saved.previous, null, "the deleted key is not recorded any more");
      assert.equal(saved.rotationTrigger, 2, "the next diff sees the change");
      assert.equal(saved.__provider, "text");
      stage.iam.fault = () => undefined;
      const third = await stage.up(saved, { userArn, rotationTrigger: 3 });
      assert.deepEqual(stage.iam.ids(), [second.currentAccessKeyId, third.currentAccessKeyId]);
    });

    // Holds: "One value of a trigger causes one rotation"
    it("counts one rotation for one trigger value when only a deletion is left over", async () => {
      stage.iam.slots = 3;
      const first = await stage.create({ userArn, rotationTrigger: 1 });
      const second = await stage.up(first, { userArn, rotationTrigger: 2 });
      const withRetired = { ...second, unfinished: { keys: [stage.iam.addKey().accessKeyId] } };
      const previous = second.previousAccessKeyId;
      stage.iam.fault = (call) => (call === `DeleteAccessKey ${previous}` ? denied("iam:DeleteAccessKey") : undefined);
      const saved = await stage.halfDone(stage.up(withRetired, { userArn, rotationTrigger: 3 }));
      assert.deepEqual(
        [saved.rotationTrigger, saved.answered, saved.unfinished],
        [2, { rotationTrigger: 3 }, { keys: [previous] }],
      );
      stage.iam.fault = () => undefined;
      const done = await stage.up(saved, { userArn, rotationTrigger: 3 });
      assert.equal(done.currentAccessKeyId, saved.currentAccessKeyId);
      assert.deepEqual(stage.iam.ids(), [second.currentAccessKeyId, done.currentAccessKeyId]);
    });

    it("never puts a secret into the reasons of a partial failure", async () => {
      const first = await stage.create({ userArn, rotationTrigger: 1 });
      const second = await stage.up(first, { userArn, rotationTrigger: 2 });
      const secrets = stage.iam.keys.map((key) => key.secretAccessKey);
      stage.iam.fault = (call) => (call === "CreateAccessKey" ? denied("iam:CreateAccessKey") : undefined);
      const failure = await stage.up(second, { userArn, rotationTrigger: 3 }).catch((error) => error);
      assert.ok(failure instanceof PartialFailure && failure.reasons.length > 0);
      const text = `${failure.reasons} ${failure.message} ${failure.stack} ${failure.cause}`;
      for (const secret of secrets) assert.ok(!text.includes(secret));
    });
  });

  describe("diff", () => {
    describe("of another user name", () => {
      const other = "arn:aws:iam::123456789012:user/ci/renamed";
      let outs: Props;
      beforeEach(async () => {
        outs = await stage.create();
        stage.iam.calls = [];
        stage.said = [];
      });

      it("replaces where the user of that name is another one, or not there yet", async () => {
        stage.iam.userId = "AIDAANOTHERUSER00001";
        const replaced = { changes: true, replaces: ["userArn"] };
        assert.deepEqual(await stage.provider.diff("id", outs, { userArn: other }), replaced);
        let asked = 0;
        stage.iam.fault = () =>
          asked++ === 0 ? new IamError("noSuchEntity", "iam:GetUser", "NoSuchEntity", "no") : undefined;
        assert.deepEqual(
          await stage.provider.diff("id", outs, { userArn: other }),
          replaced,
          "the old one is still there",
        );
        assert.deepEqual(stage.iam.calls, ["GetUser", "GetUser", "GetUser"]);
        stage.iam.fault = () => undefined;
        stage.iam.calls = [];
        const elsewhere = "arn:aws:iam::999999999999:user/ci/deployer";
        assert.deepEqual(await stage.provider.diff("id", outs, { userArn: elsewhere }), replaced);
        assert.deepEqual(stage.iam.calls, [], "another account needs no call");
      });

      it("is an update in place where the user was renamed, and its keys stay", async () => {
        stage.iam.arn = other;
        const news = { userArn: other };
        assert.deepEqual(await stage.provider.diff("id", outs, news), { changes: true, replaces: [] });
        assert.match(
          (await preview(stage, outs, news)).join(),
          /this is the same user under another name.*its keys stay/,
        );
        const renamed = (await stage.provider.update("id", outs, news)).outs as Props;
        assert.deepEqual(renamed, { ...outs, userArn: other });
        assert.equal(stage.iam.count("CreateAccessKey") + stage.iam.count("TagUser"), 0);
      });

      it("is taken for a rename where AWS knows neither name: the new one may not be known yet, and the update waits", async () => {
        stage.iam.exists = false;
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
            if (stage.clock.time > start + 5_000) stage.iam.arn = userArn;
          };
          const renamed = (await stage.provider.update("id", outs, { userArn })).outs as Props;
          assert.equal(renamed.currentAccessKeyId, outs.currentAccessKeyId);
        }
      });

      it("promises nothing where it can't tell, and the update never takes another user for the same", async () => {
        for (const userArn of [other, UNKNOWN]) {
          stage.iam.fault = () => denied("iam:GetUser");
          assert.deepEqual(await stage.provider.diff("id", outs, { userArn }), { changes: true, replaces: [] });
          assert.match((await preview(stage, outs, { userArn })).join(), /its keys stay/);
        }
        stage.iam.fault = () => undefined;
        Object.assign(stage.iam, { arn: other, userId: "AIDAANOTHERUSER00001", keys: [] });
        await assert.rejects(
          stage.provider.update("id", outs, { userArn: other }),
          /it is another user \(UserId AIDAANOTHER/,
        );
        assert.equal(stage.iam.count("CreateAccessKey"), 0);
      });
    });

    it("says which key is made, which stays and which is deleted, and why", async () => {
      const first = await stage.create({ userArn, rotationTrigger: 1 });
      const second = await stage.up(first, { userArn, rotationTrigger: 2 });
      const [current, previous] = [second.currentAccessKeyId, second.previousAccessKeyId];
      assert.deepEqual(await preview(stage, second, { userArn, rotationTrigger: 3 }), [
        `${userArn}: this update makes a new access key as current, keeps ${current} valid as previous, deletes ${previous} (rotationTrigger changed).`,
      ]);
    });
  });

  describe("read and the update after it", () => {
    it("shows a deleted current, keeps the resource, and makes it good", async () => {
      const first = await stage.create({ userArn, rotationTrigger: 1 });
      const second = await stage.up(first, { userArn, rotationTrigger: 2 });
      stage.iam.keys = stage.iam.keys.filter((key) => key.accessKeyId !== second.currentAccessKeyId);
      const { id, props } = await stage.provider.read("the id", second);
      assert.equal(id, "the id");
      assert.ok(!("current" in (props as Props)) && !("currentAccessKeyId" in (props as Props)));
      assert.deepEqual((props as Props).drift, { current: "deleted" });
      const healed = await stage.up(props as Props, { userArn, rotationTrigger: 2 });
      assert.equal(healed.previousAccessKeyId, first.currentAccessKeyId);
      assert.deepEqual(stage.iam.ids(), [first.currentAccessKeyId, healed.currentAccessKeyId]);
      assert.ok(!("drift" in healed));
    });

    it("reports a key deactivated by hand, and never activates it", async () => {
      const outs = await stage.create();
      for (const key of stage.iam.keys) key.status = "Inactive";
      const { props } = await stage.provider.read("id", outs);
      assert.deepEqual((props as Props).drift, { current: "Inactive" });
      const healed = await stage.up(props as Props, { userArn });
      assert.deepEqual(
        stage.iam.keys.map((key) => [key.accessKeyId, key.status]),
        [
          [outs.currentAccessKeyId, "Inactive"],
          [healed.currentAccessKeyId, "Active"],
        ],
      );
    });

    it("changes nothing in what it records when all is as it was", async () => {
      const outs = await stage.create({ userArn, rotationTrigger: [1, null] });
      assert.deepEqual((await stage.provider.read("id", outs)).props, outs);
    });

    it("drops no key for two lists that differ: both may be late", async () => {
      stage.iam.slots = 3;
      const first = await stage.create({ userArn, rotationTrigger: 1 });
      const outs = await stage.up(first, { userArn, rotationTrigger: 2 });
      const list = stage.iam.listAccessKeys.bind(stage.iam);
      let lists = 0;
      stage.iam.listAccessKeys = async () => {
        const keys = await list();
        lists += 1;
        return keys.filter((_, index) => index !== lists % 2);
      };
      await assert.rejects(stage.provider.read("id", outs), ({ message }: Error) =>
        /lists other keys each time/.test(message),
      );
    });

    it("of a user that was renamed by hand keeps the keys, says where they are, and heals", async () => {
      const outs = await stage.create({ userArn, rotationTrigger: 1 });
      const { iam } = stage;
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
      const { iam } = stage;
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

    it("of a user made again below another path is a replacement, when the program follows", async () => {
      const outs = await stage.create();
      const moved = "arn:aws:iam::123456789012:user/other/deployer";
      Object.assign(stage.iam, { userId: "AIDAANOTHERUSER00001", arn: moved, keys: [] });
      const replaced = { changes: true, replaces: ["userArn"] };
      assert.deepEqual(await stage.provider.diff("id", outs, { userArn: moved }), replaced);
    });

    // Holds: "The same UserId under another name or path is the same user"
    it("of a renamed user whose name another one has taken drops nothing, and makes no key of that one", async () => {
      const outs = await stage.create();
      const { iam } = stage;
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

    it("completes a journal that a failed run could not close, also after the engine's note is gone", async () => {
      stage.iam.fault = (call) => (call === "TagUser done" ? denied("iam:TagUser") : undefined);
      const saved = await stage.halfDone(stage.create());
      assert.deepEqual(saved.unfinished, { journal: "open" });
      const { __provider: _, ...olds } = saved;
      assert.deepEqual(
        (await stage.provider.read("id", olds)).props,
        olds,
        "a refresh that may not write keeps the note",
      );
      stage.iam.fault = () => undefined;
      const read = (await stage.provider.read("id", olds)).props as Props;
      assert.ok(!("unfinished" in read));
      assert.match(String(stage.iam.journal), /^v1 done/);
      assert.ok((await stage.provider.diff("id", olds, { userArn })).changes, "without a refresh, the next up does it");
      assert.equal((await stage.provider.diff("id", read, { userArn })).changes, false);
    });

    it("tells a user made again from the one it knew", async () => {
      const outs = await stage.create();
      Object.assign(stage.iam, { userId: "AIDAANOTHERUSER00001", keys: [] });
      stage.iam.addKey();
      const { props } = await stage.provider.read("id", outs);
      assert.deepEqual((props as Props).drift, { user: "another" });
    });
  });

  describe("delete", () => {
    it("deletes the managed keys and no other, and is no error when run again", async () => {
      stage.iam.slots = 3;
      const stranger = stage.iam.addKey();
      const first = await stage.create({ userArn, rotationTrigger: 1 });
      const outs = await stage.up(first, { userArn, rotationTrigger: 2 });
      await stage.provider.delete("id", outs);
      assert.deepEqual(stage.iam.ids(), [stranger.accessKeyId]);
      await stage.provider.delete("id", outs);
      stage.iam.exists = false;
      await stage.provider.delete("id", outs);
    });

    it("says which keys nobody could look for, where no user of that name is there", async () => {
      const outs = await stage.create();
      stage.iam.exists = false;
      stage.iam.keys = [];
      await stage.provider.delete("id", outs);
      assert.match(stage.said.join(), new RegExp(`is not there, so nobody could look for ${outs.currentAccessKeyId}`));
    });

    it("finds a user that was renamed by its keys, since nobody can correct the ARN of what left the program", async () => {
      const outs = await stage.create();
      const { iam } = stage;
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

    it("leaves the keys of a user made again under the same name alone", async () => {
      const outs = await stage.create();
      Object.assign(stage.iam, { userId: "AIDAANOTHERUSER00001", keys: [] });
      stage.iam.addKey();
      await stage.provider.delete("id", outs);
      assert.equal(stage.iam.count("DeleteAccessKey"), 0);
    });

    it("does not take another account's «no such user» for done", async () => {
      const outs = await stage.create();
      stage.iam.exists = false;
      stage.iam.callerAccount = async () => "999999999999";
      await assert.rejects(stage.provider.delete("id", outs), ({ message }: Error) =>
        /belong to account 9{12}/.test(message),
      );
    });

    it("lets a stored login give way to the stored AWS provider, and that to the environment", async () => {
      const login = { accessKeyId: "AKIAAAAAAAAAAAAAAAAA", secretAccessKey: "gone" };
      const awsProvider = { accessKey: "AKIABBBBBBBBBBBBBBBB", secretKey: "gone as well" };
      const outs = await stage.create({ userArn, login, awsProvider });
      const getUser = stage.iam.getUser.bind(stage.iam);
      stage.sources = [];
      stage.iam.getUser = async () => {
        if (!stage.sources.at(-1)?.login) return getUser();
        throw new IamError("credentials", "iam:GetUser", "InvalidClientTokenId", "not valid");
      };
      await stage.provider.delete("id", outs);
      assert.deepEqual(
        stage.sources.map((source) => source.login?.accessKeyId),
        [login.accessKeyId, awsProvider.accessKey, undefined],
      );
      assert.deepEqual(stage.iam.ids(), []);
    });

    it("lets a stored login give way to nothing where the stack forbids to act by what lies in the environment", async () => {
      const login = { accessKeyId: "AKIAAAAAAAAAAAAAAAAA", secretAccessKey: "gone" };
      const outs = await stage.create({ userArn, login });
      const get = (key: string) => (key === "pulumi:disable-default-providers" ? '["aws"]' : undefined);
      await stage.provider.configure({ config: { get } } as never);
      stage.iam.getUser = async () => {
        throw new IamError("credentials", "iam:GetUser", "InvalidClientTokenId", "not valid");
      };
      stage.sources = [];
      await assert.rejects(stage.provider.delete("id", outs), ({ message }: Error) =>
        /InvalidClientTokenId/.test(message),
      );
      assert.deepEqual(
        stage.sources.map((source) => source.login?.accessKeyId),
        [login.accessKeyId],
      );
    });

    it("lets a stored login that AWS no longer accepts give way to the environment", async () => {
      const login = { accessKeyId: "AKIAAAAAAAAAAAAAAAAA", secretAccessKey: "gone" };
      const outs = await stage.create({ userArn, login });
      const getUser = stage.iam.getUser.bind(stage.iam);
      stage.iam.getUser = async () => {
        if (stage.sources.at(-1)?.login) {
          throw new IamError("credentials", "iam:GetUser", "InvalidClientTokenId", "not valid");
        }
        return getUser();
      };
      await stage.provider.delete("id", outs);
      assert.deepEqual(stage.iam.ids(), []);
    });
  });
});
