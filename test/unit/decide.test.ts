import assert from "node:assert/strict";
import { planRotation } from "../../provider/decide/decide";
import { planDeletion } from "../../provider/decide/deletion";
import type { Decider, Intent, Plan } from "../../provider/decide/plan";
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
const decider: Decider = { owner: "me", now: new Date(at) };
const rotate: Intent = { rotate: "rotationTrigger changed" };

/** The steps in short: `-A` deletes, `+` creates (`+>A`: A becomes previous; `+|A`: A makes room if all slots are taken), `?` tries, `~A` forgets, `=A` adopts. */
function short(plan: Plan): string {
  if ("refusal" in plan) return `refused: ${plan.refusal.found}`;
  return plan.steps
    .filter((step) => step.do !== "open" && step.do !== "close")
    .map((step) => {
      if (step.do === "discard") return `!${step.accessKeyId}`;
      if (step.do === "delete" || step.do === "makeRoom") return `-${step.accessKeyId}`;
      if (step.do === "forget") return `~${step.accessKeyId}`;
      if (step.do === "adopt") return `=${step.key.accessKeyId} as ${step.as}`;
      if (step.do === "create")
        return `+${step.previousId ? `>${step.previousId}` : ""}${step.ifFull ? `|${step.ifFull.join("")}` : ""}`;
      if (step.do === "signByCurrent") return "s";
      if (step.do === "renew") return "r";
      if (step.do === "tryAdopted") return `?${step.keys.map((key) => key.accessKeyId)}`;
      return "?";
    })
    .join(" ");
}

function plan(recorded: ManagedKeys | undefined, keys: FoundKey[], intent: Intent = {}, userId = USER): string {
  return short(planRotation(recorded, { userId, arn: "", keys }, intent, decider));
}

const A = managedKeys({ userId: USER, current: key("A") });
const AB = managedKeys({ userId: USER, current: key("A"), previous: key("B") });

