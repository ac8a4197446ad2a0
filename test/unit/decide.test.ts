import assert from "node:assert/strict";
import { planRotation } from "../../provider/decide/decide";
import type { Intent, Plan, Reader } from "../../provider/decide/plan";
import type { FoundKey } from "../../provider/model/accessKey";
import type { Journal } from "../../provider/model/journal";
import { type ManagedKeys, managedKeys } from "../../provider/model/managedKeys";

const USER = "AIDAUSER";
const at = "2026-11-01T00:00:00Z";
const key = (accessKeyId: string) => ({ accessKeyId, secretAccessKey: `secret of ${accessKeyId}`, createdAt: at });
const found = (...ids: string[]): FoundKey[] =>
  ids.map((id) => ({
    accessKeyId: id.replace("!", ""),
    status: id.endsWith("!") ? "Inactive" : "Active",
    createdAt: at,
  }));
const reader: Reader = { owner: "me", now: new Date(at) };
const rotate: Intent = { rotate: "rotationTrigger changed" };

/** The steps in short: `-A` deletes, `+` creates (`+>A`: A becomes previous), `?` tries, `~A` forgets, `=A` adopts. */
function short(plan: Plan): string {
  if ("refusal" in plan) return `refused: ${plan.refusal.found}`;
  return plan.steps
    .filter((step) => step.do !== "open" && step.do !== "close")
    .map((step) => {
      if (step.do === "discard") return `!${step.accessKeyId}`;
      if (step.do === "delete" || step.do === "makeRoom") return `-${step.accessKeyId}`;
      if (step.do === "forget") return `~${step.accessKeyId}`;
      if (step.do === "adopt") return `=${step.key.accessKeyId} as ${step.as}`;
      if (step.do === "create") return step.previousId ? `+>${step.previousId}` : "+";
      if (step.do === "tryAdopted") return `?${step.keys.map((key) => key.accessKeyId)}`;
      return "?";
    })
    .join(" ");
}

function plan(recorded: ManagedKeys | undefined, keys: FoundKey[], intent: Intent = {}, userId = USER): string {
  return short(planRotation(recorded, { userId, arn: "", keys }, intent, reader));
}

const A = managedKeys({ userId: USER, current: key("A") });
const AB = managedKeys({ userId: USER, current: key("A"), previous: key("B") });

