import assert from "node:assert/strict";
import { LONGEST_OPERATION } from "../../provider/decide/judge";
import { explainVerdict, signerLeaves } from "../../provider/decide/refusals";
import { IamError, RotationError } from "../../provider/model/errors";
import { formatJournal, type Journal } from "../../provider/model/journal";
import { managedKeys } from "../../provider/model/managedKeys";
import type { MemoryIam } from "../harness/aws/memoryIam";
import { dead, denied, Scene } from "../harness/scene";
import { Stage, userArn } from "../harness/stage";

// Every message says what was asked, what was found (key ids, never secrets), and what to do next. Of each, the parts: the words are free.

const MINUTE = 60_000;
const [one, two, three, four] = [1, 2, 3, 4].map((number) => `AKIAMEMORY000000000${number}`) as [
  string,
  string,
  string,
  string,
];
const SECRET = /secret-of-|not-its-own/;
const ROTATE = `Can't rotate the access keys of ${userArn}`;
const DELETE = `Can't delete the access keys of ${userArn}`;
const DENIED = (action: string) => [`iam:${action}`, "AccessDenied", userArn, "rotationPolicy()", "run again"];
const SAVED = "the next update goes on from there";
const TAG = "remove the tag pulumi-aws-iam-rotator";
const LEAVE = ["`state: { previous: { accessKeyId } }`", "`gracePeriod`", TAG];

/** Its parts, in whatever words: what was tried, what was found, and what to do. */
function says(message: string, parts: string[]): void {
  assert.match(message, /\.$/);
  for (const part of parts) assert.ok(message.includes(part), `${part}: ${message}`);
  // Where keys were changed before it failed, and nowhere else.
  assert.equal(message.includes("Where it stands"), parts.includes(SAVED), message);
}

const journal: Journal = {
  phase: "open",
  kind: "rotate",
  at: "2026-11-01T12:00:00Z",
  owner: "you",
  operationId: "one-two",
  strangers: [],
};
const keys = ["K", "L"].map((accessKeyId) => ({ accessKeyId, status: "Active" as const, createdAt: journal.at }));
const OPERATION = "operation one-two (rotate, begun 2026-11-01T12:00:00Z)";
const USER = ["`state`", "`aliases`", "`pulumi stack export`", "`pulumi state delete`", "you", "me"];

describe("what a refusal says: what was found, and each way out", () => {
  for (const [title, verdict, parts] of [
    ["another owner at work", { refusal: "atWork" }, ["you", "me", "2026-11-01T12:10:00Z"]],
    ["another owner", { refusal: "otherOwner" }, ["K", "L", ...USER, TAG]],
    ["another owner, and no other key", { refusal: "otherOwner", keys: [] }, ["no other keys", ...USER, TAG]],
    ["keys that were handed out", { refusal: "handedOut" }, ["K", "L", "`state: { current:", ...LEAVE]],
    ["another instance under the same hash", { refusal: "otherInstance" }, ["another backend", "`state`"]],
    ["keys of which nobody can tell", { refusal: "unclear" }, ["K", "L", ...LEAVE]],
    ["the same beside a lost one", { refusal: "unclear", alsoLost: ["M"] }, ["K", "L", "delete M", ...LEAVE]],
  ] as const) {
    it(title, () => {
      const { because, found, todo, keys: named } = explainVerdict({ journal, keys, ...verdict } as never, "me");
      says(`${found} ${todo}`, ["Nothing was changed", OPERATION, ...parts]);
      assert.deepEqual([because, named], [verdict.refusal, "keys" in verdict ? verdict.keys : keys]);
    });
  }

  it("the key that signs", () => {
    const { because, found, todo } = signerLeaves("K");
    says(`${found} ${todo}`, ["K", "Nothing was changed", "another user or role"]);
    assert.equal(because, "signer");
  });
});

