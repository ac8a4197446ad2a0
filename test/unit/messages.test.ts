import assert from "node:assert/strict";
import { explainVerdict, signerLeaves } from "../../provider/decide/refusals";
import { IamError } from "../../provider/model/errors";
import type { Journal } from "../../provider/model/journal";
import { denied, Scene } from "../support/scene";
import { userArn } from "../support/stage";

const MINUTE = 60_000;
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
  `or adopt one with \`state: { previous: { accessKeyId } }\`: the next rotation deletes it, not before the next run, and not within \`gracePeriod\`; or, if it is somebody else's and stays, ${first}remove the tag pulumi-aws-iam-rotator from the user, which makes every key that this state does not know a stranger's. Then run again.`;

describe("what a refusal says: what was found, and each way out", () => {
  it("another owner at work", () => {
    assert.deepEqual(explainVerdict({ refusal: "atWork", journal, keys }, "me"), {
      found: `another resource is at work on this user: ${OPERATION} is open, by the tag on the user; its owner is you, here it is me.`,
      todo: "Nothing was changed. Rotate a user in one place only: let that run end and take this resource out; or if it was killed, run again after 2026-11-01T12:10:00Z for what to do.",
    });
  });

  for (const [on, has] of [
    [keys, LISTED],
    [[], "no other keys than those recorded here"],
  ] as const) {
    it(`another owner, where the user has ${has.slice(0, 8)}…`, () => {
      assert.deepEqual(explainVerdict({ refusal: "otherOwner", journal, keys: [...on] }, "me"), {
        found: `another stack, or a resource in another place, rotates this user's keys: the owner of ${OPERATION} is you, here it is me. The user has ${has}.`,
        todo: "Nothing was changed. Rotate a user in one place only. If this resource was renamed or moved below another parent, give it the option `aliases` with its old name or parent. To find the other, look for you in the output of `pulumi stack export`; to take the user over from it, name every key of the user in `state` (delete what nobody uses, where there are more than two), run again, then destroy the other resource, which leaves adopted keys alone. Where the other is gone for good, remove the tag pulumi-aws-iam-rotator from the user: then its keys are strangers' here.",
        keys: [...on],
      });
    });
  }

  it("keys that were handed out", () => {
    assert.deepEqual(explainVerdict({ refusal: "handedOut", journal, keys }, "me"), {
      found: `${LISTED} was made and handed out by ${OPERATION} of this resource, and this state does not know it: the state was lost, restored from a backup or could not be written, or this is a forced replacement. It may be in use.`,
      todo: `Nothing was changed. If you have its secret, adopt it with \`state: { current: { accessKeyId, secretAccessKey } }\`; if not, replace it where it is used and delete K or L once nobody uses it; ${adoptOrLeave()}`,
      keys,
    });
  });

  for (const [alsoLost, first] of [
    [[], ""],
    [["M"], "delete M, which was made by that operation and whose secret nobody has, and "],
  ] as const) {
    it(`keys of which nobody can tell${first ? ", beside a lost one" : ""}`, () => {
      assert.deepEqual(explainVerdict({ refusal: "unclear", journal, keys, alsoLost: [...alsoLost] }, "me"), {
        found: `${OPERATION} of this resource was interrupted in the moment in which it made a key, and there is ${LISTED}. It may be that key, with a secret that nobody has; or somebody else's.`,
        todo: `Nothing was changed. Delete K or L if nobody uses it; ${adoptOrLeave(first)}`,
        keys,
      });
    });
  }

  it("the key that signs", () => {
    assert.deepEqual(signerLeaves("K"), {
      found: "the credentials in use are K, an access key of this user that would be deleted.",
      todo: "Nothing was changed. Sign with the current key, or with credentials of another user or role; then run again.",
    });
  });
});

