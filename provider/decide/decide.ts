import type { ManagedKey } from "../model/accessKey";
import type { Journal } from "../model/journal";
import { type ManagedKeys, managedIds } from "../model/managedKeys";
import { planAdoption } from "./adoption";
import { isMidway, judge } from "./judge";
import { deletion, forgetGone, strangersAmong, works } from "./keysFound";
import type { Entry, Found, Intent, Plan, Reader, Step, Steps, Wait } from "./plan";
import { explainVerdict, signerLeaves } from "./refusals";
import { guardedIds, type Retirement, retirementOf, useOf } from "./retirement";

/**
 * The whole decision: from what the state records, what AWS shows and what the inputs ask for, to the ordered steps, to
 * what has to wait, or to a refusal before anything is changed.
 *
 * - A key is deleted only if the state, or the journal, names it as ours.
 * - With a free slot the new key comes first. Only when the slots may all be taken does a key that leaves go first.
 * - `current` never leaves while it works: it becomes `previous`.
 */
export function planRotation(recorded: ManagedKeys | undefined, found: Found, intent: Intent, reader: Reader): Plan {
  const plan = planRegardless(recorded, found, intent, reader);
  if ("refusal" in plan) return plan;
  const held = useOf(guardedIds(plan.steps, recorded, intent), found, intent.lastUsedGuard, reader.now);
  const later = held && postponed(plan, intent);
  if (!later) return plan;
  const rest = planRotation(recorded, found, later.rest, reader);
  if ("refusal" in rest) return rest;
  const wait: Wait = { what: later.what, why: later.why, because: "use", ...held };
  return { ...rest, waits: [...(rest.waits ?? []), wait] };
}

/** What of a plan waits for a key that is in use. What mends an outage does not. */
function postponed(
  { steps, retires }: Steps,
  intent: Intent,
): { what: Wait["what"]; why: string; rest: Intent } | undefined {
  const { rotate, ...others } = intent;
  if (steps.some((step) => step.do === "adopt")) {
    return { what: "adoption", why: "state changed", rest: { ...intent, adoptsLater: true } };
  }
  const rest: Intent = { ...others, keepsPrevious: true };
  if (rotate && steps.some((step) => step.do === "create")) return { what: "rotation", why: rotate, rest };
  return retires ? { what: "retirement", why: retires, rest } : undefined;
}

