import assert from "node:assert/strict";
import { LONGEST_OPERATION } from "../../provider/decide/judge";
import { explainVerdict, signerLeaves } from "../../provider/decide/refusals";
import { IamError, RotationError } from "../../provider/model/errors";
import { formatJournal, type Journal } from "../../provider/model/journal";
import { managedKeys } from "../../provider/model/managedKeys";
import type { MemoryIam } from "../support/memoryIam";
import { dead, denied, Scene } from "../support/scene";
import { Stage, userArn } from "../support/stage";

// Every message says what was asked, what was found (key ids, never secrets), and what to do next. These are the words.

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
const DENIED = (action: string) =>
  `iam:${action} failed with AccessDenied: not authorized. Allow iam:${action} on ${userArn} (rotationPolicy() in this package makes the whole policy document), then run again.`;
const SAVED = "This is saved, and the next update goes on from there.";
const LEAVE =
  "or adopt one with `state: { previous: { accessKeyId } }`: a later rotation deletes it, once `gracePeriod` is over; or, if it is somebody else's and stays, remove the tag pulumi-aws-iam-rotator from the user, after which no key that this state does not know counts as its own. Then run again.";

const journal: Journal = {
  phase: "open",
  kind: "rotate",
  at: "2026-11-01T12:00:00Z",
  owner: "you",
  operationId: "one-two",
  strangers: [],
};
const keys = ["K", "L"].map((accessKeyId) => ({ accessKeyId, status: "Active" as const, createdAt: journal.at }));
const LISTED = "K (Active, made 2026-11-01T12:00:00Z), L (Active, made 2026-11-01T12:00:00Z)";
const OPERATION = "operation one-two (rotate, begun 2026-11-01T12:00:00Z)";
const adoptOrLeave = (first = "") =>
  `or adopt one with \`state: { previous: { accessKeyId } }\`: a later rotation deletes it, once \`gracePeriod\` is over; or, if it is somebody else's and stays, ${first}remove the tag pulumi-aws-iam-rotator from the user, after which no key that this state does not know counts as its own. Then run again.`;

describe("what a refusal says: what was found, and each way out", () => {
  it("another owner at work", () => {
    assert.deepEqual(explainVerdict({ refusal: "atWork", journal, keys }, "me"), {
      found: `another resource is at work on this user: ${OPERATION} is open, by the tag on the user; its owner is you, here it is me.`,
      todo: "Nothing was changed. Rotate a user in one place only: let that run end and take this resource out; or if it was killed, run again after 2026-11-01T12:10:00Z for what to do.",
      because: "atWork",
      keys,
    });
  });

  for (const [on, has] of [
    [keys, LISTED],
    [[], "no other keys than those recorded here"],
  ] as const) {
    it(`another owner, where the user has ${has.slice(0, 8)}…`, () => {
      assert.deepEqual(explainVerdict({ refusal: "otherOwner", journal, keys: [...on] }, "me"), {
        found: `another stack, or a resource in another place, rotates this user's keys: the owner of ${OPERATION} is you, here it is me. The user has ${has}.`,
        todo: "Nothing was changed. Rotate a user in one place only. If this resource was renamed or moved below another parent, give it the option `aliases` with its old name or parent. To find the other, look for you in the output of `pulumi stack export`; to take the user over from it, name every key of the user in `state` (delete what nobody uses, where there are more than two), run again, then take the other resource out of its stack with `pulumi state delete`. Where `state` named them before, or the other is gone for good, take that one out of its stack, and remove the tag pulumi-aws-iam-rotator from the user: then keys that are not recorded here count as not managed.",
        because: "otherOwner",
        keys: [...on],
      });
    });
  }

  it("keys that were handed out", () => {
    assert.deepEqual(explainVerdict({ refusal: "handedOut", journal, keys }, "me"), {
      found: `${LISTED} were made and handed out by ${OPERATION} of this resource, and this state does not know them: the state was lost, restored from a backup or could not be written; or this is a forced replacement; or a stack of the same name, in another backend or before a rename, rotates this user. It may be in use.`,
      todo: `Nothing was changed. If you have its secret, adopt it with \`state: { current: { accessKeyId, secretAccessKey } }\`; if not, replace it where it is used and delete K or L once nobody uses it; ${adoptOrLeave()}`,
      because: "handedOut",
      keys,
    });
  });

  it("another instance under the same hash: by what name it goes elsewhere", () => {
    const { because, found, todo } = explainVerdict({ refusal: "otherInstance", journal, keys }, "me");
    assert.equal(because, "otherInstance");
    assert.match(found, /of the same project, stack and name .* in another backend, or a stack that took the name/);
    assert.match(todo, /^Nothing was changed\. .* name every key of the user in `state`/);
  });

  for (const [alsoLost, first] of [
    [[], ""],
    [["M"], "delete M, which was made by that operation and whose secret nobody has, and "],
  ] as const) {
    it(`keys of which nobody can tell${first ? ", beside a lost one" : ""}`, () => {
      assert.deepEqual(explainVerdict({ refusal: "unclear", journal, keys, alsoLost: [...alsoLost] }, "me"), {
        found: `${OPERATION} of this resource was interrupted in the moment in which it made a key, and there is ${LISTED}. It may be that key, with a secret that nobody has; or somebody else's.`,
        todo: `Nothing was changed. Delete K or L if nobody uses it; ${adoptOrLeave(first)}`,
        because: "unclear",
        keys,
      });
    });
  }

  it("the key that signs", () => {
    assert.deepEqual(signerLeaves("K"), {
      found:
        "the credentials in use are K, an access key of this user that would be deleted or deactivated, and no other one that works can sign the rest.",
      todo: "Nothing was changed. Sign with credentials of another user or role, or with a key of this user that stays; then run again.",
      because: "signer",
    });
  });
});

