import assert from "node:assert/strict";
import { LONGEST_OPERATION } from "../../provider/decide/judge";
import { IamError, RotationError } from "../../provider/model/errors";
import { formatJournal, type Journal } from "../../provider/model/journal";
import { managedKeys } from "../../provider/model/managedKeys";
import type { MemoryIam } from "../harness/aws/memoryIam";
import { dead, denied, Scene } from "../harness/scene";
import { Stage, userArn } from "../harness/stage";

// Every message says what was asked, what was found (key ids, never secrets), and what to do next. Of each, the parts: the words are free.

const MINUTE = 60_000;
const ids = [1, 2, 3, 4].map((number) => `AKIAMEMORY000000000${number}`);
const [one, two, three, four] = ids as [string, string, string, string];
const SECRET = /secret-of-|not-its-own/;
const OTHER_USER = "AIDAANOTHERUSER00001";
const ROTATE = `Can't rotate the access keys of ${userArn}`;
const DELETE = `Can't delete the access keys of ${userArn}`;
const DENIED = (action: string) => [`iam:${action}`, "AccessDenied", userArn, "rotationPolicy()", "run again"];
const SAVED = "the next update goes on from there";
const UNCHANGED = "Nothing was changed";
const MADE = "(Active, made 2026-11-01T00:00:00Z)";
const TAG = "remove the tag pulumi-aws-iam-rotator";
const LEAVE = ["`state: { previous: { accessKeyId } }`", "`gracePeriod`", TAG];
const LEAVE_USER = ["`aliases`", "`pulumi stack export`", "`state`", "`pulumi state delete`", "is gone", TAG];

