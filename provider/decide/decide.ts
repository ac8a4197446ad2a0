import type { ManagedKeys } from "../model/managedKeys";
import { type Adoption, planAdoption } from "./adoption";
import { planChanges } from "./changes";
import { doubtIn, judge } from "./judge";
import { forgetGone, unknownAmong, works } from "./observedKeys";
import { pendingOf, type Wait } from "./pending";
import type { Decider, Entry, Intent, Observed, Plan, Refusal, Step, Steps } from "./plan";
import { explainVerdict, signerLeaves } from "./refusals";
import { guardedIds, leavingIds, type Retirement, retirementOf, useOf } from "./retirement";
import { signedToTheEnd } from "./signer";

/** What of a plan has to wait, since it would end a key in use: found out step by step, since each answer makes another plan. */
type Held = Partial<Record<Wait["what"], Wait>>;

/**
 * The whole decision: from what the state records, what AWS shows and what the inputs ask for, to the ordered steps, to
 * what is pending, or to a refusal before anything is changed.
 *
 * - A key is deleted only if the state, or the journal, names it as ours.
 * - With a free slot the new key comes first. Only when the slots may all be taken does a key that leaves go first.
 * - `current` never leaves while it works: it becomes `previous`.
 */
export function planRotation(
  recorded: ManagedKeys | undefined,
  observed: Observed,
  intent: Intent,
  decider: Decider,
): Plan {
  const held: Held = {};
  for (;;) {
    const plan = planStages(recorded, observed, intent, decider, held);
    if ("refusal" in plan) return plan;
    const use = useOf(guardedIds(plan.steps, recorded, intent), observed, recorded, intent.lastUsedGuard, decider.now);
    const wait = use && postponed(plan, intent);
    if (!wait || held[wait.what]) return plan;
    held[wait.what] = { ...wait, because: "use", ...use };
  }
}

/** What of a plan waits for a key that is in use. What mends an outage does not. */
function postponed({ steps, retires }: Steps, { rotate }: Intent): Pick<Wait, "what" | "why"> | undefined {
  if (steps.some((step) => step.do === "adopt")) return { what: "adoption", why: "state changed" };
  if (rotate && steps.some((step) => step.do === "create")) return { what: "rotation", why: rotate };
  return retires ? { what: "retirement", why: retires } : undefined;
}

/** The keys that are there, with what is adopted; and which of it waits. */
interface Adopting extends Adoption {
  known: ManagedKeys;
  forgets: Step[];
  /** Ids of keys that `state` names, and whose adoption waits. */
  named: string[];
  waits: Wait[];
}

/** What becomes of `previous`, and whether a rotation has to wait for it. */
interface Ends {
  retirement: Retirement | undefined;
  retires: Extract<Retirement, { why: string }> | undefined;
  rotates: boolean;
  waits: Wait[];
}

function planStages(
  recorded: ManagedKeys | undefined,
  observed: Observed,
  intent: Intent,
  decider: Decider,
  held: Held,
): Plan {
  const adopting = adoptionStage(recorded, observed, intent, decider, held);
  if ("refusal" in adopting) return adopting;
  const ends = endsStage(adopting, observed, intent, decider, held);
  const unknown = unknownAmong(observed, adopting.keys).filter((key) => !adopting.named.includes(key.accessKeyId));
  const verdict = judge(observed.journal, unknown, recorded?.operationId, decider);
  const isOthers = "refusal" in verdict && ["otherOwner", "otherInstance"].includes(verdict.refusal);
  const takesOver = isOthers && unknown.length === 0 && (!recorded || intent.takesOver === true);
  const pending = [...adopting.waits, ...ends.waits].map((wait) => pendingOf(wait, adopting.keys));
  // Nothing is taken over by an adoption that waits.
  if (takesOver && adopting.named.length > 0) return { steps: [], pending };
  if ("refusal" in verdict && !takesOver) return { refusal: explainVerdict(verdict, decider.owner) };
  const lost = "lost" in verdict ? verdict.lost : [];
  const { rotate, ...rest } = intent;
  const planned = planChanges(adopting.keys, observed, ends.rotates ? intent : rest, {
    retires: ends.retires,
    lost,
    inUse: works(adopting.known.current, observed) ? adopting.known.current : adopting.keys.current,
  });
  // A key that this run makes in any case answers the trigger.
  const isAnswered = adopting.adopts.length > 0 && planned.some((step) => step.do === "create");
  const leaving = leavingIds(planned);
  const changes = signedToTheEnd(planned, adopting.keys, observed, decider.signer);
  if (!changes || (decider.signer && lost.includes(decider.signer)))
    return { refusal: signerLeaves(decider.signer ?? "") };
  const why = whyOf(changes, adopting, ends, intent, recorded, lost);
  return {
    ...(why && { why }),
    steps: framed({ recorded, observed, intent, decider, adopting, ends, unknown, lost, changes, takesOver }),
    ...(ends.retires && { retires: ends.retires.why }),
    pending: pending.filter(({ what, accessKeyId = "" }) =>
      what === "rotation" ? !isAnswered : what !== "retirement" || !leaving.includes(accessKeyId),
    ),
  };
}