// Holds: "With a free slot, the new key is made first"
// Holds: "current becomes previous"
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
    ["revocation: AWS is asked first, and both may make room", AB, ["B", "A"], { revoke: "leak" }, "+|BA ? -B -A"],
    [
      "revocation with a stranger in the second slot: current stays until its successor is accepted",
      A,
      ["S", "A"],
      { revoke: "leak" },
      "+|A ? -A",
    ],
    [
      "revocation with an inactive current: that would make room, before the previous that works",
      AB,
      ["B", "A!"],
      { revoke: "leak" },
      "+|AB ? -B -A",
    ],
    ["both inactive", AB, ["B!", "A!"], {}, "-B +>A ?"],
    ["previous inactive: left for the next rotation", AB, ["B!", "A"], {}, ""],
    ["all keys deleted by hand", AB, [], {}, "~A ~B + ?"],
    [
      "a retired key of an interrupted run",
      managedKeys({ userId: USER, current: key("A"), previous: key("B"), toDelete: ["R"] }),
      ["R", "B", "A"],
      {},
      "? -R",
    ],
    [
      "a retired key makes room",
      managedKeys({ userId: USER, current: key("A"), toDelete: ["R"] }),
      ["R", "A"],
      rotate,
      "? -R +>A ?",
    ],
    [
      "a current that does not work need not be tried before a retired key makes room",
      managedKeys({ userId: USER, current: key("A"), toDelete: ["R"] }),
      ["R", "A!"],
      {},
      "-R +>A ?",
    ],
    [
      "revocation of an inactive current with a free slot: the new key comes first",
      A,
      ["A!"],
      { revoke: "leak" },
      "+|A ? -A",
    ],
    [
      "retired and previous: one makes room, the other goes when its successor is there",
      managedKeys({ userId: USER, current: key("A"), previous: key("B"), toDelete: ["R"] }),
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

  // Holds: "A key is deleted only by its id, and only if the saved state or the journal names that id"
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

    it("in the run that revokes: the key that was current before would make room last", () => {
      assert.equal(plan(A, found("A", "P"), { revoke: "leak", ...wants("P") }), "?P =P as current +|PA ? -A -P");
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
        decider,
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

describe("a plan in full", () => {
  const journal = (parts: Partial<Journal> = {}): Journal => ({
    phase: "open",
    kind: "rotate",
    at,
    owner: "me",
    operationId: "made-two",
    strangers: [],
    ...parts,
  });
  const saved = { operationId: "made-one" };
  const decide = (
    recorded: ManagedKeys | undefined,
    ids: string[],
    { intent = {}, left, by = decider }: { intent?: Intent; left?: Journal; by?: Decider } = {},
  ) =>
    planRotation(recorded, { userId: USER, arn: "", keys: found(...ids), ...(left && { journal: left }) }, intent, by);
  /** What the journal is opened with. */
  const entry = (decided: Plan) =>
    "refusal" in decided ? undefined : decided.steps.flatMap((step) => (step.do === "open" ? [step.entry] : []))[0];
  /** Without its words. */
  const unsaid = (decided: Plan) =>
    "refusal" in decided ? decided : { ...decided, pending: decided.pending.map(({ message: _, ...wait }) => wait) };
  const refusal = (decided: { refusal: { found: string } } | object) =>
    "refusal" in decided ? decided.refusal.found : undefined;
  const adopt = (current?: string, previous?: string): Intent => ({
    adopt: {
      ...(current && { current: { accessKeyId: current, secretAccessKey: "s" } }),
      ...(previous && { previous: { accessKeyId: previous } }),
    },
  });
  const graceful = managedKeys({ ...AB, ...saved, previousSince: at });

  it("of nothing to do is no step, and nothing that waits", () => {
    assert.deepEqual(decide(AB, ["B", "A"]), { steps: [], pending: [] });
  });

  describe("the journal says what is done, and names strangers alone", () => {
    it("a creation", () => assert.deepEqual(entry(decide(undefined, ["S"])), { kind: "create", strangers: ["S"] }));
    it("a rotation", () => {
      assert.deepEqual(entry(decide(A, ["S", "A"], { intent: rotate })), { kind: "rotate", strangers: ["S"] });
    });
    it("an adoption, which makes and deletes nothing", () => {
      assert.deepEqual(entry(decide(A, ["A", "P"], { intent: adopt("P") })), { kind: "adopt", strangers: [] });
    });
    it("an adoption by a new resource is a creation", () => {
      assert.deepEqual(entry(decide(undefined, ["P"], { intent: adopt("P") })), { kind: "create", strangers: [] });
    });
    it("a lost key that goes: it is named as made until it is gone, and is no stranger", () => {
      const decided = decide(managedKeys({ ...A, ...saved }), ["S", "X", "A"], {
        left: journal({ made: "X", strangers: ["S"] }),
      });
      assert.deepEqual(decided, {
        steps: [
          { do: "open", entry: { kind: "rotate", strangers: ["S"], made: "X" } },
          { do: "discard", accessKeyId: "X" },
          { do: "close", phase: "done" },
        ],
        pending: [],
        why: "an earlier run left it",
      });
    });
    it("an operation that was midway a moment ago may still make a key: the doubt is handed on", () => {
      const decided = decide(managedKeys({ ...A, ...saved }), ["A"], { intent: rotate, left: journal() });
      assert.deepEqual(entry(decided), { kind: "rotate", strangers: [], doubt: true });
    });
  });

  it("a new key in the place of one that is lost: the message about full slots names no key that has gone by then", () => {
    const decided = decide(managedKeys({ ...A, ...saved }), ["S", "X", "A"], {
      intent: rotate,
      left: journal({ made: "X", strangers: ["S"] }),
    });
    assert.ok("steps" in decided);
    assert.deepEqual(
      decided.steps.find((step) => step.do === "create"),
      { do: "create", previousId: "A", before: ["S", "X", "A"], unmanaged: found("S") },
    );
  });

  it("a lost key frees its slot: an inactive current is not deleted before its successor is there", () => {
    const recorded = managedKeys({ ...A, ...saved });
    const decided = decide(recorded, ["X", "A!"], { intent: { revoke: "leak" }, left: journal({ made: "X" }) });
    assert.equal(short(decided), "!X +|A ? -A");
  });

  it("a lost key and an adoption in one run: neither is left out", () => {
    const decided = decide(undefined, ["X", "Q"], { intent: adopt(undefined, "Q"), left: journal({ made: "X" }) });
    assert.equal(short(decided), "!X =Q as previous +>Q ?");
  });

  describe("within the grace period of previous", () => {
    const grace: Intent = { ...rotate, gracePeriod: "7d" };
    const until = "2026-11-08T00:00:00Z";
    it("a rotation waits, and says until when", () => {
      assert.deepEqual(unsaid(decide(graceful, ["B", "A"], { intent: grace })), {
        steps: [],
        pending: [{ what: "rotation", because: "grace", until, accessKeyId: "B" }],
      });
    });
    it("an adoption that would push previous out waits: nothing of it is tried or adopted", () => {
      assert.deepEqual(unsaid(decide(graceful, ["B", "A", "P"], { intent: { ...adopt("P"), gracePeriod: "7d" } })), {
        steps: [],
        pending: [{ what: "adoption", because: "grace", until, accessKeyId: "B" }],
      });
    });
    it("there is nothing to wait for once previous does not work", () => {
      assert.equal(short(decide(graceful, ["B!", "A"], { intent: grace })), "-B +>A ?");
    });
    it("nor once current does not work: a new key is due in any case", () => {
      assert.equal(short(decide(graceful, ["B", "A!"], { intent: grace })), "-A +>B ?");
    });
    it("its end retires previous, and says so", () => {
      const by = { ...decider, now: new Date(until) };
      assert.deepEqual(decide(graceful, ["B", "A"], { intent: { gracePeriod: "7d" }, by }), {
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

  it("a deactivated key that a rotation deletes is pending no more", () => {
    const recorded = managedKeys({ ...graceful, fate: { deactivatedAt: at } });
    const intent: Intent = { gracePeriod: "7d", deactivatePeriod: "1w" };
    const pending = (more: Intent) => {
      const decided = decide(recorded, ["B!", "A"], { intent: { ...intent, ...more } });
      return "refusal" in decided ? undefined : decided.pending.map(({ because }) => because);
    };
    assert.deepEqual([pending({}), pending(rotate)], [["deactivated"], []]);
  });

  // Holds: "A key that the published outputs of the stack name, while they do not name current, is not ended"
  describe("where the stack's published outputs name previous, and not current", () => {
    const by = { ...decider, now: new Date("2026-12-01T00:00:00Z") };
    const decided = (published: string[], intent: Intent = {}, recorded = graceful, ids = ["B", "A"]) =>
      unsaid(decide(recorded, ids, { intent: { gracePeriod: "7d", published, ...intent }, by }));
    const blocked = { because: "unpublished", accessKeyId: "B", blocked: true };
    it("previous stays though its time is over, which begins anew, and that is blocked", () => {
      assert.deepEqual(decided(["B"]), { steps: [{ do: "renew" }], pending: [{ what: "retirement", ...blocked }] });
    });
    it("a rotation is blocked, too", () => {
      assert.deepEqual(decided(["B"], rotate), {
        steps: [{ do: "renew" }],
        pending: [{ what: "rotation", ...blocked }],
      });
    });
    it("a revocation is not", () => {
      const revoked = decided(["B"], { revoke: "leak" });
      assert.equal("steps" in revoked && short(revoked as Plan), "+|BA ? -B -A");
    });
    it("nor where current is published as well, where previous is not, or where nobody could look", () => {
      for (const published of [["A", "B"], ["A"], [], undefined]) {
        const plan = decided(published as string[]);
        assert.ok("retires" in plan && plan.pending.length === 0, String(published));
      }
    });
    it("nor where previous does not work: nobody has anything of it", () => {
      assert.equal(short(decide(graceful, ["B!", "A"], { intent: { ...rotate, published: ["B"] }, by })), "-B +>A ?");
    });
    it("before its time is over, nothing is due: it only begins anew", () => {
      const early = { ...decider, now: new Date("2026-11-02T00:00:00Z") };
      assert.deepEqual(decide(graceful, ["B", "A"], { intent: { gracePeriod: "7d", published: ["B"] }, by: early }), {
        steps: [{ do: "renew" }],
        pending: [],
      });
    });
  });

  it("a key that an earlier run has given up is not asked about, however lately it was used", () => {
    const recorded = managedKeys({ ...A, toDelete: ["R"] });
    const uses = { R: { at: decider.now.toISOString(), service: "s3", region: "us-east-1" } };
    const keys = ["R", "A"].map(
      (id): FoundKey => ({ accessKeyId: id, status: "Active", createdAt: "2026-01-01T00:00:00Z" }),
    );
    const decided = planRotation(recorded, { userId: USER, arn: "", keys, uses }, { lastUsedGuard: "2d" }, decider);
    assert.equal(short(decided), "? -R");
  });

  // Holds: "The key that signs the run's calls is deleted or deactivated only after current"
  describe("the key that signs", () => {
    const signedBy = (signer: string) => ({ ...decider, signer });
    it("may be one that stays", () => {
      assert.equal(short(decide(AB, ["B", "A"], { intent: rotate, by: signedBy("A") })), "-B +>A ?");
    });
    for (const [title, intent, signer, steps] of [
      ["goes last, and makes no room: the new key signs the rest", { revoke: "leak" }, "A", "+|B ? -B s -A"],
      ["makes room: current signs the rest", rotate, "B", "s -B +>A ?"],
      ["makes room for a revocation: current signs, then the new key", { revoke: "leak" }, "B", "s +|B ? -B s -A"],
      ["goes at the end of its grace period", { gracePeriod: "1s" }, "B", "? s -B"],
    ] as [string, Intent, string, string][]) {
      it(`may be one that ${title}`, () => {
        const recorded = managedKeys({ ...AB, previousSince: "2026-01-01T00:00:00Z" });
        assert.equal(short(decide(recorded, ["B", "A"], { intent, by: signedBy(signer) })), steps);
      });
    }
    for (const [title, recorded, keys] of [
      ["is gone", managedKeys({ userId: USER, previous: key("B") }), ["B"]],
      [
        "is recorded without its secret",
        managedKeys({ ...AB, current: { accessKeyId: "A", createdAt: at } }),
        ["B", "A"],
      ],
    ] as [string, ManagedKeys, string[]][]) {
      it(`may not be one that is still to be deleted, where current ${title}`, () => {
        const left = managedKeys({ ...recorded, toDelete: ["R"] });
        const decided = decide(left, ["R", ...keys], { intent: rotate, by: signedBy("R") });
        assert.match(String(refusal(decided)), /^the credentials in use are R,/);
      });
    }
    it("may not be a lost one, which nobody has recorded", () => {
      const decided = decide(managedKeys({ ...A, ...saved }), ["X", "A"], {
        left: journal({ made: "X" }),
        by: signedBy("X"),
      });
      assert.match(String(refusal(decided)), /^the credentials in use are X,/);
    });
  });

  it("nothing is taken over by an adoption that waits", () => {
    const left = journal({ owner: "you", phase: "done", at: "2026-01-01T00:00:00Z" });
    const intent: Intent = { ...adopt("P"), takesOver: true, gracePeriod: "7d" };
    assert.deepEqual(unsaid(decide(graceful, ["B", "A", "P"], { intent, left })), {
      steps: [],
      pending: [{ what: "adoption", because: "grace", until: "2026-11-08T00:00:00Z", accessKeyId: "B" }],
    });
  });

  it("no permission is asked for by what is urgent", () => {
    const probes = (recorded: ManagedKeys | undefined, keys: string[], intent: Intent) => {
      const decided = decide(recorded, keys, { intent: { deactivatePeriod: "1d", ...intent } });
      assert.ok("steps" in decided);
      return decided.steps.some((step) => step.do === "mayDeactivate");
    };
    assert.equal(probes(undefined, [], {}), true);
    assert.equal(probes(AB, ["B", "A"], rotate), true);
    assert.equal(probes(AB, ["B", "A"], { revoke: "leak" }), false);
    assert.equal(probes(AB, ["B", "A!"], {}), false);
    assert.equal(probes(AB, ["B"], {}), false);
  });

  // Holds: "If another owner is at work, the run is refused"
  describe("another owner at work is refused, whatever is named in `state`", () => {
    const left = journal({ owner: "you" });
    it("by a resource that knows every key", () => {
      const decided = decide(managedKeys({ ...A, ...saved }), ["A"], { intent: { takesOver: true }, left });
      assert.match(String(refusal(decided)), /^another resource is at work/);
    });
    it("by a new resource that adopts every key", () => {
      assert.match(String(refusal(decide(undefined, ["P"], { intent: adopt("P"), left }))), /^another resource is at/);
    });
  });

  describe("an open journal of ours, where nothing else is to do", () => {
    const settled = (recorded: ManagedKeys, left: Journal, now = at) => {
      const decided = decide(recorded, ["S", "A"], { left, by: { ...decider, now: new Date(now) } });
      assert.ok("steps" in decided);
      return decided.steps;
    };
    const late = "2026-11-02T00:00:00Z";
    it("of our last operation is closed as it is", () => {
      const left = journal({ ...saved, made: "A", strangers: ["S"] });
      const recorded = managedKeys({ ...A, ...saved });
      assert.deepEqual(settled(recorded, left), [{ do: "settle", journal: { ...left, phase: "done" } }]);
    });
    it("of one that died and left nothing is closed in the name of our last operation: what is there are strangers", () => {
      const left = journal({ made: "GONE", strangers: ["S", "T"] });
      const { made: _, ...rest } = left;
      assert.deepEqual(settled(managedKeys({ ...A, ...saved }), left, late), [
        { do: "settle", journal: { ...rest, ...saved, phase: "done", strangers: ["S"] } },
      ]);
    });
    it("the same a moment ago: it may still make a key, so the doubt stays", () => {
      const left = journal({ strangers: ["S"] });
      assert.deepEqual(settled(managedKeys({ ...A, ...saved }), left), [
        { do: "settle", journal: { ...left, ...saved, phase: "done", doubt: true } },
      ]);
    });
    it("the same, where our state names no operation: nothing of ours is left behind it", () => {
      const left = journal({ strangers: ["S"] });
      assert.deepEqual(settled(A, left, late), [{ do: "settle", journal: { ...left, phase: "void" } }]);
    });
  });

  describe("of a destroy", () => {
    const gone = (recorded: ManagedKeys, ids: string[], left?: Journal, held: string[] = []) =>
      planDeletion(
        recorded,
        { userId: USER, arn: "", keys: found(...ids), ...(left && { journal: left }) },
        decider,
        held,
      );
    const ours = managedKeys({ ...AB, ...saved });
    const all = [
      { do: "delete", accessKeyId: "B" },
      { do: "delete", accessKeyId: "A" },
      { do: "close", phase: "void" },
    ];
    it("deletes what is recorded, and leaves strangers without a word", () => {
      assert.deepEqual(gone(ours, ["S", "B", "A"]), { steps: all, left: [] });
    });
    it("deletes what another resource calls strangers: nothing is left to tell", () => {
      const left = journal({ owner: "you", phase: "done", strangers: ["A", "B"] });
      assert.deepEqual(gone(ours, ["B", "A"], left), { steps: all.slice(0, 2), left: [] });
    });
    it("deletes what a state records that names no operation: no other resource can have taken it over", () => {
      const left = journal({ phase: "done" });
      const { steps } = gone(AB, ["B", "A"], left) as { steps: unknown[] };
      assert.deepEqual(steps, all);
    });
    it("deletes no lost key of the resource that has taken ours over", () => {
      const left = journal({ operationId: "newer-one", made: "X", strangers: ["A", "B"] });
      assert.deepEqual(gone(ours, ["B", "A", "X"], left), { steps: all.slice(0, 2), left: [] });
    });
    it("names what was taken over, and nothing more where no other key is there", () => {
      const left = journal({ phase: "done", operationId: "newer-one" });
      const decided = gone(ours, ["B", "A"], left);
      assert.ok("steps" in decided);
      assert.deepEqual(decided.steps, []);
      assert.equal(decided.left.length, 1);
      assert.match(decided.left[0] ?? "", /^B and A: .*\(owner me, operation newer-one\)/);
    });
    it("leaves what another resource of the program holds, and the tag with it", () => {
      const decided = gone(ours, ["B", "A"], undefined, ["A"]);
      assert.ok("steps" in decided);
      assert.deepEqual(decided.steps, all.slice(0, 1));
      assert.match(decided.left.join(), /holds A\.$/);
    });
  });
});