function planRegardless(recorded: ManagedKeys | undefined, found: Found, intent: Intent, reader: Reader): Plan {
  const { keys: known, forgets } = forgetGone(recorded, found);
  let waits: Wait[] = [];
  /** Ids of keys that `state` names, and whose adoption waits. */
  let spokenFor: string[] = [];
  let adoption = planAdoption(known, found.keys, reader.now, intent.adopt);
  if ("refusal" in adoption) {
    // Whose the user is comes first: else what is said of the adoption leads nowhere.
    const verdict = judge(found.journal, strangersAmong(found, known), recorded?.operationId, reader);
    return "refusal" in verdict ? { refusal: explainVerdict(verdict, reader.owner) } : adoption;
  }
  const holding = holdingBack(known, found, retirementOf(known, found, intent, reader.now));
  const pushesOut = known.previous && adoption.keys.retired.includes(known.previous.accessKeyId);
  if (intent.adoptsLater || (holding && pushesOut)) {
    if (holding && pushesOut) waits.push({ what: "adoption", why: "state changed", ...holding });
    spokenFor = adoption.adopts.map(({ key }) => key.accessKeyId);
    adoption = { keys: known, trials: [], adopts: [] };
  }
  const { keys, trials, adopts } = adoption;
  const { rotate, ...rest } = intent;
  // A rotation in the run that adopts would delete at once what was adopted, or what that pushed to previous.
  const retirement = retirementOf(keys, found, intent, reader.now);
  const waitsFor =
    holdingBack(keys, found, retirement) ?? (adopts.length > 0 ? { because: "adoption" as const } : undefined);
  const mustWait = rotate && !intent.revoke && waitsFor;
  if (mustWait) waits.push({ what: "rotation", why: rotate, ...waitsFor });
  const retires = retirement && "why" in retirement ? retirement : undefined;
  const wakes: Step[] = retirement?.is === "needed" && keys.retirement?.deactivatedAt ? [{ do: "wake" }] : [];
  if (!mustWait && (retirement?.is === "needed" || retirement?.is === "asleep")) {
    const until = retirement.is === "asleep" ? retirement.until : undefined;
    waits.push({
      what: "retirement",
      why: "its grace period is over",
      because: retirement.is,
      ...(until && { until }),
    });
  }

  const unknown = strangersAmong(found, keys).filter((key) => !spokenFor.includes(key.accessKeyId));
  const verdict = judge(found.journal, unknown, recorded?.operationId, reader);
  const isOthers = "refusal" in verdict && verdict.refusal === "otherOwner";
  const takesOver = isOthers && unknown.length === 0 && (!recorded || intent.takesOver === true);
  // Nothing is taken over by an adoption that waits.
  if (takesOver && spokenFor.length > 0) return { steps: [], waits };
  if ("refusal" in verdict && !takesOver) return { refusal: explainVerdict(verdict, reader.owner) };
  const lost = "lost" in verdict ? verdict.lost : [];
  const inUse = works(known.current, found) ? known.current : keys.current;
  const planned = planChanges(keys, found, mustWait ? rest : intent, { retires, lost, inUse });
  // A key that this run makes in any case answers the trigger.
  const isAnswered = waitsFor?.because === "adoption" && planned.some((step) => step.do === "create");
  if (isAnswered) waits = waits.filter(({ what }) => what !== "rotation");
  const changes = signedToTheEnd(planned, keys, found, reader.signer);
  if (!changes || (reader.signer && lost.includes(reader.signer)))
    return { refusal: signerLeaves(reader.signer ?? "") };

  const strangers = unknown.map((key) => key.accessKeyId).filter((id) => !lost.includes(id));
  const doubt = isMidway(found.journal, recorded?.operationId, reader) && ({ doubt: true } as const);
  const asked = { ...(waits.length > 0 && { waits }), ...(retires && { retires: retires.why }) };
  const noted = [...forgets, ...wakes];
  if (lost.length + adopts.length + changes.length === 0 && !takesOver) {
    return { steps: [...noted, ...settle(found.journal, recorded?.operationId, strangers, doubt)], ...asked };
  }
  const kind: Entry["kind"] = !recorded ? "create" : lost.length + changes.length > 0 ? "rotate" : "adopt";
  const [made] = lost;
  // A refusal comes before the first change: an adopted key whose secret is wrong is found before that. A lost key stays
  // named in the journal until it is gone.
  const open: Step = { do: "open", entry: { kind, strangers, ...(made && { made }), ...doubt } };
  const discards = lost.map((accessKeyId): Step => ({ do: "discard", accessKeyId }));
  const close: Step = { do: "close", phase: "done" };
  // A leak and an outage don't wait for a permission that they do not need.
  const isUrgent = intent.revoke || (recorded && !works(known.current, found));
  const probes: Step[] = intent.deactivatePeriod && !isUrgent ? [{ do: "mayDeactivate" }] : [];
  const steps = [...noted, ...trials, ...probes, open, ...discards, ...adopts, ...changes, close];
  return { steps, ...asked };
}

/**
 * The steps that change something in AWS, in their order, once lost keys are gone.
 *
 * | asked for | current works | previous works | new key | stays as previous | leave |
 * |---|---|---|---|---|---|
 * | nothing | yes | | no | | what is retired already |
 * | retire | yes | | no | | the same, and previous |
 * | deactivate | yes | | no | previous, deactivated | the same |
 * | rotate | yes | | yes | current | all others |
 * | rotate, retire, nothing | no | yes | yes | previous | all others |
 * | rotate, retire, nothing | no | no | yes | current, which is not ours to activate | all others |
 * | revoke | | | yes | none | all |
 */
