import assert from "node:assert/strict";
import { planRotation } from "../../provider/decide/decide";
import { type Deletion, planDeletion } from "../../provider/decide/deletion";
import type { Decider, Intent, Plan, Step } from "../../provider/decide/plan";
import type { FoundKey } from "../../provider/model/accessKey";
import type { Journal } from "../../provider/model/journal";
import { type ManagedKeys, managedKeys } from "../../provider/model/managedKeys";

const USER = "AIDAUSER";
const at = "2026-11-01T00:00:00Z";
const key = (accessKeyId: string) => ({ accessKeyId, secretAccessKey: `secret of ${accessKeyId}`, createdAt: at });
/** Oldest first; `A!` is inactive. */
const found = (ids: string): FoundKey[] =>
  (ids.match(/\S+/g) ?? []).map((id) => ({
    accessKeyId: id.replace("!", ""),
    status: id.endsWith("!") ? "Inactive" : "Active",
    createdAt: at,
  }));
const journal = (parts: Partial<Journal> = {}): Journal => ({
  phase: "open",
  kind: "rotate",
  at,
  owner: "me",
  operationId: "made-two",
  strangers: [],
  ...parts,
});
const decider: Decider = { owner: "me", now: new Date(at) };
const on = (now: string): Decider => ({ ...decider, now: new Date(now) });
const signedBy = (signer: string): Decider => ({ ...decider, signer });

interface More {
  left?: Journal;
  by?: Decider;
  userId?: string;
}
const decide = (recorded: ManagedKeys | undefined, ids: string, intent: Intent = {}, more: More = {}): Plan => {
  const { left, by = decider, userId = USER } = more;
  return planRotation(recorded, { userId, arn: "", keys: found(ids), ...(left && { journal: left }) }, intent, by);
};

/**
 * The steps in short: `-A` deletes, `!A` deletes a lost key, `+` creates (`+>A`: A becomes previous; `+|A`: A makes room if all
 * slots are taken), `?` tries, `~A` forgets, `=A` adopts, `s` lets current sign, `m` asks for a permission, `r` begins the
 * grace period anew, `o` waits until no other run can see the user as its own.
 */
function inShort(step: Step): string {
  switch (step.do) {
    case "discard":
      return `!${step.accessKeyId}`;
    case "delete":
    case "makeRoom":
      return `-${step.accessKeyId}`;
    case "forget":
      return `~${step.accessKeyId}`;
    case "adopt":
      return `=${step.key.accessKeyId} as ${step.as}`;
    case "create":
      return `+${step.previousId ? `>${step.previousId}` : ""}${step.ifFull ? `|${step.ifFull.join("")}` : ""}`;
    case "tryAdopted":
      return `?${step.keys.map(({ accessKeyId }) => accessKeyId)}`;
    case "signByCurrent":
      return "s";
    case "mayDeactivate":
      return "m";
    case "renew":
      return "r";
    case "outlast":
      return "o";
    default:
      return "?";
  }
}

/** The steps, and after `;` what is pending; or why it is refused. */
function short(plan: Plan | Deletion): string {
  if ("refusal" in plan) return `refused: ${plan.refusal.found}`;
  const steps = plan.steps.filter((step) => step.do !== "open" && step.do !== "close").map(inShort);
  const pending = ("pending" in plan ? plan.pending : []).map(
    ({ what, because, accessKeyId, until, blocked }) =>
      `; ${what} ${blocked ? "blocked" : "waits"}: ${because}${accessKeyId ? ` ${accessKeyId}` : ""}${until ? ` until ${until}` : ""}`,
  );
  return steps.join(" ") + pending.join("");
}

type Row = [string, ManagedKeys | undefined, string, Intent, string | RegExp, More?];
function table(rows: Row[]): void {
  for (const [title, recorded, ids, intent, expected, more] of rows) {
    it(title, () => {
      const plan = short(decide(recorded, ids, intent, more));
      if (typeof expected === "string") assert.equal(plan, expected);
      else assert.match(plan, expected);
    });
  }
}