function adoptionStage(
  recorded: ManagedKeys | undefined,
  observed: Observed,
  intent: Intent,
  decider: Decider,
  held: Held,
): Adopting | { refusal: Refusal } {
  const { keys: known, forgets } = forgetGone(recorded, observed);
  const adoption = planAdoption(known, observed.keys, decider.now, intent.adopt);
  if ("refusal" in adoption) {
    // Whose the user is comes first: else what is said of the adoption leads nowhere.
    const verdict = judge(observed.journal, unknownAmong(observed, known), recorded?.operationId, decider);
    return "refusal" in verdict ? { refusal: explainVerdict(verdict, decider.owner) } : adoption;
  }
  const holds = holdingBack(known, observed, retirementOf(known, observed, intent, decider.now));
  const pushesOut = known.previous && adoption.keys.toDelete.includes(known.previous.accessKeyId);
  const wait: Wait | undefined =
    held.adoption ?? (holds && pushesOut ? { what: "adoption", why: "state changed", ...holds } : undefined);
  if (!wait) return { ...adoption, known, forgets, named: [], waits: [] };
  const named = adoption.adopts.map(({ key }) => key.accessKeyId);
  return { keys: known, trials: [], adopts: [], known, forgets, named, waits: [wait] };
}

function endsStage({ keys, adopts }: Adopting, observed: Observed, intent: Intent, decider: Decider, held: Held): Ends {
  const { rotate, revoke } = intent;
  const isKept = held.rotation !== undefined || held.retirement !== undefined;
  const retirement = isKept ? undefined : retirementOf(keys, observed, intent, decider.now);
  // A rotation in the run that adopts would delete at once what was adopted, or what that pushed to previous.
  const holds =
    holdingBack(keys, observed, retirement) ?? (adopts.length > 0 ? { because: "adoption" as const } : undefined);
  const waits = [held.rotation, held.retirement].filter((wait) => wait !== undefined);
  const mustWait = rotate !== undefined && !revoke && holds !== undefined;
  if (mustWait && !held.rotation) waits.push({ what: "rotation", why: rotate, ...holds });
  const why = "its grace period is over";
  if (!mustWait && retirement?.is === "activatedAgain") {
    waits.push({ what: "retirement", why, because: "activatedAgain" });
  } else if (!mustWait && retirement?.is === "deactivated") {
    waits.push({
      what: "retirement",
      why,
      because: "deactivated",
      ...(retirement.until && { until: retirement.until }),
    });
  } else if (!mustWait && retirement?.is === "unpublished" && retirement.isOver) {
    waits.push({ what: "retirement", why, because: "unpublished" });
  }
  const retires = retirement && "why" in retirement ? retirement : undefined;
  return { retirement, retires, rotates: !mustWait && !held.rotation, waits };
}