function planChanges(keys: ManagedKeys, found: Found, intent: Intent, { retires, lost, inUse }: Circumstances): Step[] {
  const currentWorks = works(keys.current, found);
  if (!intent.rotate && !intent.revoke && currentWorks) {
    const last = retires && keys.previous;
    const steps = [...keys.retired.map(deletion), ...(last ? [{ do: retires.is, accessKeyId: last.accessKeyId }] : [])];
    // Nothing older goes before the key that replaced it has been seen to work.
    return steps.length > 0 ? [TRY_FIRST, ...steps] : [];
  }
  const kept = currentWorks || !works(keys.previous, found) ? (keys.current ?? keys.previous) : keys.previous;
  const stays = intent.revoke ? undefined : kept;
  // Oldest first.
  const leaving = managedIds(keys)
    .reverse()
    .filter((id) => id !== stays?.accessKeyId);
  const create: Step = {
    do: "create",
    ...(stays && { previousId: stays.accessKeyId }),
    ...(stays && stays === keys.previous && { mends: true }),
    before: found.keys.map((key) => key.accessKeyId),
    strangers: strangersAmong(found, keys).filter((key) => !lost.includes(key.accessKeyId)),
  };
  const room = makesRoom(inUse, found, leaving, lost);
  // Retired keys that are still there may be all that AWS accepts: current is tried before one of them makes room.
  const unproven = room && currentWorks && keys.retired.includes(room);
  return [
    ...(unproven ? [TRY_FIRST] : []),
    ...(room ? [{ do: "makeRoom", accessKeyId: room } as const] : []),
    create,
    intent.revoke ? TRY_FIRST : ({ do: "tryCurrent" } as const),
    ...leaving.filter((id) => id !== room).map(deletion),
  ];
}

interface Circumstances {
  /** What comes next for `previous` without a rotation. */
  retires: { is: "deactivate" | "delete" } | undefined;
  /** Ids of lost keys, which are gone by then. */
  lost: string[];
  /** The key that the saved state calls current: it goes after its successor has been seen to work. */
  inUse: ManagedKey | undefined;
}

const TRY_FIRST: Step = { do: "tryCurrent", required: true };

/**
 * How many slots an account gives a user is not ours to read. With two keys there may be no free one, so a key that
 * leaves anyway goes first; where none leaves, AWS's answer to CreateAccessKey tells, and changes nothing.
 */
function makesRoom(inUse: ManagedKey | undefined, found: Found, leaving: string[], lost: string[]): string | undefined {
  if (found.keys.length - lost.length < 2) return undefined;
  const mayGo = leaving.filter((id) => id !== inUse?.accessKeyId || !works(inUse, found));
  return mayGo.find((id) => found.keys.some((at) => at.accessKeyId === id && at.status !== "Active")) ?? mayGo[0];
}

/**
 * A user that rotates itself: before the key that signs leaves, current takes over, which has the same permissions.
 * @returns the steps; `undefined` if no other key can sign what comes after
 */
function signedToTheEnd(steps: Step[], keys: ManagedKeys, found: Found, signer?: string): Step[] | undefined {
  const signed: Step[] = [];
  const current = works(keys.current, found) ? keys.current : undefined;
  let signs = signer;
  let isMade = false;
  for (const step of steps) {
    isMade ||= step.do === "create";
    if (signs && "accessKeyId" in step && step.accessKeyId === signs) {
      if (!isMade && (!current?.secretAccessKey || current.accessKeyId === signs)) return undefined;
      signed.push({ do: "signByCurrent" });
      signs = isMade ? undefined : current?.accessKeyId;
    }
    signed.push(step);
  }
  return signed;
}

/** What holds back whatever would end `previous`; where a key of the two is broken there is none to keep. */
function holdingBack(
  keys: ManagedKeys,
  found: Found,
  retirement: Retirement | undefined,
): Pick<Wait, "because" | "until"> | undefined {
  if (!works(keys.current, found) || !works(keys.previous, found)) return undefined;
  if (retirement?.is === "grace") return { because: "grace", until: retirement.until };
  return retirement?.is === "needed" ? { because: "needed" } : undefined;
}

/** Where nothing else is to do: whoever left the journal open has ended, and nothing that it made is left unknown. */
function settle(
  journal: Journal | undefined,
  operationId: string | undefined,
  strangers: string[],
  doubt: { doubt: true } | false,
) {
  if (journal?.phase !== "open") return [];
  const { made: _, ...rest } = journal;
  const settled: Journal =
    journal.operationId === operationId
      ? { ...journal, phase: "done" }
      : { ...rest, ...doubt, strangers, ...(operationId ? { phase: "done", operationId } : { phase: "void" }) };
  return [{ do: "settle", journal: settled } as const];
}