const saved = { operationId: "made-one" };
const A = managedKeys({ userId: USER, current: key("A") });
const AB = managedKeys({ userId: USER, current: key("A"), previous: key("B") });
const ARetired = managedKeys({ ...A, toDelete: ["R"] });
const BRetired = managedKeys({ userId: USER, previous: key("B"), toDelete: ["R"] });
const ABRetired = managedKeys({ ...AB, toDelete: ["R"] });
const ASaved = managedKeys({ ...A, ...saved });
const graceful = managedKeys({ ...AB, ...saved, previousSince: at });
const rotate: Intent = { rotate: "rotationTrigger changed" };
const revoke: Intent = { revoke: "leak" };
const adopt = (current?: string, previous?: string): Intent => ({
  adopt: {
    ...(current && { current: { accessKeyId: current, secretAccessKey: "s" } }),
    ...(previous && { previous: { accessKeyId: previous } }),
  },
});

// Holds: "With a free slot, the new key is made first"
// Holds: "current becomes previous"
describe("planRotation", () => {
  table([
    ["creation on an empty user", undefined, "", {}, "+ ?"],
    ["creation beside two strangers: AWS is asked, nothing is deleted", undefined, "S T", {}, "+ ?"],
    ["nothing to do", AB, "B A", {}, ""],
    ["first rotation: the free slot is used", A, "A", rotate, "+>A ?"],
    ["rotation with both slots taken", AB, "B A", rotate, "-B +>A ?"],
    ["rotation when previous was deleted by hand", AB, "A", rotate, "~B +>A ?"],
    ["rotation with a stranger in the slot of the account's third key", AB, "S B A", rotate, "-B +>A ?"],
    ["rotation with a stranger in the second slot: it is not touched", A, "S A", rotate, "+>A ?"],
    ["current deleted: previous stays", AB, "B", {}, "~A +>B ?"],
    ["current deleted and the trigger changed: still one new key", AB, "B", rotate, "~A +>B ?"],
    ["current inactive: previous, which works, is worth more", AB, "B A!", {}, "-A +>B ?"],
    ["current inactive and alone: it is kept as previous, not activated", A, "A!", {}, "+>A ?"],
    ["both inactive", AB, "B! A!", {}, "-B +>A ?"],
    ["previous inactive: left for the next rotation", AB, "B! A", {}, ""],
    ["all keys deleted by hand", AB, "", {}, "~A ~B + ?"],
    ["revocation: AWS is asked first, and both may make room", AB, "B A", revoke, "+|BA ? -B -A"],
    ["revocation beside a stranger: current stays until its successor is accepted", A, "S A", revoke, "+|A ? -A"],
    ["revocation with an inactive current: that would make room first", AB, "B A!", revoke, "+|AB ? -B -A"],
    ["revocation of an inactive current with a free slot: the new key comes first", A, "A!", revoke, "+|A ? -A"],
    ["a retired key of an interrupted run", ABRetired, "R B A", {}, "? -R"],
    ["a retired key makes room", ARetired, "R A", rotate, "? -R +>A ?"],
    ["a current that does not work need not be tried before that", ARetired, "R A!", {}, "-R +>A ?"],
    ["retired and previous: the other goes when its successor is there", ABRetired, "R B A", rotate, "? -R +>A ? -B"],
    ["a user made again: its own keys are strangers", AB, "C D", {}, "~A ~B + ?", { userId: "AIDA2" }],
  ]);

  // Holds: "A key is deleted only by its id, and only if the saved state or the journal names that id"
  it("never deletes a key that is not recorded, whatever is found", () => {
    for (const keys of ["S", "S T", "S! T!", "S T A", "S T A!"]) {
      for (const intent of [{}, rotate]) assert.doesNotMatch(short(decide(A, keys, intent)), /-[ST]/);
    }
  });

  const lostX = { left: journal({ kind: "create", strangers: ["P"], made: "X" }) };
  describe("adoption", () =>
    table([
      ["takes both keys over and makes none", undefined, "Q P", adopt("P", "Q"), "?P =Q as previous =P as current"],
      ["tries the secrets before it deletes a lost key", undefined, "P X", adopt("P"), "?P !X =P as current", lostX],
      ["of a previous alone makes a current beside it", undefined, "Q", adopt("", "Q"), "=Q as previous +>Q ?"],
      ["and a lost key in one run", undefined, "X Q", adopt("", "Q"), "!X =Q as previous +>Q ?", lostX],
      [
        "comes first, then the rotation",
        A,
        "S A",
        { ...rotate, ...adopt("", "S") },
        "=S as previous; rotation waits: adoption",
      ],
      ["of the key that works makes the recorded one previous", A, "A P", adopt("P"), "?P =P as current"],
      ["of a key that is ours already does nothing", AB, "B A", adopt("A", "B"), ""],
      [
        "beside a revocation: what was current makes room last",
        A,
        "A P",
        { ...revoke, ...adopt("P") },
        "?P =P as current +|PA ? -A -P",
      ],
      ["is refused for a key that is not on the user", undefined, "Q", adopt("P"), /^refused: `state` names P, and/],
      ["is refused for an inactive current", undefined, "P!", adopt("P"), /^refused: the key P of .* Inactive/],
    ]));
});