/** What holds back whatever would end `previous`; where a key of the two is broken there is none to keep. */
function holdingBack(
  keys: ManagedKeys,
  observed: Observed,
  retirement: Retirement | undefined,
): Pick<Wait, "because" | "until"> | undefined {
  if (!works(keys.current, observed) || !works(keys.previous, observed)) return undefined;
  if (retirement?.is === "grace") return { because: "grace", until: retirement.until };
  return retirement?.is === "activatedAgain" || retirement?.is === "unpublished"
    ? { because: retirement.is }
    : undefined;
}

function whyOf(
  changes: Step[],
  { adopts }: Adopting,
  { retires }: Ends,
  { rotate, revoke }: Intent,
  recorded: ManagedKeys | undefined,
  lost: string[],
): string | undefined {
  // A creation needs no reason.
  if (!recorded) return adopts.length > 0 ? "state" : undefined;
  if (changes.some((step) => step.do === "create"))
    return revoke ?? rotate ?? (recorded.current ? "current no longer works" : "there is no current key");
  if (adopts.length > 0) return "state changed";
  return retires?.why ?? (changes.length + lost.length > 0 ? "an earlier run left it" : undefined);
}

interface Decided {
  recorded: ManagedKeys | undefined;
  observed: Observed;
  intent: Intent;
  decider: Decider;
  adopting: Adopting;
  ends: Ends;
  unknown: Observed["keys"];
  /** Ids of keys of ours whose secrets nobody has. */
  lost: string[];
  changes: Step[];
  takesOver: boolean;
}

/** The changes, with what comes before the first and after the last of them. */
function framed(decided: Decided): Step[] {
  const { recorded, observed, intent, decider, adopting, ends, unknown, lost, changes, takesOver } = decided;
  const { keys, adopts } = adopting;
  const strangers = unknown.map((key) => key.accessKeyId).filter((id) => !lost.includes(id));
  const doubt = doubtIn(observed.journal, recorded?.operationId, decider);
  const isAwake = ends.retirement?.is === "activatedAgain" && keys.fate?.deactivatedAt;
  const noted: Step[] = [
    ...adopting.forgets,
    ...(isAwake ? [{ do: "wake" } as const] : []),
    ...(ends.retirement?.is === "unpublished" ? [{ do: "renew" } as const] : []),
  ];
  if (lost.length + adopts.length + changes.length === 0 && !takesOver) {
    return [...noted, ...settle(observed, recorded?.operationId, strangers, doubt)];
  }
  const kind: Entry["kind"] = !recorded ? "create" : lost.length + changes.length > 0 ? "rotate" : "adopt";
  const [made] = lost;
  // A refusal comes before the first change: an adopted key whose secret is wrong is found before that. A lost key stays
  // named in the journal until it is gone.
  const open: Step = { do: "open", entry: { kind, strangers, ...(made && { made }), ...doubt } };
  const discards = lost.map((accessKeyId): Step => ({ do: "discard", accessKeyId }));
  // A leak and an outage don't wait for a permission that they do not need.
  const isUrgent = intent.revoke || (recorded && !works(adopting.known.current, observed));
  const probes: Step[] = intent.deactivatePeriod && !isUrgent ? [{ do: "mayDeactivate" }] : [];
  const outlasts: Step[] = takesOver ? [{ do: "outlast" }] : [];
  const close: Step = { do: "close", phase: "done" };
  return [...noted, ...adopting.trials, ...probes, open, ...discards, ...adopts, ...changes, ...outlasts, close];
}

/** Where nothing else is to do: whoever left the journal open has ended, and nothing that it made is left unknown. */
function settle({ journal }: Observed, operationId: string | undefined, strangers: string[], doubt: { doubt?: true }) {
  if (journal?.phase !== "open") return [];
  const { made: _, ...rest } = journal;
  const ended = operationId ? ({ phase: "done", operationId } as const) : ({ phase: "void" } as const);
  const isOwn = journal.operationId === operationId;
  return [
    {
      do: "settle",
      journal: isOwn ? { ...journal, phase: "done" } : { ...rest, ...doubt, strangers, ...ended },
    } as Step,
  ];
}
