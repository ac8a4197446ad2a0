import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { planRotation } from "../../provider/decide/decide";
import { judge, LONGEST_OPERATION } from "../../provider/decide/judge";
import type { Decider, Intent, Observed, Plan, Step } from "../../provider/decide/plan";
import type { FoundKey } from "../../provider/model/accessKey";
import { IamError } from "../../provider/model/errors";
import { formatJournal, type Journal, parseJournal } from "../../provider/model/journal";
import { type ManagedKeys, managedKeys, withCurrent, without } from "../../provider/model/managedKeys";
import { ROOT } from "../harness/dist";
import { column, section, tables } from "../harness/markdown";
import { Stage, userArn } from "../harness/stage";

const PAGE = readFileSync(join(ROOT, "docs/design.md"), "utf8");
const [CHANGES = [], ORDER = [], WAITS = []] = tables(section(PAGE, "The decision"));

const AT = "2026-11-01T12:00:00Z";
const HOUR = 3_600_000;
const decider: Decider = { owner: "me", now: new Date(AT) };
const earlier = (hours: number) => new Date(Date.parse(AT) - hours * HOUR).toISOString();
const key = (accessKeyId: string) => ({
  accessKeyId,
  secretAccessKey: `secret of ${accessKeyId}`,
  createdAt: earlier(9),
});
const AB = managedKeys({ userId: "AIDA", current: key("A"), previous: key("B"), previousSince: earlier(2) });

/** `B A`: both work; `B! A`: B does not. Oldest first. */
const found = (keys: string, more: Partial<Observed> = {}): Observed => ({
  userId: "AIDA",
  arn: "",
  keys: keys.split(" ").map(
    (id): FoundKey => ({
      accessKeyId: id.replace("!", ""),
      status: id.endsWith("!") ? "Inactive" : "Active",
      createdAt: earlier(9),
    }),
  ),
  ...more,
});
function stepsOf(plan: Plan): Step[] {
  return "steps" in plan ? plan.steps : assert.fail(`refused: ${plan.refusal.found}`);
}

const ASKED: Record<string, Intent> = {
  nothing: {},
  "the end of B": { gracePeriod: "1h" },
  "the end of B, with `deactivatePeriod`": { gracePeriod: "1h", deactivatePeriod: "1h" },
  "a rotation": { rotate: "rotationTrigger changed" },
  "a rotation, or nothing": { rotate: "rotationTrigger changed" },
  "a revocation": { revoke: "revocationTrigger changed" },
};

/** The changes of a plan, and the keys that it leaves, in the words of the table. */
function told(steps: Step[]): { changes: string; left: string } {
  let keys: ManagedKeys = AB;
  const words: string[] = [];
  for (const step of steps) {
    const tried = () => keys.current?.accessKeyId;
    if (step.do === "tryCurrent") words.push(`try ${tried()}`);
    if (step.do === "deactivate") words.push(`deactivate ${step.accessKeyId}`);
    if (step.do === "makeRoom" || step.do === "delete") {
      words.push(`delete ${step.accessKeyId}`);
      keys = without(keys, step.accessKeyId);
    }
    if (step.do !== "create") continue;
    words.push("make C");
    keys = withCurrent(keys, key("C"), step.previousId, AT);
  }
  const ids = [keys.current, keys.previous].map((at) => at?.accessKeyId).filter(Boolean);
  return { changes: words.join(", ") || "none", left: ids.join(", ") };
}