describe("a plan in full", () => {
  /** What the journal is opened with. */
  const entry = (decided: Plan) =>
    "refusal" in decided ? undefined : decided.steps.flatMap((step) => (step.do === "open" ? [step.entry] : []))[0];
  const lostX = { left: journal({ made: "X", strangers: ["S"] }) };

  it("of nothing to do is no step, and nothing that waits", () => {
    assert.deepEqual(decide(AB, "B A"), { steps: [], pending: [] });
  });

  describe("the journal says what is done, and names strangers alone", () => {
    for (const [title, decided, expected] of [
      ["a creation", decide(undefined, "S"), { kind: "create", strangers: ["S"] }],
      ["a rotation", decide(A, "S A", rotate), { kind: "rotate", strangers: ["S"] }],
      ["an adoption, which makes and deletes nothing", decide(A, "A P", adopt("P")), { kind: "adopt", strangers: [] }],
      ["an adoption by a new resource", decide(undefined, "P", adopt("P")), { kind: "create", strangers: [] }],
      [
        "one that was midway a moment ago may still make a key",
        decide(ASaved, "A", rotate, { left: journal() }),
        { kind: "rotate", strangers: [], doubt: true },
      ],
    ] as [string, Plan, object][]) {
      it(title, () => assert.deepEqual(entry(decided), expected));
    }
    it("a lost key that goes: it is named as made until it is gone, and is no stranger", () => {
      assert.deepEqual(decide(ASaved, "S X A", {}, lostX), {
        steps: [
          { do: "open", entry: { kind: "rotate", strangers: ["S"], made: "X" } },
          { do: "discard", accessKeyId: "X" },
          { do: "close", phase: "done" },
        ],
        pending: [],
        why: "an earlier run left it",
      });
    });
  });

  it("a new key in the place of one that is lost: the message about full slots names no key that has gone by then", () => {
    const decided = decide(ASaved, "S X A", rotate, lostX);
    assert.ok("steps" in decided);
    assert.deepEqual(
      decided.steps.find((step) => step.do === "create"),
      { do: "create", previousId: "A", before: ["S", "X", "A"], unmanaged: found("S") },
    );
  });

  describe("within the grace period of previous", () => {
    const grace: Intent = { ...rotate, gracePeriod: "7d" };
    const until = "2026-11-08T00:00:00Z";
    const takesOver: Intent = { ...adopt("P"), takesOver: true, gracePeriod: "7d" };
    const left = journal({ owner: "you", phase: "done", at: "2026-01-01T00:00:00Z" });
    table([
      ["there is nothing to wait for once previous does not work", graceful, "B! A", grace, "-B +>A ?"],
      ["nor once current does not work: a new key is due in any case", graceful, "B A!", grace, "-A +>B ?"],
      [
        "an adoption that waits takes nothing over",
        graceful,
        "B A P",
        takesOver,
        /^; adoption waits: grace B until/,
        { left },
      ],
    ]);
    it("its end retires previous, and says so", () => {
      assert.deepEqual(decide(graceful, "B A", { gracePeriod: "7d" }, { by: on(until) }), {
        steps: [
          { do: "open", entry: { kind: "rotate", strangers: [] } },
          { do: "tryCurrent", required: true },
          { do: "delete", accessKeyId: "B" },
          { do: "close", phase: "done" },
        ],
        retires: `its grace period ended ${until}`,
        why: `its grace period ended ${until}`,
        pending: [],
      });
    });
  });

  const asleep = managedKeys({ ...graceful, fate: { deactivatedAt: at } });
  const periods: Intent = { gracePeriod: "7d", deactivatePeriod: "1w" };
  describe("a deactivated key", () =>
    table([
      ["is pending", asleep, "B! A", periods, "; retirement waits: deactivated B until 2026-11-08T00:00:00Z"],
      ["that a rotation deletes is pending no more", asleep, "B! A", { ...periods, ...rotate }, "m -B +>A ?"],
    ]));

  // Holds: "A key that the published outputs of the stack name, while they do not name current, is not ended"
  describe("where the stack's published outputs name previous, and not current", () => {
    const grace: Intent = { gracePeriod: "7d", published: ["B"] };
    const rotation = { ...grace, ...rotate };
    const by = on("2026-12-01T00:00:00Z");
    table([
      [
        "previous stays, its time begins anew, and that is blocked",
        graceful,
        "B A",
        grace,
        "r; retirement blocked: unpublished B",
        { by },
      ],
      ["a rotation is blocked, too", graceful, "B A", rotation, "r; rotation blocked: unpublished B", { by }],
      ["a revocation is not", graceful, "B A", { ...grace, ...revoke }, "+|BA ? -B -A", { by }],
      ["nor where previous does not work", graceful, "B! A", rotation, "-B +>A ?"],
      ["before its time is over, nothing is due: it only begins anew", graceful, "B A", grace, "r"],
      ...[["A", "B"], ["A"], [], undefined].map((published): Row => {
        const title = `nor where it names ${published?.join(" and ") ?? "what nobody could read"}`;
        return [title, graceful, "B A", { ...grace, published } as Intent, "? -B", { by }];
      }),
    ]);
  });

  it("a key that an earlier run has given up is not asked about, however lately it was used", () => {
    const uses = { R: { at: decider.now.toISOString(), service: "s3", region: "us-east-1" } };
    const keys = found("R A").map((one) => ({ ...one, createdAt: "2026-01-01T00:00:00Z" }));
    const decided = planRotation(ARetired, { userId: USER, arn: "", keys, uses }, { lastUsedGuard: "2d" }, decider);
    assert.equal(short(decided), "? -R");
  });

  // Holds: "The key that signs the run's calls is deleted or deactivated only after current"
  describe("the key that signs", () => {
    const old = managedKeys({ ...AB, previousSince: "2026-01-01T00:00:00Z" });
    const withoutSecret = { ...ABRetired, current: { accessKeyId: "A", createdAt: at } };
    const [byA, byB, byR] = [{ by: signedBy("A") }, { by: signedBy("B") }, { by: signedBy("R") }];
    table([
      ["may be one that stays", AB, "B A", rotate, "-B +>A ?", byA],
      ["may go last, and make no room: the new key signs the rest", old, "B A", revoke, "+|B ? -B s -A", byA],
      ["may make room: current signs the rest", old, "B A", rotate, "s -B +>A ?", byB],
      ["may make room for a revocation: then the new key signs", old, "B A", revoke, "s +|B ? -B s -A", byB],
      ["may go at the end of its grace period", old, "B A", { gracePeriod: "1s" }, "? s -B", byB],
      ["may not be a retired one, where current is gone", BRetired, "R B", rotate, /use are R,/, byR],
      ["may not be a retired one, where current has no secret", withoutSecret, "R B A", rotate, /in use are R,/, byR],
      ["may not be a lost one", ASaved, "X A", {}, /use are X,/, { left: journal({ made: "X" }), by: signedBy("X") }],
    ]);
  });

  describe("a permission is asked for, and not by what is urgent", () => {
    const asks: Intent = { deactivatePeriod: "1d" };
    table([
      ["by a creation", undefined, "", asks, "m + ?"],
      ["by a rotation", AB, "B A", { ...asks, ...rotate }, "m -B +>A ?"],
      ["not by a revocation", AB, "B A", { ...asks, ...revoke }, "+|BA ? -B -A"],
      ["not where current is inactive", AB, "B A!", asks, "-A +>B ?"],
      ["not where it is gone", AB, "B", asks, "~A +>B ?"],
    ]);
  });

  // Holds: "If another owner is at work, the run is refused"
  describe("another owner at work is refused, whatever is named in `state`", () => {
    const left = journal({ owner: "you" });
    const atWork = /^refused: another resource is at work/;
    table([
      ["by a resource that knows every key", ASaved, "A", { takesOver: true }, atWork, { left }],
      ["by a new one that adopts every key", undefined, "P", adopt("P"), atWork, { left }],
    ]);
  });

  describe("another owner that has finished", () => {
    const [left, others] = [journal({ owner: "you", phase: "done" }), /^refused: .* is you, here it is me/];
    table([
      ["is left its keys", ASaved, "A", rotate, others, { left }],
      ["is left them where `state` names one", undefined, "Q P", adopt("P"), others, { left }],
      ["loses them where it names every key", undefined, "Q P", adopt("P", "Q"), /^\?P .* =P as current o$/, { left }],
      ["and where each is known already", ASaved, "A", { takesOver: true }, "o", { left }],
    ]);
  });

  describe("an open journal of ours, where nothing else is to do", () => {
    const settled = (recorded: ManagedKeys, left: Journal, now = at) => {
      const decided = decide(recorded, "S A", {}, { left, by: on(now) });
      return "steps" in decided && decided.steps;
    };
    const late = "2026-11-02T00:00:00Z";
    const left = journal({ strangers: ["S"] });
    it("of our last operation is closed as it is", () => {
      const own = journal({ ...saved, made: "A", strangers: ["S"] });
      assert.deepEqual(settled(ASaved, own), [{ do: "settle", journal: { ...own, phase: "done" } }]);
    });
    it("of one that died and left nothing is closed in the name of our last operation: what is there are strangers", () => {
      const died = journal({ made: "GONE", strangers: ["S", "T"] });
      assert.deepEqual(settled(ASaved, died, late), [{ do: "settle", journal: { ...left, ...saved, phase: "done" } }]);
    });
    it("the same a moment ago: it may still make a key, so the doubt stays", () => {
      const journal = { ...left, ...saved, phase: "done", doubt: true };
      assert.deepEqual(settled(ASaved, left), [{ do: "settle", journal }]);
    });
    it("the same, where our state names no operation: nothing of ours is left behind it", () => {
      assert.deepEqual(settled(A, left, late), [{ do: "settle", journal: { ...left, phase: "void" } }]);
    });
  });
});