describe("what a failure says", () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  const said = async (run: Promise<unknown>) => {
    const failure: unknown = await run.then(
      () => "no failure",
      (error) => error,
    );
    assert.ok(failure instanceof Error, String(failure));
    return failure.message;
  };
  const rotating = `Can't rotate the access keys of ${userArn}`;

  it("of a user that is not there, or is another one", async () => {
    const { iam } = scene;
    iam.exists = false;
    assert.equal(
      await said(scene.up()),
      `${rotating}: there is no such user in that account. Correct \`userArn\`, or make the user first; then run again.`,
    );
    iam.exists = true;
    iam.arn = "arn:aws:iam::123456789012:user/moved/deployer";
    assert.equal(
      await said(scene.up()),
      `${rotating}: the user of that name is ${iam.arn}. Correct \`userArn\`, or make the user first; then run again.`,
    );
  });

  it("of slots that are full, with somebody's key in them, or with nobody's", async () => {
    const { iam } = scene;
    const one = iam.addKey();
    const line = `Can't make a new access key: the user has as many access keys as AWS allows it, and of these ${one.accessKeyId} (Active, made 2026-11-01T00:00:00Z)`;
    iam.slots = 1;
    scene.clock.time += MINUTE;
    assert.equal(
      await said(scene.up()),
      `${line} is not managed here. Adopt it with \`state: { previous: { accessKeyId: "${one.accessKeyId}" } }\`, and the next rotation deletes it, not before the next run, and not within \`gracePeriod\`; or delete it, if nobody uses it. Then run again.`,
    );
    const two = iam.addKey();
    iam.slots = 2;
    scene.clock.time += MINUTE;
    assert.equal(
      await said(scene.up()),
      `${line}, ${two.accessKeyId} (Active, made 2026-11-01T00:01:00Z) are not managed here. Adopt one with \`state: { previous: { accessKeyId: "${one.accessKeyId}" } }\`, and the next rotation deletes it, not before the next run, and not within \`gracePeriod\`; or delete it, if nobody uses it. Then run again.`,
    );
    iam.keys = [];
    iam.slots = 0;
    assert.equal(
      await said(scene.up()),
      "Can't make a new access key: AWS allows no further one for this user (LimitExceeded), although no key is there that is not managed here. A key deleted a moment ago may still count: run again in a minute.",
    );
  });

  it("of a call that was denied half-way: where it stands, and that it is saved", async () => {
    const [current, previous] = await scene.rotated();
    scene.strike("CreateAccessKey", 1, denied("CreateAccessKey"));
    assert.equal(
      await said(scene.rotate()),
      `Can't make a new access key of ${userArn}: iam:CreateAccessKey failed with AccessDenied: not authorized. Allow iam:CreateAccessKey on ${userArn} (rotationPolicy() in this package makes the whole policy document), then run again. Where it stands: ${previous} is gone, current is ${current}, there is no previous key. This is saved, and the next update goes on from there.`,
    );
  });

  it("of each step that can fail", async () => {
    const [current, previous] = await scene.rotated();
    const failing = async (action: string, intent = {}) => {
      scene.strike(action, 1, new IamError("refused", `iam:${action}`, "Refused", "no"));
      return (await said(scene.up({ rotate: "so", ...intent }))).split(":")[0];
    };
    const of = ` of arn`;
    assert.equal(await failing("TagUser open"), `Can't write the journal, a tag on the user, for the access keys${of}`);
    assert.equal(await failing("DeleteAccessKey"), `Can't delete the access key ${previous}${of}`);
    assert.equal(await failing("CreateAccessKey"), `Can't make a new access key${of}`);
    assert.ok(current);
  });

  it("of a new key that AWS does not accept: it is kept, and what to do", async () => {
    scene.iam.propagation = 90 * MINUTE;
    await scene.up();
    const [id] = scene.iam.ids();
    assert.deepEqual(scene.said, [
      `The new access key ${id} of ${userArn} is made and saved, but AWS did not accept it within 60 s (InvalidClientTokenId). Try it before you rely on it.`,
    ]);
    const revoked = await said(scene.up({ revoke: "leak" }));
    const [, made] = scene.iam.ids();
    assert.equal(
      revoked.split(" Where it stands")[0],
      `Can't delete older keys yet: AWS did not accept the new key ${made} within 60 s (InvalidClientTokenId), so ${id} still works. The new key is kept. Run again: the next update tries it, and then deletes the older ones.`,
    );
  });

  it("of an engine that is gone, and of another run", async () => {
    await scene.up();
    scene.engine.isGone = async () => true;
    assert.match(
      await said(scene.rotate()),
      /^Stopped working on the access keys of arn\S+: the Pulumi engine that asked for it is gone\. Run again: what was left is found and cleaned up\.$/,
    );
    scene.engine.isGone = async () => false;
    scene.iam.fault = (call) => {
      if (call === "CreateAccessKey") scene.iam.journal = undefined;
      return undefined;
    };
    assert.equal(
      await said(scene.rotate()),
      "Stopped half-way: the tag on the user was removed while this run was at work. No key of the other was touched; a key that this run had made is deleted again. Rotate a user in one place only; then run again.",
    );
  });
});