describe("what is told of a failure", () => {
  let scene: Scene;
  let iam: MemoryIam;
  beforeEach(() => {
    scene = new Scene();
    iam = scene.iam;
    iam.slots = 5;
  });

  /** What a run fails with. No secret is in its text, nor in that of what caused it. */
  async function told(run: Promise<unknown>): Promise<string> {
    const failure: unknown = await run.then(
      () => undefined,
      (error) => error,
    );
    assert.ok(failure instanceof Error, "expected a failure");
    for (let at: unknown = failure; at instanceof Error; at = at.cause) assert.doesNotMatch(`${at.stack}`, SECRET);
    return failure.message;
  }
  /** What was said on the way. */
  const said = () => {
    assert.doesNotMatch(scene.said.join(), SECRET);
    return scene.said;
  };
  const fails = (action: string) => {
    iam.fault = (call) => (call.startsWith(action) ? denied(action.split(" ")[0] ?? "") : undefined);
  };
  const remove = (...ids: string[]) => {
    iam.keys = iam.keys.filter((key) => !ids.includes(key.accessKeyId));
  };
  const leave = (journal: Partial<Journal>) => {
    iam.journal = formatJournal({ ...dead, ...journal });
  };
  const pair = (id: string) => {
    const { accessKeyId, secretAccessKey } = iam.keys.find((key) => key.accessKeyId === id) ?? assert.fail();
    return { accessKeyId, secretAccessKey };
  };

  describe("when it is refused for what the journal says", () => {
    beforeEach(async () => {
      await scene.up();
      scene.clock.time += MINUTE;
    });

    it("another owner is at work: until when", async () => {
      leave({ owner: "you", operationId: "rival-1" });
      says(await told(scene.rotate()), [
        ROTATE,
        "operation rival-1",
        "2026-11-01T00:00:00Z",
        "Nothing was changed",
        "run again",
        "2026-11-01T00:10:00Z",
      ]);
    });

    it("another owner has rotated the user: which keys are there", async () => {
      iam.addKey();
      iam.addKey("Inactive");
      scene.clock.time += MINUTE;
      leave({ owner: "you", operationId: "rival-1", phase: "done", kind: "create" });
      says(await told(scene.rotate()), [
        ROTATE,
        "operation rival-1",
        "2026-11-01T00:00:00Z",
        two,
        "2026-11-01T00:01:00Z",
        three,
        "Inactive",
        "Nothing was changed",
        "`aliases`",
        "`pulumi stack export`",
        "`state`",
        "run again",
        "`pulumi state delete`",
        "is gone",
        "remove the tag",
        "pulumi-aws-iam-rotator",
      ]);
    });

    it("another owner, and no key that is not recorded here", async () => {
      leave({ owner: "you", phase: "done" });
      assert.match(
        await told(scene.rotate()),
        /, here it is me\. The user has no other keys than those recorded here\. Nothing was changed\. Rotate/,
      );
    });

    it("keys that were handed out: when they were last used, as far as one may ask, and the ways out", async () => {
      iam.addKey();
      iam.addKey();
      iam.addKey();
      scene.clock.time += MINUTE;
      leave({ phase: "done", kind: "adopt", operationId: "op1-saved" });
      iam.used.set(two, { at: "2026-10-31T12:00:00Z", service: "s3", region: "eu-central-1" });
      iam.fault = (call) => (call.endsWith(four) ? denied("GetAccessKeyLastUsed") : undefined);
      const used = [`${two} was last used 2026-10-31T12:00:00Z (s3, eu-central-1)`, `${three} was never used`];
      const ways = [
        "`state: { current: { accessKeyId, secretAccessKey } }`",
        `delete ${two} or ${three} or ${four}`,
        ...LEAVE,
      ];
      const message = await told(scene.rotate());
      says(message, [ROTATE, "operation op1-saved", ...used, "Nothing was changed", ...ways]);
      assert.ok(!message.includes(`${four} was`));
    });

    it("keys that may be anybody's", async () => {
      iam.addKey();
      leave({});
      scene.clock.time += LONGEST_OPERATION;
      iam.fault = (call) => (call.startsWith("GetAccessKeyLastUsed") ? denied("GetAccessKeyLastUsed") : undefined);
      says(await told(scene.rotate()), [
        ROTATE,
        "operation first-died",
        "2026-11-01T00:00:00Z",
        two,
        "2026-11-01T00:01:00Z",
        "secret",
        "Nothing was changed",
        ...LEAVE,
      ]);
    });

    it("the same beside a lost key: that one has to go before the tag that names it", async () => {
      iam.addKey();
      iam.addKey();
      leave({ made: two });
      scene.clock.time += LONGEST_OPERATION;
      assert.match(
        await told(scene.rotate()),
        new RegExp(
          `somebody else's and stays, delete ${two}, which was made by that operation and whose secret nobody has, and remove the tag`,
        ),
      );
    });

    it("a refusal of the user goes before what is wrong with an adoption", async () => {
      leave({ owner: "you", phase: "done" });
      const adopt = { previous: { accessKeyId: "AKIANOTTHERE00000001" } };
      assert.match(await told(scene.up({ adopt })), /: another stack, or a resource in another place, rotates/);
    });

    it("a destroy is refused while another owner is at work", async () => {
      leave({ owner: "you", operationId: "rival-1" });
      assert.match(await told(scene.destroy()), new RegExp(`^${DELETE}: another resource is at work on this user: op`));
    });

    it("a destroy is refused where another one's adoption died", async () => {
      leave({ owner: "you", operationId: "rival-1", kind: "adopt" });
      scene.clock.time += LONGEST_OPERATION;
      says(await told(scene.destroy()), [
        DELETE,
        "operation rival-1",
        one,
        "Nothing was changed",
        "is gone",
        "remove the tag",
        "pulumi-aws-iam-rotator",
      ]);
    });
  });

  describe("when it is refused for the user", () => {
    const renamed = "arn:aws:iam::123456789012:user/renamed";
    const look = ["`login`", "AWS provider", "aws:* configuration", "environment"];
    const way = ["Nothing was changed", "`userArn`", "run again"];

    it("there is none", async () => {
      iam.exists = false;
      says(await told(scene.up()), [ROTATE, "`userArn`", "run again"]);
    });

    it("it has another path", async () => {
      iam.arn = renamed;
      says(await told(scene.up()), [ROTATE, renamed, "`userArn`", "run again"]);
    });

    it("it is one of another account", async () => {
      iam.arn = "arn:aws:iam::999999999999:user/ci/deployer";
      says(await told(scene.up()), [userArn, ...look]);
    });

    it("it was renamed: by what its keys tell", async () => {
      await scene.up();
      iam.exists = false;
      iam.arn = renamed;
      says(await told(scene.rotate()), [ROTATE, renamed, ...way]);
      assert.match(await told(scene.destroy()), new RegExp(`^${DELETE}: its keys are alive: their user is ${renamed}`));
    });

    it("it was renamed a moment ago, and IAM does not show it yet", async () => {
      await scene.up();
      iam.exists = false;
      assert.match(
        await told(scene.rotate()),
        /their user is .* now\. Nothing was changed\. IAM does not show it under that name yet: run again in a minute\.$/,
      );
    });

    it("it was renamed, and another one has its name", async () => {
      await scene.up();
      const { userId } = iam;
      Object.assign(iam, { userId: "AIDAANOTHERUSER00001", keys: [] });
      iam.tryKey = async () => ({ accepted: true, arn: renamed, userId });
      says(await told(scene.rotate()), [ROTATE, renamed, userArn, "AIDAANOTHERUSER00001", ...way]);
    });

    it("its keys are alive, and may not ask whose they are", async () => {
      await scene.up();
      iam.exists = false;
      iam.tryKey = async () => ({ accepted: true });
      assert.match(await told(scene.rotate()), /: its keys are alive: their user is another name now\. Nothing was/);
    });

    it("nobody could ask its keys", async () => {
      await scene.up();
      iam.exists = false;
      iam.tryKey = async () => ({ accepted: false, code: "ENOTFOUND", wrongSecret: false, unasked: true });
      says(await told(scene.rotate()), [
        ROTATE,
        one,
        "sts:GetCallerIdentity",
        "ENOTFOUND",
        "Nothing was changed",
        "Run again",
      ]);
    });

    it("the list is another one each time", async () => {
      await scene.rotated();
      const list = iam.listAccessKeys.bind(iam);
      let looks = 0;
      iam.listAccessKeys = async () => {
        const turn = looks++ % 2;
        return (await list()).filter((_, index) => index === turn);
      };
      says(await told(scene.rotate()), ["AWS lists other keys", "run again"]);
    });
  });

  describe("when it is refused for the keys", () => {
    it("the one that signs is lost, and would leave", async () => {
      await scene.up();
      iam.signerId = scene.died().accessKeyId;
      assert.match(
        await told(scene.rotate()),
        new RegExp(`^${ROTATE}: the credentials in use are ${two}, an access key`),
      );
    });

    it("one that `state` names is not there, or two", async () => {
      iam.addKey();
      const current = { accessKeyId: "AKIANOTTHERE00000001", secretAccessKey: "not-its-own" };
      const previous = { accessKeyId: "AKIANOTTHERE00000002" };
      const way = ["Name keys of this user in `state`"];
      says(await told(scene.up({ adopt: { current } })), [
        ROTATE,
        "`state`",
        "AKIANOTTHERE00000001",
        one,
        "2026-11-01T00:00:00Z",
        ...way,
      ]);
      iam.keys = [];
      says(await told(scene.up({ adopt: { current, previous } })), [
        ROTATE,
        "`state`",
        "AKIANOTTHERE00000001",
        "AKIANOTTHERE00000002",
        ...way,
      ]);
    });

    it("`state.current` does not work", async () => {
      iam.addKey("Inactive");
      says(await told(scene.up({ adopt: { current: pair(one) } })), [ROTATE, one, "`state.current`", "Inactive"]);
    });

    it("`state` names two, beside one in use", async () => {
      await scene.up();
      iam.addKey();
      iam.addKey();
      says(await told(scene.up({ adopt: { current: pair(three), previous: { accessKeyId: two } } })), [
        ROTATE,
        "`state`",
        one,
        three,
        "`state.current`",
        two,
        "`state.previous`",
      ]);
    });

    const way = ["Nothing was changed", "`state`", "run again"];
    it("the secret in `state` is another's", async () => {
      iam.addKey();
      const current = { accessKeyId: one, secretAccessKey: "not-its-own" };
      says(await told(scene.up({ adopt: { current } })), [one, "secret", "`state`", ...way]);
    });

    it("AWS does not accept the one in `state`", async () => {
      iam.addKey();
      iam.propagation = MINUTE;
      says(await told(scene.up({ adopt: { current: pair(one) } })), [one, "InvalidClientTokenId", ...way]);
    });

    it("the one in `state` is another user's", async () => {
      iam.addKey();
      const arn = "arn:aws:iam::123456789012:user/another";
      iam.tryKey = async () => ({ accepted: true, arn, userId: "AIDAANOTHERUSER00001" });
      says(await told(scene.up({ adopt: { current: pair(one) } })), [one, arn, ...way]);
    });

    it("every slot is taken: by one that is unmanaged, or by more, and each way out names it", async () => {
      iam.addKey();
      iam.slots = 1;
      scene.clock.time += MINUTE;
      const full = async (): Promise<RotationError> => {
        const failure = await scene.up().catch((error) => error);
        assert.ok(failure instanceof RotationError);
        assert.deepEqual([failure.parts.because, failure.parts.accessKeyId], ["unmanagedKey", one]);
        return failure;
      };
      const onlyOne = (await full()).message;
      assert.match(onlyOne, new RegExp(`of these ${one} \\(Active, made 2026-11-01T00:00:00Z\\) is unmanaged`));
      assert.match(onlyOne, /`state: \{ current: \{ accessKeyId.*, secretAccessKey \} \}`\. Or delete it/);
      iam.addKey();
      scene.clock.time += MINUTE;
      // Whoever has the secret of neither finds the one that nobody uses; the other can be phased out.
      const both = (await full()).message;
      assert.match(both, new RegExp(`${one} .*, ${two} .* are unmanaged`));
      assert.match(
        both,
        /aws iam get-access-key-last-used .*deactivate it for a while.*`state: \{ previous: \{ accessKeyId/,
      );
    });

    it("every slot is taken, and by none that is not ours", async () => {
      await scene.up();
      iam.slots = 1;
      says(await told(scene.rotate()), ["LimitExceeded", "has no unmanaged", "run again"]);
    });
  });

  describe("when it fails on the way", () => {
    it("the engine is gone", async () => {
      scene.engine.isGone = async () => true;
      says(await told(scene.up()), [userArn, "is gone", "Run again"]);
    });

    const overtaken: [string, () => void, string][] = [
      [
        "another run began",
        () => leave({ owner: "you", operationId: "rival-1" }),
        "operation rival-1 of owner you began",
      ],
      ["the tag is gone", () => Object.assign(iam, { journal: undefined }), "the tag on the user was removed"],
      [
        "the user is another one",
        () => Object.assign(iam, { userId: "AIDAANOTHERUSER00001" }),
        "another user (UserId AIDAANOTHERUSER00001) took the name",
      ],
      [
        "somebody made keys",
        () => void [iam.addKey(), iam.addKey()],
        `somebody made ${[one, two].map((id) => `${id} (Active, made 2026-11-01T00:00:00Z)`).join(", ")}`,
      ],
    ];
    for (const [title, happens, found] of overtaken) {
      it(title, async () => {
        iam.fault = (call) => void (call === "CreateAccessKey" && happens());
        says(await told(scene.up()), ["half-way", found, "run again"]);
      });
    }

    it("it is too late to make a key", async () => {
      iam.fault = (call) => {
        if (call === "TagUser open") scene.clock.time += 5 * MINUTE + 1;
        return undefined;
      };
      says(await told(scene.up()), ["Can't make a new access key", "5 minutes", "Run again"]);
    });

    it("AWS gave no clear answer, and keys appeared", async () => {
      let calls = 0;
      iam.fault = (call) => {
        if (call !== "CreateAccessKey" || ++calls > 1) return undefined;
        iam.addKey();
        return "lostReply";
      };
      const made = "(Active, made 2026-11-01T00:00:00Z)";
      says(await told(scene.up()), ["iam:CreateAccessKey", "ECONNRESET", one, made, two, "secret", "run again"]);
    });

    it("AWS did not accept the new key in time: it is kept, and nothing failed", async () => {
      iam.propagation = 10 * MINUTE;
      await scene.up();
      assert.equal(said().length, 1);
      says(said().join(), [one, userArn, "InvalidClientTokenId"]);
    });

    it("nobody could try the new key: that is told, and not that it is a bad one", async () => {
      iam.tryKey = async () => {
        throw new TypeError("the certificate has expired");
      };
      await scene.up();
      assert.match(said().join(), /did not accept it within 60 s \(no answer\)/);
    });

    it("a key that has to work before older ones go did not: which of them still works", async () => {
      await scene.rotated();
      scene.recorded = managedKeys({ ...scene.recorded, toDelete: [iam.addKey().accessKeyId] });
      scene.clock.time += MINUTE;
      iam.tryKey = async ({ accessKeyId }) =>
        accessKeyId === four
          ? { accepted: false, code: "InvalidClientTokenId", wrongSecret: false }
          : { accepted: true, arn: userArn, userId: iam.userId };
      says(await told(scene.up({ revoke: "leak" })), [
        four,
        "InvalidClientTokenId",
        two,
        one,
        three,
        "Run again",
        "there is no previous key",
        "still to be deleted",
        SAVED,
      ]);
    });

    it("the same where the older one is previous, and its grace period is over", async () => {
      await scene.rotated();
      scene.clock.time += 2 * MINUTE;
      iam.propagation = 10 * MINUTE;
      says(await told(scene.up({ gracePeriod: "1m" })), [two, "InvalidClientTokenId", "Run again"]);
    });
  });

  describe("when AWS refuses a call: what it was for", () => {
    it("opening the journal", async () => {
      fails("TagUser");
      says(await told(scene.up()), [userArn, ...DENIED("TagUser")]);
    });

    it("closing the journal: the key is made, and it is told where that stands", async () => {
      fails("TagUser done");
      says(await told(scene.up()), [userArn, ...DENIED("TagUser"), one, "there is no previous key", SAVED]);
    });

    it("closing the journal of an operation that died", async () => {
      await scene.up();
      leave({});
      fails("TagUser done");
      says(await told(scene.up()), [userArn, ...DENIED("TagUser")]);
    });

    it("making a key", async () => {
      fails("CreateAccessKey");
      says(await told(scene.up()), [userArn, ...DENIED("CreateAccessKey")]);
    });

    it("deleting the key that makes room: nothing has changed yet", async () => {
      await scene.rotated();
      fails(`DeleteAccessKey ${one}`);
      says(await told(scene.rotate()), [one, userArn, ...DENIED("DeleteAccessKey")]);
    });

    it("making a key when another has made room for it: that one is gone", async () => {
      await scene.rotated();
      fails("CreateAccessKey");
      says(await told(scene.rotate()), [
        userArn,
        ...DENIED("CreateAccessKey"),
        one,
        "is gone",
        two,
        "there is no previous key",
        SAVED,
      ]);
    });

    it("making a key in the place of those that somebody deleted", async () => {
      await scene.rotated();
      remove(two);
      fails("CreateAccessKey");
      // Nothing was changed by this run: what is gone is found again by the next one.
      says(await told(scene.up()), [userArn, ...DENIED("CreateAccessKey")]);
      remove(one);
      says(await told(scene.up()), [userArn, ...DENIED("CreateAccessKey")]);
    });

    it("deleting an older key, once its successor is there", async () => {
      await scene.rotated();
      fails(`DeleteAccessKey ${two}`);
      says(await told(scene.up({ revoke: "leak" })), [
        two,
        userArn,
        ...DENIED("DeleteAccessKey"),
        three,
        one,
        "is gone",
        "there is no previous key",
        "still to be deleted",
        SAVED,
      ]);
    });

    it("deleting a lost key", async () => {
      await scene.up();
      scene.died();
      fails(`DeleteAccessKey ${two}`);
      says(await told(scene.up()), [two, userArn, ...DENIED("DeleteAccessKey")]);
    });

    it("looking who is at work, before an older key ends", async () => {
      await scene.rotated();
      scene.clock.time += 2 * MINUTE;
      scene.strike("GetUser", 2, denied("GetUser"));
      says(await told(scene.up({ gracePeriod: "1m" })), [userArn, ...DENIED("GetUser")]);
    });

    it("trying the keys to adopt", async () => {
      iam.addKey();
      iam.addKey();
      iam.tryKey = async () => {
        throw new IamError("unreachable", "sts:GetCallerIdentity", "ENOTFOUND", "no network", "Call somebody.");
      };
      says(await told(scene.up({ adopt: { current: pair(two), previous: pair(one) } })), [
        one,
        two,
        userArn,
        "sts:GetCallerIdentity",
        "ENOTFOUND",
      ]);
    });

    it("closing the journal of an adoption: which keys were adopted", async () => {
      iam.addKey();
      iam.addKey();
      fails("TagUser done");
      assert.match(
        await told(scene.up({ adopt: { current: pair(two), previous: pair(one) } })),
        new RegExp(
          `Where it stands: ${two} and ${one} were made or adopted, current is ${two}, previous is ${one}\\. `,
        ),
      );
    });

    it("deleting a key of a resource that goes", async () => {
      await scene.up();
      fails("DeleteAccessKey");
      says(await told(scene.destroy()), [one, userArn, ...DENIED("DeleteAccessKey")]);
    });
  });

  describe("when a resource goes, and leaves something", () => {
    beforeEach(() => scene.rotated());
    it("the user is not there", async () => {
      Object.assign(iam, { exists: false, keys: [] });
      await scene.destroy();
      assert.equal(said().length, 1);
      says(said().join(), ["not there", one, two]);
    });

    it("the user is another one", async () => {
      Object.assign(iam, { userId: "AIDAANOTHERUSER00001", keys: [] });
      await scene.destroy();
      assert.equal(said().length, 1);
      says(said().join(), ["AIDAANOTHERUSER00001", one, two]);
    });

    it("there was no key to look for: nothing is said", async () => {
      scene.recorded = undefined;
      iam.exists = false;
      await scene.destroy();
      assert.deepEqual(said(), []);
    });

    it("another resource has taken the keys over, and there is one that it does not keep", async () => {
      leave({ owner: "you", operationId: "rival-1", phase: "done" });
      await scene.destroy();
      const [line, ...more] = said();
      assert.deepEqual(more, []);
      assert.match(
        line ?? "",
        new RegExp(
          `^keys are left on the user: ${one} and ${two}: another resource \\(owner you, operation rival-1\\) has taken them over\\.`,
        ),
      );
    });
  });

  it("a refresh that finds no user, while nobody could ask its keys", async () => {
    const stage = new Stage();
    const outs = await stage.create();
    stage.iam.exists = false;
    stage.iam.tryKey = async () => ({ accepted: false, code: "ENOTFOUND", wrongSecret: false, unasked: true });
    assert.match(
      await told(stage.provider.read("id", outs)),
      new RegExp(`^Can't read the access keys of ${userArn}: the user that it knew is not there under that name, and`),
    );
  });

  it("an update under a new name that turns out to be another user's", async () => {
    const stage = new Stage();
    const outs = await stage.create();
    const other = "arn:aws:iam::123456789012:user/ci/another";
    Object.assign(stage.iam, { arn: other, userId: "AIDAANOTHERUSER00001", keys: [], journal: undefined });
    says(await told(stage.provider.update("id", outs, { userArn: other })), [
      other,
      "AIDAANOTHERUSER00001",
      "Nothing was changed",
      "Run again",
    ]);
  });
});