describe("docs/design.md", () => {
  it("tells the decision: what is made, deleted and kept, and in which order", () => {
    const seen = new Set<string>();
    for (const [asked = "", a, b, changes, left] of CHANGES) {
      const intents = [ASKED[asked] ?? assert.fail(asked), ...(asked.endsWith("or nothing") ? [{}] : [])];
      for (const intent of intents) {
        for (const works of b === "any" ? ["yes", "no"] : [b]) {
          const keys = `B${works === "yes" ? "" : "!"} A${a === "yes" ? "" : "!"}`;
          const plan = planRotation(AB, found(keys), intent, decider);
          assert.deepEqual(told(stepsOf(plan)), { changes, left }, `${asked}, ${keys}`);
        }
      }
      seen.add(asked);
    }
    assert.deepEqual([...seen], Object.keys(ASKED));
  });

  it("tells of room: a gone key's step is left out, and with one key the new one comes first", () => {
    const rotate = ASKED["a rotation"] as Intent;
    assert.equal(told(stepsOf(planRotation(AB, found("A"), rotate, decider))).changes, "make C, try C");
    assert.equal(told(stepsOf(planRotation(AB, found("B"), rotate, decider))).changes, "make C, try C");
  });

  it("tells the order of all steps", () => {
    const order = column(ORDER, 0).flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, step = ""]) => step));
    const rank = (step: Step["do"]) => {
      const at = order.indexOf(step);
      return at < 0 ? order.indexOf("close") - 0.5 : at;
    };
    const lost: Journal = {
      phase: "open",
      kind: "rotate",
      at: earlier(1),
      owner: "me",
      operationId: "a-2",
      strangers: ["S"],
      made: "X",
    };
    const others: Journal = { ...lost, phase: "done", owner: "you", made: "S", strangers: [] };
    const deactivated = managedKeys({ ...AB, operationId: "a-1", fate: { deactivatedAt: earlier(1) } });
    const deactivates = { gracePeriod: "1h", deactivatePeriod: "1h" };
    const adopt = { current: { accessKeyId: "S", secretAccessKey: "of S" } };
    const plans = [
      planRotation(
        managedKeys({ ...AB, operationId: "a-1", toDelete: ["O"] }),
        found("B X A", { journal: lost }),
        deactivates,
        decider,
      ),
      planRotation(deactivated, found("B A"), deactivates, decider),
      planRotation(AB, found("B A"), { ...deactivates, published: ["B"] }, decider),
      planRotation(undefined, found("S", { journal: others }), { adopt, takesOver: true }, decider),
      planRotation(managedKeys({ ...AB, previous: undefined }), found("A S"), { adopt, ...deactivates }, decider),
    ].map(stepsOf);
    for (const steps of plans) {
      const ranks = steps.map((step) => rank(step.do));
      assert.deepEqual(
        ranks,
        [...ranks].sort((a, b) => a - b),
        steps.map((step) => step.do).join(),
      );
    }
    const seen = plans.flat().map((step) => step.do);
    assert.deepEqual(
      order.filter((name) => !seen.includes(name as Step["do"])),
      [],
    );
  });

  it("tells what waits, and for what", () => {
    const rotate = "rotationTrigger changed";
    const adopt = { current: { accessKeyId: "S", secretAccessKey: "of S" } };
    const deactivated = managedKeys({ ...AB, fate: { deactivatedAt: earlier(1) } });
    const alone = managedKeys({ ...AB, previous: undefined });
    const use = { at: earlier(1), service: "s3", region: "us-east-1" };
    const guard = { lastUsedGuard: "2h" };
    const inUse = found("B A", { uses: { B: use } });
    const periods = { gracePeriod: "1h", deactivatePeriod: "3h" };
    const unpublished = { gracePeriod: "1h", published: ["B"] };
    const cases: [string, Plan, string][] = [
      ["a rotation", planRotation(AB, found("B A"), { rotate, gracePeriod: "3h" }, decider), "grace"],
      ["an adoption", planRotation(AB, found("B A S"), { adopt, gracePeriod: "3h" }, decider), "grace"],
      ["a rotation", planRotation(deactivated, found("B A"), { rotate, ...periods }, decider), "activatedAgain"],
      ["an adoption", planRotation(deactivated, found("B A S"), { adopt, ...periods }, decider), "activatedAgain"],
      ["a retirement", planRotation(deactivated, found("B A"), periods, decider), "activatedAgain"],
      ["a retirement", planRotation(deactivated, found("B! A"), periods, decider), "deactivated"],
      ["a rotation", planRotation(alone, found("A S"), { rotate, adopt }, decider), "adoption"],
      ["a rotation", planRotation(AB, inUse, { rotate, ...guard }, decider), "use"],
      ["a retirement", planRotation(AB, inUse, { gracePeriod: "1h", ...guard }, decider), "use"],
      ["a rotation", planRotation(AB, found("B A"), { rotate, ...unpublished }, decider), "unpublished"],
      ["a retirement", planRotation(AB, found("B A"), unpublished, decider), "unpublished"],
    ];
    for (const [what, plan, because] of cases) {
      const waits = "pending" in plan ? plan.pending : [];
      const words = waits.map((wait) => `${/^[aeiou]/.test(wait.what) ? "an" : "a"} ${wait.what}: ${wait.because}`);
      // While an adoption waits for a B that is needed, its end waits too.
      assert.equal(words[0], `${what}: ${because}`);
    }
    // grace, activatedAgain, deactivated, adoption, use, unpublished
    assert.equal(WAITS.length, new Set(cases.map(([, , because]) => because)).size);
    // What the text says of a B that is deactivated, of a broken key, and of a revocation.
    for (const [recorded, keys, intent] of [
      [deactivated, "B! A", { rotate, ...periods }],
      [AB, "B A!", { rotate, gracePeriod: "3h" }],
      [AB, "B! A", { rotate, gracePeriod: "3h" }],
      [AB, "B A", { revoke: "leak", gracePeriod: "3h", ...guard }],
      [deactivated, "B A", { revoke: "leak", ...periods }],
    ] as [ManagedKeys, string, Intent][]) {
      const plan = planRotation(recorded, found(keys, { uses: { B: use } }), intent, decider);
      const waits = "pending" in plan ? plan.pending : [];
      assert.ok(!waits.some((wait) => wait.what === "rotation"), keys);
      assert.ok(stepsOf(plan).some((step) => step.do === "create"));
    }
  });

  it("tells whose a key is, case by case", () => {
    const [table = []] = tables(section(PAGE, "Whose a key is"));
    const entry = (parts: Partial<Journal>): Journal => ({
      phase: "done",
      kind: "rotate",
      at: earlier(1),
      owner: "me",
      operationId: "a-2",
      strangers: [],
      ...parts,
    });
    const young = new Date(Date.parse(AT) - LONGEST_OPERATION + 1_000).toISOString();
    const cases: Record<string, [Journal | undefined, string][]> = {
      "none, damaged, or void": [
        [parseJournal("v1 done rotate"), "lost: "],
        [entry({ phase: "void" }), "lost: "],
      ],
      "of a destroy, and the key that it names is gone": [[entry({ kind: "delete", made: "Y" }), "lost: "]],
      "of another owner, open, younger than ten minutes": [
        [entry({ owner: "you", phase: "open", at: young }), "atWork"],
        [entry({ owner: "you", phase: "open", at: young, strangers: ["X"] }), "atWork"],
      ],
      "of another owner": [
        [entry({ owner: "you" }), "otherOwner"],
        [entry({ owner: "you", phase: "open" }), "otherOwner"],
      ],
      "ours, done, of another instance": [[entry({ operationId: "b-2" }), "otherInstance"]],
      "of the operation that our state comes from": [[entry({ operationId: "a-1" }), "lost: "]],
      "the same, in doubt": [[entry({ operationId: "a-1", doubt: true }), "unclear"]],
      "ours, of another operation, done": [[entry({}), "handedOut"]],
      "ours, of another operation, open, and names it as made": [[entry({ phase: "open", made: "X" }), "lost: X"]],
      "ours, of another operation, open, and does not name it": [[entry({ phase: "open", made: "Y" }), "unclear"]],
    };
    for (const [journal = "", means = ""] of table) {
      for (const [at, expected] of cases[journal] ?? assert.fail(journal)) {
        const verdict = judge(at, found("X").keys, "a-1", decider);
        assert.equal("lost" in verdict ? `lost: ${verdict.lost}` : verdict.refusal, expected, journal);
        const [word] = /^(unmanaged|refused|lost)/.exec(means) ?? [];
        assert.equal(word, expected === "lost: " ? "unmanaged" : expected === "lost: X" ? "lost" : "refused");
      }
    }
    assert.deepEqual(column(table, 0), Object.keys(cases));
    assert.equal(LONGEST_OPERATION, 10 * 60_000);
    // `state` that names every key takes the user over.
    const adopt = { current: { accessKeyId: "X", secretAccessKey: "of X" } };
    const journal = entry({ owner: "you" });
    const taken = planRotation(undefined, found("X", { journal }), { adopt, takesOver: true }, decider);
    assert.ok(stepsOf(taken).some((step) => step.do === "adopt"));
  });

  it("shows an entry of the journal that is one, and explains each part of it", () => {
    const text = section(PAGE, "The journal");
    const [, entry = ""] = /^`(v1 .+)`:$/m.exec(text) ?? [];
    const journal = parseJournal(entry) ?? assert.fail(entry);
    assert.equal(formatJournal(journal), entry);
    const [parts = []] = tables(text);
    const explained = column(parts, 0).map((cell) => cell.replaceAll("`", ""));
    const written = formatJournal({ ...journal, doubt: true });
    const names = written
      .split(" ")
      .slice(1)
      .map((part) => (part === journal.at ? "the time" : part.split("=")[0]));
    assert.deepEqual(explained, names);
  });

  it("draws each way from phase to phase, and no other", async () => {
    const drawn = [...PAGE.matchAll(/^ {2}(\S+) --> (\w+):/gm)].map(([, from, to]) => `${from} ${to}`);
    const seen = new Set<string>();
    const denied = new IamError("denied", "iam:CreateAccessKey", "AccessDenied", "no");
    const lives: ((stage: Stage) => Promise<unknown>)[] = [
      async (stage) => {
        const one = await stage.create({ userArn, rotationTrigger: 1 });
        stage.iam.propagation = 5_000;
        const two = await stage.up(one, { userArn, rotationTrigger: 2 });
        await stage.provider.delete("id", two);
        await stage.create({ userArn, rotationTrigger: 1 });
      },
      async (stage) => {
        stage.iam.fault = (call) => (call === "CreateAccessKey" ? denied : undefined);
        await assert.rejects(stage.create());
      },
      async (stage) => {
        const one = await stage.create({ userArn, rotationTrigger: 1 });
        const next = { userArn, rotationTrigger: 2 };
        await stage.killedAfter("TagUser open", () => stage.up(one, next));
        await stage.up(one, next);
      },
      async (stage) => {
        const one = await stage.create({ userArn, rotationTrigger: 1 });
        await stage.killedAfter("TagUser open", () => stage.up(one, { userArn, rotationTrigger: 2 }));
        await stage.provider.update("id", one, { userArn, rotationTrigger: 1 });
      },
    ];
    for (const live of lives) {
      const stage = new Stage();
      await live(stage);
      const phases = stage.iam.calls.filter((call) => call.startsWith("TagUser ")).map((call) => call.split(" ")[1]);
      for (const [at, to] of phases.entries()) seen.add(`${phases[at - 1] ?? "[*]"} ${to}`);
    }
    assert.deepEqual([...seen].sort(), [...new Set(drawn)].sort());
  });
});