describe("the plan of a destroy", () => {
  const ours = managedKeys({ ...AB, ...saved });
  const none = undefined;
  const newer = { operationId: "newer-one" };
  const old = "2026-10-01T00:00:00Z";
  const you = { owner: "you", phase: "done" } as const;
  const taken = /^; left: B and A: [^|]*\(owner me, operation newer-one\)[^|]*$/;
  const refused = /^refused: .*began to take over B and A, and its run did not end/;
  const rows: [string, string, Partial<Journal> | undefined, string | RegExp, ManagedKeys?, string[]?][] = [
    ["deletes what is recorded, and leaves strangers without a word", "S B A", undefined, "-B -A void"],
    ["deletes what another resource calls strangers", "B A", { ...you, strangers: ["A", "B"] }, "-B -A"],
    ["the same, whatever that one has under way", "B A", { kind: "create", ...newer, strangers: ["A", "B"] }, "-B -A"],
    ["the same, and no lost key of it", "B A X", { ...newer, made: "X", strangers: ["A", "B"] }, "-B -A"],
    ["deletes what a state records that names no operation", "B A", { phase: "done" }, "-B -A void", AB],
    ["deletes all where another owner has left", "B A", { owner: "you", phase: "void" }, "-B -A void"],
    ["deletes all where another owner's destroy has ended", "B A", { ...you, kind: "delete", made: "C" }, "-B -A void"],
    ["leaves what a newer resource has taken over, and names it", "B A", { phase: "done", ...newer }, taken],
    ["leaves what a newer resource holds, whatever that one has under way", "B A", newer, taken],
    ["leaves what another owner has taken over", "B A", you, /^; left: B and A: .*\(owner you/],
    ["is refused where another owner's adoption died", "B A", { owner: "you", kind: "adopt", at: old }, refused],
    ["is refused where a newer resource's adoption died", "B A", { kind: "create", ...newer, at: old }, refused],
    ["is refused while another owner is at work", "B A", { owner: "you" }, /^refused: another resource is at work/],
    ["leaves what another resource of the program holds, and the tag", "B A", none, /^-B; left: .* A\.$/, ours, ["A"]],
  ];
  for (const [title, ids, left, expected, recorded = ours, held = []] of rows) {
    it(title, () => {
      const observed = { userId: USER, arn: "", keys: found(ids), ...(left && { journal: journal(left) }) };
      const decided = planDeletion(recorded, observed, decider, held);
      const close =
        "steps" in decided ? decided.steps.flatMap((step) => (step.do === "close" ? [step.phase] : [])) : [];
      const said = "left" in decided && decided.left.length > 0 ? `; left: ${decided.left.join(" | ")}` : "";
      const all = [short(decided), ...close].join(" ").trim() + said;
      if (typeof expected === "string") assert.equal(all, expected);
      else assert.match(all, expected);
    });
  }
});