describe("what is told of a failure", () => {
  let scene: Scene;
  let iam: MemoryIam;
  beforeEach(() => {
    scene = new Scene();
    iam = scene.iam;
    iam.slots = 5;
  });

  /** Its parts, in whatever words: what was tried, what was found, and what to do. */
  function says(message: string, parts: string[]): void {
    assert.match(message, /\.$/);
    for (const part of parts) assert.ok(message.includes(part), `${part}: ${message}`);
    // Where keys were changed before it failed, and nowhere else.
    assert.equal(message.includes("Where it stands"), parts.includes(SAVED), message);
  }

  /** A test: what such a run says has these parts, and no secret. */
  function when(title: string, run: () => unknown) {
    const isRefused = (because: string | undefined, ...parts: string[]) =>
      it(title, async () => {
        const failure: unknown = await Promise.resolve(run()).catch((error) => error);
        assert.ok(failure instanceof Error, "expected a failure");
        for (let at: unknown = failure; at instanceof Error; at = at.cause) assert.doesNotMatch(`${at.stack}`, SECRET);
        says(failure.message, parts);
        if (because) assert.equal((failure as RotationError).parts.because, because);
      });
    return {
      isRefused,
      fails: (...parts: string[]) => isRefused(undefined, ...parts),
      /** It goes well, and says so much on the way, in one line; or nothing. */
      isSaid: (...parts: string[]) =>
        it(title, async () => {
          await run();
          assert.doesNotMatch(scene.said.join(), SECRET);
          assert.equal(scene.said.length, parts.length > 0 ? 1 : 0, scene.said.join("\n"));
          for (const line of scene.said) says(line, parts);
        }),
    };
  }

  const deny = (action: string) => {
    iam.fault = (call) => (call.startsWith(action) ? denied(action.split(" ")[0] ?? "") : undefined);
  };
  const leave = (journal: Partial<Journal>) => {
    iam.journal = formatJournal({ ...dead, ...journal });
  };
  const pair = (id: string) => {
    const { accessKeyId, secretAccessKey } = iam.keys.find((key) => key.accessKeyId === id) ?? assert.fail();
    return { accessKeyId, secretAccessKey };
  };
  const addKeys = (count: number) => {
    for (let key = 0; key < count; key++) iam.addKey();
  };
  const adoptBoth = () => {
    addKeys(2);
    return scene.up({ adopt: { current: pair(two), previous: pair(one) } });
  };

  describe("when it is refused for what the journal says", () => {
    beforeEach(async () => {
      await scene.up();
      scene.clock.time += MINUTE;
    });
    const begun = ["operation rival-1", "2026-11-01T00:00:00Z"];
    const rival = (journal: Partial<Journal> = {}) => leave({ owner: "you", operationId: "rival-1", ...journal });

    when("another owner is at work: until when", () => {
      rival();
      return scene.rotate();
    }).isRefused("atWork", ROTATE, "you", "me", ...begun, UNCHANGED, "run again", "2026-11-01T00:10:00Z");

    when("another owner has rotated the user: which keys are there", () => {
      addKeys(1);
      iam.addKey("Inactive");
      scene.clock.time += MINUTE;
      rival({ phase: "done", kind: "create" });
      return scene.rotate();
    }).isRefused("otherOwner", ...begun, two, "2026-11-01T00:01:00Z", three, "Inactive", UNCHANGED, ...LEAVE_USER);

    when("another owner, and no key that is not recorded here; this goes before what is wrong with an adoption", () => {
      rival({ phase: "done" });
      return scene.up({ adopt: { previous: { accessKeyId: "AKIANOTTHERE00000001" } } });
    }).isRefused("otherOwner", ROTATE, "here it is me", "no other keys", UNCHANGED, ...LEAVE_USER);

    when("another instance under the same hash", () => {
      leave({ phase: "done", operationId: "other-2" });
      return scene.rotate();
    }).isRefused("otherInstance", ROTATE, "operation other-2", "another backend", UNCHANGED, "`state`");

    it("keys that were handed out: when they were last used, as far as one may ask, and the ways out", async () => {
      addKeys(3);
      scene.clock.time += MINUTE;
      leave({ phase: "done", kind: "adopt", operationId: "op1-saved" });
      iam.used.set(two, { at: "2026-10-31T12:00:00Z", service: "s3", region: "eu-central-1" });
      iam.fault = (call) => (call.endsWith(four) ? denied("GetAccessKeyLastUsed") : undefined);
      const used = [`${two} was last used 2026-10-31T12:00:00Z (s3, eu-central-1)`, `${three} was never used`];
      const ways = ["`state: { current: { accessKeyId, secretAccessKey } }`", `delete ${two} or ${three} or ${four}`];
      const { message, parts } = (await scene.rotate().catch((error) => error)) as RotationError;
      says(message, [ROTATE, "operation op1-saved", ...used, UNCHANGED, ...ways, ...LEAVE]);
      assert.equal(parts.because, "handedOut");
      assert.ok(!message.includes(`${four} was`));
    });

    when("keys that may be anybody's", () => {
      addKeys(1);
      leave({});
      scene.clock.time += LONGEST_OPERATION;
      deny("GetAccessKeyLastUsed");
      return scene.rotate();
    }).isRefused("unclear", "operation first-died", two, "2026-11-01T00:01:00Z", "secret", UNCHANGED, ...LEAVE);

    when("the same beside a lost key: that one has to go before the tag that names it", () => {
      addKeys(2);
      leave({ made: two });
      scene.clock.time += LONGEST_OPERATION;
      return scene.rotate();
    }).isRefused("unclear", three, `delete ${two}, which was made by that operation`, ...LEAVE);

    when("a destroy is refused while another owner is at work", () => {
      rival();
      return scene.destroy();
    }).fails(DELETE, "operation rival-1");

    when("a destroy is refused where another one's adoption died", () => {
      rival({ kind: "adopt" });
      scene.clock.time += LONGEST_OPERATION;
      return scene.destroy();
    }).fails(DELETE, "operation rival-1", one, UNCHANGED, "is gone", TAG);
  });

  describe("when it is refused for the user", () => {
    const renamed = "arn:aws:iam::123456789012:user/renamed";
    const way = [UNCHANGED, "`userArn`", "run again"];
    const gone = async (more: object = {}) => {
      await scene.up();
      Object.assign(iam, { exists: false, ...more });
    };

    when("there is none", () => {
      Object.assign(iam, { exists: false });
      return scene.up();
    }).fails(ROTATE, "`userArn`", "run again");
    when("it has another path", () => {
      Object.assign(iam, { arn: renamed });
      return scene.up();
    }).fails(ROTATE, renamed, "`userArn`");
    when("it is one of another account", () => {
      iam.arn = "arn:aws:iam::999999999999:user/ci/deployer";
      return scene.up();
    }).fails(userArn, "`login`", "AWS provider", "aws:* configuration", "environment");
    when("it was renamed: by what its keys tell", () => gone({ arn: renamed }).then(scene.rotate)).fails(
      renamed,
      ...way,
    );
    when("the same, in a destroy", () => gone({ arn: renamed }).then(() => scene.destroy())).fails(DELETE, renamed);
    when("it was renamed a moment ago, and is not shown yet", () => gone().then(scene.rotate)).fails(
      UNCHANGED,
      "a minute",
    );
    when("it was renamed, and another one has its name", async () => {
      await scene.up();
      const { userId } = iam;
      Object.assign(iam, { userId: OTHER_USER, keys: [] });
      iam.tryKey = async () => ({ accepted: true, arn: renamed, userId });
      return scene.rotate();
    }).fails(ROTATE, renamed, userArn, OTHER_USER, ...way);
    when("its keys are alive, and may not ask whose they are", () =>
      gone({ tryKey: async () => ({ accepted: true }) }).then(scene.rotate),
    ).fails("its keys are alive", UNCHANGED);
    const unasked = { accepted: false, code: "ENOTFOUND", wrongSecret: false, unasked: true };
    when("nobody could ask its keys", () => gone({ tryKey: async () => unasked }).then(scene.rotate)).fails(
      ROTATE,
      one,
      "sts:GetCallerIdentity",
      "ENOTFOUND",
      UNCHANGED,
      "Run again",
    );
    when("the same, in a refresh", async () => {
      const stage = new Stage();
      const outs = await stage.create();
      Object.assign(stage.iam, { exists: false, tryKey: async () => unasked });
      return stage.provider.read("id", outs);
    }).fails(`Can't read the access keys of ${userArn}`, "ENOTFOUND");
    when("an update under a new name that turns out to be another user's", async () => {
      const stage = new Stage();
      const outs = await stage.create();
      Object.assign(stage.iam, { arn: renamed, userId: OTHER_USER, keys: [], journal: undefined });
      return stage.provider.update("id", outs, { userArn: renamed });
    }).fails(renamed, OTHER_USER, UNCHANGED, "Run again");
    when("the list is another one each time", async () => {
      await scene.rotated();
      const list = iam.listAccessKeys.bind(iam);
      let looks = 0;
      iam.listAccessKeys = async () => {
        const turn = looks++ % 2;
        return (await list()).filter((_, index) => index === turn);
      };
      return scene.rotate();
    }).fails("AWS lists other keys", "run again");
  });

  describe("when it is refused for the keys", () => {
    const [absent, another] = ["AKIANOTTHERE00000001", "AKIANOTTHERE00000002"];
    const way = [UNCHANGED, "`state`", "run again"];

    when("the one that signs is lost, and would leave", async () => {
      await scene.up();
      iam.signerId = scene.died().accessKeyId;
      return scene.rotate();
    }).isRefused("signer", ROTATE, two, UNCHANGED, "another user or role");

    const current = { accessKeyId: absent, secretAccessKey: "not-its-own" };
    when("one that `state` names is not there", () => {
      addKeys(1);
      return scene.up({ adopt: { current } });
    }).fails(ROTATE, "`state`", absent, one, "2026-11-01T00:00:00Z", "Name keys of this user in `state`");
    when("two that `state` names", () => scene.up({ adopt: { current, previous: { accessKeyId: another } } })).fails(
      ROTATE,
      absent,
      another,
      "Name keys of this user in `state`",
    );
    when("`state.current` does not work", () =>
      scene.up({ adopt: { current: pair(iam.addKey("Inactive").accessKeyId) } }),
    ).fails(ROTATE, one, "`state.current`", "Inactive");
    when("`state` names two, beside one in use", async () => {
      await scene.up();
      addKeys(2);
      return scene.up({ adopt: { current: pair(three), previous: { accessKeyId: two } } });
    }).fails(ROTATE, "`state`", one, three, "`state.current`", two, "`state.previous`");
    when("the secret in `state` is another's", () => {
      addKeys(1);
      return scene.up({ adopt: { current: { ...current, accessKeyId: one } } });
    }).fails(one, "secret", ...way);
    when("AWS does not accept the one in `state`", () => {
      addKeys(1);
      iam.propagation = MINUTE;
      return scene.up({ adopt: { current: pair(one) } });
    }).fails(one, "InvalidClientTokenId", ...way);
    const arn = "arn:aws:iam::123456789012:user/another";
    when("the one in `state` is another user's", () => {
      addKeys(1);
      iam.tryKey = async () => ({ accepted: true, arn, userId: OTHER_USER });
      return scene.up({ adopt: { current: pair(one) } });
    }).fails(one, arn, ...way);

    it("every slot is taken: by one that is unmanaged, or by more, and each way out names it", async () => {
      const full = async (parts: string[]) => {
        addKeys(1);
        iam.slots = 1;
        scene.clock.time += MINUTE;
        const failure = await scene.up().catch((error) => error);
        assert.ok(failure instanceof RotationError);
        assert.deepEqual([failure.parts.because, failure.parts.accessKeyId], ["unmanagedKey", one]);
        says(failure.message, [one, MADE, ...parts]);
      };
      await full(["`state: { current: { accessKeyId", "delete it"]);
      // Whoever has the secret of neither finds the one that nobody uses; the other can be phased out.
      await full([two, "aws iam get-access-key-last-used", "`state: { previous: { accessKeyId"]);
    });

    when("every slot is taken, and by none that is not ours", async () => {
      await scene.up();
      iam.slots = 1;
      return scene.rotate();
    }).fails("LimitExceeded", "has no unmanaged", "run again");
  });

  describe("when it fails on the way", () => {
    when("the engine is gone", () => {
      scene.engine.isGone = async () => true;
      return scene.up();
    }).fails(userArn, "is gone", "Run again");

    const overtaken: [string, () => unknown, string[]][] = [
      ["another run began", () => leave({ owner: "you", operationId: "rival-1" }), ["operation rival-1", "you"]],
      ["the tag is gone", () => Object.assign(iam, { journal: undefined }), ["the tag on the user was removed"]],
      ["the user is another one", () => Object.assign(iam, { userId: OTHER_USER }), [`UserId ${OTHER_USER}`]],
      ["somebody made keys", () => addKeys(2), [`${one} ${MADE}, ${two} ${MADE}`]],
    ];
    for (const [title, happens, found] of overtaken) {
      when(title, () => {
        iam.fault = (call) => void (call === "CreateAccessKey" && happens());
        return scene.up();
      }).fails("half-way", ...found, "run again");
    }

    when("it is too late to make a key", () => {
      iam.fault = (call) => {
        if (call === "TagUser open") scene.clock.time += 5 * MINUTE + 1;
        return undefined;
      };
      return scene.up();
    }).fails("Can't make a new access key", "5 minutes", "Run again");

    when("AWS gave no clear answer, and keys appeared", () => {
      let calls = 0;
      iam.fault = (call) => {
        if (call !== "CreateAccessKey" || ++calls > 1) return undefined;
        iam.addKey();
        return "lostReply";
      };
      return scene.up();
    }).fails("iam:CreateAccessKey", "ECONNRESET", one, MADE, two, "secret", "run again");

    when("AWS did not accept the new key in time: it is kept, and nothing failed", () => {
      iam.propagation = 10 * MINUTE;
      return scene.up();
    }).isSaid(one, userArn, "InvalidClientTokenId");

    when("nobody could try the new key: that is told, and not that it is a bad one", () => {
      iam.tryKey = async () => {
        throw new TypeError("the certificate has expired");
      };
      return scene.up();
    }).isSaid(one, "within 60 s", "no answer");

    when("a key that has to work before older ones go did not: which of them still works", async () => {
      await scene.rotated();
      scene.recorded = managedKeys({ ...scene.recorded, toDelete: [iam.addKey().accessKeyId] });
      scene.clock.time += MINUTE;
      iam.tryKey = async ({ accessKeyId }) =>
        accessKeyId === four
          ? { accepted: false, code: "InvalidClientTokenId", wrongSecret: false }
          : { accepted: true, arn: userArn, userId: iam.userId };
      return scene.up({ revoke: "leak" });
    }).fails(
      four,
      "InvalidClientTokenId",
      two,
      one,
      three,
      "Run again",
      "no previous key",
      "still to be deleted",
      SAVED,
    );

    when("the same where the older one is previous, and its grace period is over", async () => {
      await scene.rotated();
      scene.clock.time += 2 * MINUTE;
      iam.propagation = 10 * MINUTE;
      return scene.up({ gracePeriod: "1m" });
    }).fails(two, "InvalidClientTokenId", "Run again");
  });

  describe("when AWS refuses a call: what it was for", () => {
    const up = () => scene.up();
    const rotate = () => scene.rotate();
    const withNone = () => {};
    const withTwo = () => scene.rotated();
    /** Such a call is denied, once all is there. */
    const denying = (before: () => unknown, action: string, run: () => unknown) => async () => {
      await before();
      deny(action);
      return run();
    };
    const [make, end] = ["CreateAccessKey", "DeleteAccessKey"];

    when("opening the journal", denying(withNone, "TagUser", up)).fails(userArn, ...DENIED("TagUser"));
    const made = [...DENIED("TagUser"), one, "no previous key", SAVED];
    when("closing the journal, with the key made", denying(withNone, "TagUser done", up)).fails(...made);
    const withDead = () => up().then(() => leave({}));
    when("closing that of an operation that died", denying(withDead, "TagUser done", up)).fails(...DENIED("TagUser"));
    const adopted = [`${two} and ${one}`, `current is ${two}`, `previous is ${one}`, SAVED];
    when("closing that of an adoption", denying(withNone, "TagUser done", adoptBoth)).fails(...adopted);
    when("making a key", denying(withNone, make, up)).fails(...DENIED(make));
    // Nothing was changed by this run: what is gone is found again by the next one.
    const withoutBoth = () => withTwo().then(() => Object.assign(iam, { keys: [] }));
    when("making a key for those that somebody deleted", denying(withoutBoth, make, up)).fails(...DENIED(make));
    const room = [...DENIED(make), one, "is gone", two, "no previous key", SAVED];
    when("making a key when another has made room for it", denying(withTwo, make, rotate)).fails(...room);
    when("deleting the key that makes room", denying(withTwo, `${end} ${one}`, rotate)).fails(one, ...DENIED(end));
    const revoke = () => scene.up({ revoke: "leak" });
    const left = [two, ...DENIED(end), three, one, "is gone", "no previous key", "still to be deleted", SAVED];
    when("deleting an older key, once there is a new one", denying(withTwo, `${end} ${two}`, revoke)).fails(...left);
    const withLost = () => up().then(() => scene.died());
    when("deleting a lost key", denying(withLost, `${end} ${two}`, up)).fails(two, ...DENIED(end));
    when(
      "deleting a key of a resource that goes",
      denying(up, end, () => scene.destroy()),
    ).fails(one, ...DENIED(end));

    when("looking who is at work, before an older key ends", async () => {
      await scene.rotated();
      scene.clock.time += 2 * MINUTE;
      scene.strike("GetUser", 2, denied("GetUser"));
      return scene.up({ gracePeriod: "1m" });
    }).fails(...DENIED("GetUser"));

    when("trying the keys to adopt", () => {
      iam.tryKey = async () => {
        throw new IamError("unreachable", "sts:GetCallerIdentity", "ENOTFOUND", "no network", "Call somebody.");
      };
      return adoptBoth();
    }).fails(one, two, userArn, "sts:GetCallerIdentity", "ENOTFOUND");
  });

  describe("when a resource goes, and leaves something", () => {
    beforeEach(() => scene.rotated());
    const destroyed = (more: object) => {
      Object.assign(iam, more);
      return scene.destroy();
    };
    when("the user is not there", () => destroyed({ exists: false, keys: [] })).isSaid("not there", one, two);
    when("the user is another one", () => destroyed({ userId: OTHER_USER, keys: [] })).isSaid(OTHER_USER, one, two);
    when("there was no key to look for: nothing is said", () => {
      scene.recorded = undefined;
      return destroyed({ exists: false });
    }).isSaid();
    when("another resource has taken the keys over, and there is one that it does not keep", () => {
      leave({ owner: "you", operationId: "rival-1", phase: "done" });
      return scene.destroy();
    }).isSaid(`${one} and ${two}`, "owner you, operation rival-1", "taken them over");
  });
});