describe("planRotation", () => {
  const table: [string, ManagedKeys | undefined, string[], Intent, string][] = [
    ["creation on an empty user", undefined, [], {}, "+ ?"],
    ["creation beside a stranger", undefined, ["S"], {}, "+ ?"],
    ["creation beside two strangers: AWS is asked, nothing is deleted", undefined, ["S", "T"], {}, "+ ?"],
    ["nothing to do", AB, ["B", "A"], {}, ""],
    ["first rotation: the free slot is used", A, ["A"], rotate, "+>A ?"],
    ["rotation with both slots taken", AB, ["B", "A"], rotate, "-B +>A ?"],
    ["rotation when previous was deleted by hand", AB, ["A"], rotate, "~B +>A ?"],
    ["rotation with a stranger in the slot of the account's third key", AB, ["S", "B", "A"], rotate, "-B +>A ?"],
    ["rotation with a stranger in the second slot: it is not touched", A, ["S", "A"], rotate, "+>A ?"],
    ["current deleted: previous stays", AB, ["B"], {}, "~A +>B ?"],
    ["current deleted and the trigger changed: still one new key", AB, ["B"], rotate, "~A +>B ?"],
    ["current inactive: previous, which works, is worth more", AB, ["B", "A!"], {}, "-A +>B ?"],
    ["current inactive and alone: it is kept as previous, not activated", A, ["A!"], {}, "+>A ?"],
    ["revocation", AB, ["B", "A"], { revoke: "leak" }, "-B + ? -A"],
    [
      "revocation with a stranger in the second slot: current stays until its successor is accepted",
      A,
      ["S", "A"],
      { revoke: "leak" },
      "+ ? -A",
    ],
    [
      "revocation with an inactive current: it makes room, not the previous that works",
      AB,
      ["B", "A!"],
      { revoke: "leak" },
      "-A + ? -B",
    ],
    ["both inactive", AB, ["B!", "A!"], {}, "-B +>A ?"],
    ["previous inactive: left for the next rotation", AB, ["B!", "A"], {}, ""],
    ["all keys deleted by hand", AB, [], {}, "~A ~B + ?"],
    [
      "a retired key of an interrupted run",
      managedKeys({ userId: USER, current: key("A"), previous: key("B"), retired: ["R"] }),
      ["R", "B", "A"],
      {},
      "? -R",
    ],
    [
      "a retired key makes room",
      managedKeys({ userId: USER, current: key("A"), retired: ["R"] }),
      ["R", "A"],
      rotate,
      "? -R +>A ?",
    ],
    [
      "retired and previous: one makes room, the other goes when its successor is there",
      managedKeys({ userId: USER, current: key("A"), previous: key("B"), retired: ["R"] }),
      ["R", "B", "A"],
      rotate,
      "? -R +>A ? -B",
    ],
  ];
  for (const [title, recorded, ids, intent, expected] of table) {
    it(title, () => assert.equal(plan(recorded, found(...ids), intent), expected));
  }

  it("a user made again under the same name: recorded keys are gone, its own keys are strangers", () => {
    assert.equal(plan(AB, found("C", "D"), {}, "AIDAOTHER"), "~A ~B + ?");
  });

  it("never deletes a key that is not recorded, whatever is found", () => {
    for (const keys of [found("S"), found("S", "T"), found("S!", "T!"), found("S", "T", "A"), found("S", "T", "A!")]) {
      for (const intent of [{}, rotate]) assert.doesNotMatch(plan(A, keys, intent), /-[ST]/);
    }
  });

  describe("adoption", () => {
    const wants = (current?: string, previous?: string): Intent => ({
      adopt: {
        ...(current && { current: { accessKeyId: current, secretAccessKey: "s" } }),
        ...(previous && { previous: { accessKeyId: previous } }),
      },
    });

    it("takes both keys over and makes none", () => {
      assert.equal(plan(undefined, found("Q", "P"), wants("P", "Q")), "?P =Q as previous =P as current");
    });
    it("tries the secrets before it deletes a key that an interrupted run lost", () => {
      const journal: Journal = {
        phase: "open",
        kind: "create",
        at,
        owner: "me",
        operationId: "x-y",
        strangers: ["P"],
        made: "X",
      };
      const decided = planRotation(
        undefined,
        { userId: USER, arn: "", keys: found("P", "X"), journal },
        wants("P"),
        reader,
      );
      assert.equal(short(decided), "?P !X =P as current");
    });
    it("of a previous alone makes a current beside it", () => {
      assert.equal(plan(undefined, found("Q"), wants(undefined, "Q")), "=Q as previous +>Q ?");
    });
    it("of the stranger that takes the slot comes first, and the rotation in the next run", () => {
      assert.equal(plan(A, found("S", "A"), { ...rotate, ...wants(undefined, "S") }), "=S as previous");
    });
    it("of the key that works makes the recorded one previous", () => {
      assert.equal(plan(A, found("A", "P"), wants("P")), "?P =P as current");
    });
    it("of a key that is ours already does nothing", () => {
      assert.equal(plan(AB, found("B", "A"), wants("A", "B")), "");
    });
    it("is refused for a key that is not on the user", () => {
      assert.match(plan(undefined, found("Q"), wants("P")), /^refused: `state` names P, and the user has Q/);
    });
    it("is refused for an inactive current", () => {
      assert.match(plan(undefined, found("P!"), wants("P")), /^refused: the key P of `state.current` is Inactive/);
    });
  });
});