describe("what is told, word by word", () => {
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
      assert.equal(
        await told(scene.rotate()),
        `${ROTATE}: another resource is at work on this user: operation rival-1 (rotate, begun 2026-11-01T00:00:00Z) is open, by the tag on the user; its owner is you, here it is me. Nothing was changed. Rotate a user in one place only: let that run end and take this resource out; or if it was killed, run again after 2026-11-01T00:10:00Z for what to do.`,
      );
    });

    it("another owner has rotated the user: which keys are there", async () => {
      iam.addKey();
      iam.addKey("Inactive");
      scene.clock.time += MINUTE;
      leave({ owner: "you", operationId: "rival-1", phase: "done", kind: "create" });
      assert.equal(
        await told(scene.rotate()),
        `${ROTATE}: another stack, or a resource in another place, rotates this user's keys: the owner of operation rival-1 (create, begun 2026-11-01T00:00:00Z) is you, here it is me. The user has ${two} (Active, made 2026-11-01T00:01:00Z), ${three} (Inactive, made 2026-11-01T00:01:00Z). ${two} was never used. ${three} was never used. Nothing was changed. Rotate a user in one place only. If this resource was renamed or moved below another parent, give it the option \`aliases\` with its old name or parent. To find the other, look for you in the output of \`pulumi stack export\`; to take the user over from it, name every key of the user in \`state\` (delete what nobody uses, where there are more than two), run again, then take the other resource out of its stack with \`pulumi state delete\`. Where \`state\` named them before, or the other is gone for good, take that one out of its stack, and remove the tag pulumi-aws-iam-rotator from the user: then keys that are not recorded here count as not managed.`,
      );
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
      assert.equal(
        await told(scene.rotate()),
        `${ROTATE}: ${[two, three, four].map((id) => `${id} (Active, made 2026-11-01T00:01:00Z)`).join(", ")} were made and handed out by operation op1-saved (adopt, begun 2026-11-01T00:00:00Z) of this resource, and this state does not know them: the state was lost, restored from a backup or could not be written; or this is a forced replacement; or a stack of the same name, in another backend or before a rename, rotates this user. It may be in use. ${two} was last used 2026-10-31T12:00:00Z (s3, eu-central-1). ${three} was never used. Nothing was changed. If you have its secret, adopt it with \`state: { current: { accessKeyId, secretAccessKey } }\`; if not, replace it where it is used and delete ${two} or ${three} or ${four} once nobody uses it; ${LEAVE}`,
      );
    });

    it("keys that may be anybody's", async () => {
      iam.addKey();
      leave({});
      scene.clock.time += LONGEST_OPERATION;
      iam.fault = (call) => (call.startsWith("GetAccessKeyLastUsed") ? denied("GetAccessKeyLastUsed") : undefined);
      assert.equal(
        await told(scene.rotate()),
        `${ROTATE}: operation first-died (rotate, begun 2026-11-01T00:00:00Z) of this resource was interrupted in the moment in which it made a key, and there is ${two} (Active, made 2026-11-01T00:01:00Z). It may be that key, with a secret that nobody has; or somebody else's. Nothing was changed. Delete ${two} if nobody uses it; ${LEAVE}`,
      );
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
      assert.equal(
        await told(scene.destroy()),
        `${DELETE}: another resource (owner you, operation rival-1) began to take over ${one}, and its run did not end. Nothing was changed. Run that one again, and then this; or if it is gone, remove the tag pulumi-aws-iam-rotator from the user, and run this again: then these keys are deleted.`,
      );
    });
  });

  describe("when it is refused for the user", () => {
    const renamed = "arn:aws:iam::123456789012:user/renamed";
    const look =
      "Use credentials of the user's account: the `login` input, the resource's AWS provider, the stack's aws:* configuration, or the environment.";
    const way =
      "Nothing was changed. Set `userArn` to the ARN of the user as it is now, and the keys stay as they are; then run again.";

    it("there is none", async () => {
      iam.exists = false;
      assert.equal(
        await told(scene.up()),
        `${ROTATE}: there is no such user in that account. Correct \`userArn\`, or make the user first; then run again.`,
      );
    });

    it("it has another path", async () => {
      iam.arn = renamed;
      assert.equal(
        await told(scene.up()),
        `${ROTATE}: the user of that name is ${renamed}. Correct \`userArn\`, or make the user first; then run again.`,
      );
    });

    it("it is one of another account", async () => {
      iam.arn = "arn:aws:iam::999999999999:user/ci/deployer";
      assert.equal(
        await told(scene.up()),
        `Can't look at the access keys of ${userArn}: the credentials in use belong to account 999999999999, the user to 123456789012. ${look}`,
      );
    });

    it("it was renamed: by what its keys tell", async () => {
      await scene.up();
      iam.exists = false;
      iam.arn = renamed;
      assert.equal(await told(scene.rotate()), `${ROTATE}: its keys are alive: their user is ${renamed} now. ${way}`);
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
      assert.equal(
        await told(scene.rotate()),
        `${ROTATE}: its keys are alive: their user is ${renamed} now, and ${userArn} is another one (UserId AIDAANOTHERUSER00001). ${way}`,
      );
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
      assert.equal(
        await told(scene.rotate()),
        `${ROTATE}: the user that it knew is not there under that name, and nobody could ask whether its key ${one} is alive under another (sts:GetCallerIdentity: ENOTFOUND). Nothing was changed. Run again when STS can be reached.`,
      );
    });

    it("the list is another one each time", async () => {
      await scene.rotated();
      const list = iam.listAccessKeys.bind(iam);
      let looks = 0;
      iam.listAccessKeys = async () => {
        const turn = looks++ % 2;
        return (await list()).filter((_, index) => index === turn);
      };
      assert.equal(
        await told(scene.rotate()),
        "Can't tell which keys are there: AWS lists other keys each time it is asked. It is still catching up with a change: run again in a minute.",
      );
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
      const way = "Name keys of this user in `state`, or leave it out: then a new key is made.";
      assert.equal(
        await told(scene.up({ adopt: { current } })),
        `${ROTATE}: \`state\` names AKIANOTTHERE00000001, and the user has ${one} (Active, made 2026-11-01T00:00:00Z). ${way}`,
      );
      iam.keys = [];
      assert.equal(
        await told(scene.up({ adopt: { current, previous } })),
        `${ROTATE}: \`state\` names AKIANOTTHERE00000001 and AKIANOTTHERE00000002, and the user has no access keys. ${way}`,
      );
    });

    it("`state.current` does not work", async () => {
      iam.addKey("Inactive");
      assert.equal(
        await told(scene.up({ adopt: { current: pair(one) } })),
        `${ROTATE}: the key ${one} of \`state.current\` is Inactive. Activate it, or leave \`state.current\` out: then a new key is made.`,
      );
    });

    it("`state` names two, beside one in use", async () => {
      await scene.up();
      iam.addKey();
      iam.addKey();
      assert.equal(
        await told(scene.up({ adopt: { current: pair(three), previous: { accessKeyId: two } } })),
        `${ROTATE}: \`state\` names two keys, and ${one} is current: it would have to be deleted at once. Adopt ${three} as \`state.current\` alone, and ${one} becomes previous; or ${two} as \`state.previous\` alone.`,
      );
    });

    const way = "Nothing was changed. Correct the secret in `state`, or leave the key out; then run again.";
    it("the secret in `state` is another's", async () => {
      iam.addKey();
      const current = { accessKeyId: one, secretAccessKey: "not-its-own" };
      assert.equal(
        await told(scene.up({ adopt: { current } })),
        `Can't adopt the access key ${one}: the secret given for it in \`state\` is not its own. ${way}`,
      );
    });

    it("AWS does not accept the one in `state`", async () => {
      iam.addKey();
      iam.propagation = MINUTE;
      assert.equal(
        await told(scene.up({ adopt: { current: pair(one) } })),
        `Can't adopt the access key ${one}: AWS does not accept it (InvalidClientTokenId). ${way}`,
      );
    });

    it("the one in `state` is another user's", async () => {
      iam.addKey();
      const arn = "arn:aws:iam::123456789012:user/another";
      iam.tryKey = async () => ({ accepted: true, arn, userId: "AIDAANOTHERUSER00001" });
      assert.equal(
        await told(scene.up({ adopt: { current: pair(one) } })),
        `Can't adopt the access key ${one}: it is a key of another user, ${arn}. ${way}`,
      );
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
      assert.equal(
        await told(scene.rotate()),
        "Can't make a new access key: AWS allows no further one for this user (LimitExceeded), although it has no unmanaged one. A key deleted a moment ago may still count: run again in a minute.",
      );
    });
  });

  describe("when it fails on the way", () => {
    it("the engine is gone", async () => {
      scene.engine.isGone = async () => true;
      assert.equal(
        await told(scene.up()),
        `Stopped working on the access keys of ${userArn}: the Pulumi engine that asked for it is gone. Run again: what was left is found and cleaned up.`,
      );
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
        assert.equal(
          await told(scene.up()),
          `Stopped half-way: ${found} while this run was at work. No key of the other was touched; a key that this run had made is deleted again, unless older ones had gone for it. Rotate a user in one place only; then run again.`,
        );
      });
    }

    it("it is too late to make a key", async () => {
      iam.fault = (call) => {
        if (call === "TagUser open") scene.clock.time += 5 * MINUTE + 1;
        return undefined;
      };
      assert.equal(
        await told(scene.up()),
        "Can't make a new access key: the steps before it took more than 5 minutes, and no key is made so late. AWS answers slowly just now, or the machine has slept. Run again.",
      );
    });

    it("AWS gave no clear answer, and keys appeared", async () => {
      let calls = 0;
      iam.fault = (call) => {
        if (call !== "CreateAccessKey" || ++calls > 1) return undefined;
        iam.addKey();
        return "lostReply";
      };
      const made = "(Active, made 2026-11-01T00:00:00Z)";
      assert.equal(
        await told(scene.up()),
        `Can't tell which key was made: AWS gave no clear answer to iam:CreateAccessKey (ECONNRESET), and now there is ${one} ${made}, ${two} ${made}. It may be the key that AWS made, with a secret that nobody has; or somebody else's. Delete ${one} and ${two} if nobody uses it, then run again; the next run names the other ways out.`,
      );
    });

    it("AWS did not accept the new key in time: it is kept, and nothing failed", async () => {
      iam.propagation = 10 * MINUTE;
      await scene.up();
      assert.deepEqual(said(), [
        `The new access key ${one} of ${userArn} is made and saved, but AWS did not accept it within 60 s (InvalidClientTokenId). Try it before you rely on it.`,
      ]);
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
      assert.equal(
        await told(scene.up({ revoke: "leak" })),
        `Can't delete older keys yet: AWS did not accept the new key ${four} within 60 s (InvalidClientTokenId), so ${two} and ${one} and ${three} still work. The new key is kept. Run again: the next update tries it, and then deletes the older ones. Where it stands: ${four} was made or adopted, current is ${four}, there is no previous key, ${two} and ${one} and ${three} are still to be deleted. ${SAVED}`,
      );
    });

    it("the same where the older one is previous, and its grace period is over", async () => {
      await scene.rotated();
      scene.clock.time += 2 * MINUTE;
      iam.propagation = 10 * MINUTE;
      assert.equal(
        await told(scene.up({ gracePeriod: "1m" })),
        `Can't delete older keys yet: AWS did not accept the new key ${two} within 60 s (InvalidClientTokenId), so the key before it still works. The new key is kept. Run again: the next update tries it, and then deletes the older ones.`,
      );
    });
  });

  describe("when AWS refuses a call: what it was for", () => {
    it("opening the journal", async () => {
      fails("TagUser");
      assert.equal(
        await told(scene.up()),
        `Can't write the journal, a tag on the user, for the access keys of ${userArn}: ${DENIED("TagUser")}`,
      );
    });

    it("closing the journal: the key is made, and it is told where that stands", async () => {
      fails("TagUser done");
      assert.equal(
        await told(scene.up()),
        `Can't write the journal, a tag on the user, for the access keys of ${userArn}: ${DENIED("TagUser")} Where it stands: ${one} was made or adopted, current is ${one}, there is no previous key. ${SAVED}`,
      );
    });

    it("closing the journal of an operation that died", async () => {
      await scene.up();
      leave({});
      fails("TagUser done");
      assert.equal(
        await told(scene.up()),
        `Can't write the journal, a tag on the user, for the access keys of ${userArn}: ${DENIED("TagUser")}`,
      );
    });

    it("making a key", async () => {
      fails("CreateAccessKey");
      assert.equal(await told(scene.up()), `Can't make a new access key of ${userArn}: ${DENIED("CreateAccessKey")}`);
    });

    it("deleting the key that makes room: nothing has changed yet", async () => {
      await scene.rotated();
      fails(`DeleteAccessKey ${one}`);
      assert.equal(
        await told(scene.rotate()),
        `Can't delete the access key ${one} of ${userArn}: ${DENIED("DeleteAccessKey")}`,
      );
    });

    it("making a key when another has made room for it: that one is gone", async () => {
      await scene.rotated();
      fails("CreateAccessKey");
      assert.equal(
        await told(scene.rotate()),
        `Can't make a new access key of ${userArn}: ${DENIED("CreateAccessKey")} Where it stands: ${one} is gone, current is ${two}, there is no previous key. ${SAVED}`,
      );
    });

    it("making a key in the place of those that somebody deleted", async () => {
      await scene.rotated();
      remove(two);
      fails("CreateAccessKey");
      // Nothing was changed by this run: what is gone is found again by the next one.
      const why = `Can't make a new access key of ${userArn}: ${DENIED("CreateAccessKey")}`;
      assert.equal(await told(scene.up()), why);
      remove(one);
      assert.equal(await told(scene.up()), why);
    });

    it("deleting an older key, once its successor is there", async () => {
      await scene.rotated();
      fails(`DeleteAccessKey ${two}`);
      assert.equal(
        await told(scene.up({ revoke: "leak" })),
        `Can't delete the access key ${two} of ${userArn}: ${DENIED("DeleteAccessKey")} Where it stands: ${three} was made or adopted, ${one} is gone, current is ${three}, there is no previous key, ${two} is still to be deleted. ${SAVED}`,
      );
    });

    it("deleting a lost key", async () => {
      await scene.up();
      scene.died();
      fails(`DeleteAccessKey ${two}`);
      assert.equal(
        await told(scene.up()),
        `Can't delete the access key ${two} of ${userArn}: ${DENIED("DeleteAccessKey")}`,
      );
    });

    it("looking who is at work, before an older key ends", async () => {
      await scene.rotated();
      scene.clock.time += 2 * MINUTE;
      scene.strike("GetUser", 2, denied("GetUser"));
      assert.equal(
        await told(scene.up({ gracePeriod: "1m" })),
        `Can't try the current access key of ${userArn}: ${DENIED("GetUser")}`,
      );
    });

    it("trying the keys to adopt", async () => {
      iam.addKey();
      iam.addKey();
      iam.tryKey = async () => {
        throw new IamError("unreachable", "sts:GetCallerIdentity", "ENOTFOUND", "no network", "Call somebody.");
      };
      assert.equal(
        await told(scene.up({ adopt: { current: pair(two), previous: pair(one) } })),
        `Can't adopt the access key ${one} and ${two} of ${userArn}: sts:GetCallerIdentity failed with ENOTFOUND: no network. Call somebody.`,
      );
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
      assert.equal(
        await told(scene.destroy()),
        `Can't delete the access key ${one} of ${userArn}: ${DENIED("DeleteAccessKey")}`,
      );
    });
  });

  describe("when a resource goes, and leaves something", () => {
    beforeEach(() => scene.rotated());
    const nobody = `so nobody could look for ${two} and ${one}. If it was renamed, and they are inactive, they are there still.`;

    it("the user is not there", async () => {
      Object.assign(iam, { exists: false, keys: [] });
      await scene.destroy();
      assert.deepEqual(said(), [`the user of that name is not there, ${nobody}`]);
    });

    it("the user is another one", async () => {
      Object.assign(iam, { userId: "AIDAANOTHERUSER00001", keys: [] });
      await scene.destroy();
      assert.deepEqual(said(), [
        `the user of that name is another one by now (UserId AIDAANOTHERUSER00001), ${nobody}`,
      ]);
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
    assert.equal(
      await told(stage.provider.update("id", outs, { userArn: other })),
      `Can't rotate the access keys of ${other}: it is another user (UserId AIDAANOTHERUSER00001), and not the one whose keys this resource keeps. Nothing was changed. Run again: the preview then shows a replacement, which makes a key of the new user and deletes those of the old one.`,
    );
  });
});
