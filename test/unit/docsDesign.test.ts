import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { planRotation } from "../../provider/decide/decide";
import type { Decider, Intent, Observed, Plan, Step } from "../../provider/decide/plan";
import { IamError } from "../../provider/model/errors";
import { formatJournal, type Journal, parseJournal } from "../../provider/model/journal";
import { type ManagedKeys, managedKeys, withCurrent, without } from "../../provider/model/managedKeys";
import { ROOT } from "../harness/dist";
import { column, section, tables } from "../harness/markdown";
import { Stage, userArn } from "../harness/stage";

const PAGE = readFileSync(join(ROOT, "docs/design.md"), "utf8");
const [CHANGES = [], ORDER = []] = tables(section(PAGE, "The decision"));

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
const found = (keys: string, journal?: Journal): Observed => ({
  userId: "AIDA",
  arn: "",
  keys: keys.split(" ").map((id) => ({
    accessKeyId: id.replace("!", ""),
    status: id.endsWith("!") ? "Inactive" : "Active",
    createdAt: earlier(9),
  })),
  ...(journal && { journal }),
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

  it("tells the order of all steps", () => {
    const order = column(ORDER, 0).flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, step = ""]) => step));
    const rank = (step: Step["do"]) => {
      const at = order.indexOf(step);
      return at < 0 ? order.indexOf("close") - 0.5 : at;
    };
    const at = earlier(1);
    const by = { kind: "rotate", at, operationId: "a-2" } as const;
    const lost: Journal = { ...by, phase: "open", owner: "me", strangers: ["S"], made: "X" };
    const others: Journal = { ...by, phase: "done", owner: "you", strangers: [], made: "S" };
    const midway = managedKeys({ ...AB, operationId: "a-1", toDelete: ["O"] });
    const deactivated = managedKeys({ ...AB, operationId: "a-1", fate: { deactivatedAt: at } });
    const alone = managedKeys({ ...AB, previous: undefined });
    const ends = { gracePeriod: "1h", deactivatePeriod: "1h" };
    const adopt = { current: { accessKeyId: "S", secretAccessKey: "of S" } };
    const plans = [
      planRotation(midway, found("B X A", lost), ends, decider),
      planRotation(deactivated, found("B A"), ends, decider),
      planRotation(AB, found("B A"), { ...ends, published: ["B"] }, decider),
      planRotation(undefined, found("S", others), { adopt, takesOver: true }, decider),
      planRotation(alone, found("A S"), { adopt, ...ends }, decider),
    ].map(stepsOf);
    for (const steps of plans) {
      const ranks = steps.map((step) => rank(step.do));
      const sorted = [...ranks].sort((a, b) => a - b);
      assert.deepEqual(ranks, sorted, steps.map((step) => step.do).join());
    }
    const seen = plans.flat().map((step) => step.do);
    assert.deepEqual(
      order.filter((name) => !seen.includes(name as Step["do"])),
      [],
    );
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
