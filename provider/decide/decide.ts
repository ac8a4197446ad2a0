import type { FoundKey, ManagedKey } from "../model/accessKey";
import { after } from "../model/duration";
import { instanceOf, JOURNAL_TAG, type Journal } from "../model/journal";
import { isRecordedUser, type ManagedKeys, managedIds, managedKeys, without } from "../model/managedKeys";
import { planAdoption } from "./adoption";
import { isMidway, judge } from "./judge";
import type { Entry, Found, Intent, Plan, Reader, Refusal, Step, Steps, Wait } from "./plan";
import { explainVerdict, signerLeaves } from "./refusals";

/**
 * The whole decision: from what the state records, what AWS shows and what the inputs ask for, to the ordered steps, to
 * what has to wait, or to a refusal before anything is changed.
 *
 * - A key is deleted only if the state, or the journal, names it as ours.
 * - With a free slot the new key comes first. Only when the slots may all be taken does a key that leaves go first.
 * - `current` never leaves while it works: it becomes `previous`.
 */
export function planRotation(recorded: ManagedKeys | undefined, found: Found, intent: Intent, reader: Reader): Plan {
  const { keys: known, forgets } = forgetGone(recorded, found);
  const waits: Wait[] = [];
  /** Ids of keys that `state` names, and whose adoption waits. */
  let spokenFor: string[] = [];
  let adoption = planAdoption(known, found.keys, reader.now, intent.adopt);
  if ("refusal" in adoption) {
    // Whose the user is comes first: else what is said of the adoption leads nowhere.
    const verdict = judge(found.journal, strangersAmong(found, known), recorded?.operationId, reader);
    return "refusal" in verdict ? { refusal: explainVerdict(verdict, reader.owner) } : adoption;
  }
  const grace = graceOf(known, found, intent, reader.now);
  if (grace && "ends" in grace && known.previous && adoption.keys.retired.includes(known.previous.accessKeyId)) {
    waits.push({ what: "adoption", why: "state changed", until: grace.ends });
    spokenFor = adoption.adopts.map(({ key }) => key.accessKeyId);
    adoption = { keys: known, trials: [], adopts: [] };
  }
  const { keys, trials, adopts } = adoption;
  const { rotate, ...rest } = intent;
  const end = graceOf(keys, found, intent, reader.now);
  const until = end && "ends" in end ? end.ends : undefined;
  // A rotation in the run that adopts would delete at once what was adopted, or what that pushed to previous.
  const mustWait = rotate && !intent.revoke && (until || adopts.length > 0);
  if (mustWait) waits.push({ what: "rotation", why: rotate, ...(until && { until }) });
  const retires = end && "ended" in end ? end.ended : undefined;

  const unknown = strangersAmong(found, keys).filter((key) => !spokenFor.includes(key.accessKeyId));
  const verdict = judge(found.journal, unknown, recorded?.operationId, reader);
  const isOthers = "refusal" in verdict && verdict.refusal === "otherOwner";
  const takesOver = isOthers && unknown.length === 0 && (!recorded || intent.takesOver === true);
  if ("refusal" in verdict && !takesOver) return { refusal: explainVerdict(verdict, reader.owner) };
  const lost = "lost" in verdict ? verdict.lost : [];
  const inUse = works(known.current, found) ? known.current : keys.current;
  const changes = planChanges(keys, found, mustWait ? rest : intent, { retires, lost, inUse });
  const leaves = changes.flatMap((step) => (step.do === "delete" || step.do === "makeRoom" ? [step.accessKeyId] : []));
  if (reader.signer && [...lost, ...leaves].includes(reader.signer)) return { refusal: signerLeaves(reader.signer) };

  const strangers = unknown.map((key) => key.accessKeyId).filter((id) => !lost.includes(id));
  const doubt = isMidway(found.journal, recorded?.operationId, reader) && ({ doubt: true } as const);
  const asked = { ...(waits.length > 0 && { waits }), ...(retires && { retires }) };
  if (lost.length + adopts.length + changes.length === 0 && !takesOver) {
    return { steps: [...forgets, ...settle(found.journal, recorded?.operationId, strangers, doubt)], ...asked };
  }
  const kind: Entry["kind"] = !recorded ? "create" : lost.length + changes.length > 0 ? "rotate" : "adopt";
  const [made] = lost;
  // A refusal comes before the first change: an adopted key whose secret is wrong is found before that. A lost key stays
  // named in the journal until it is gone.
  const open: Step = { do: "open", entry: { kind, strangers, ...(made && { made }), ...doubt } };
  const discards = lost.map((accessKeyId): Step => ({ do: "discard", accessKeyId }));
  const close: Step = { do: "close", phase: "done" };
  return { steps: [...forgets, ...trials, open, ...discards, ...adopts, ...changes, close], ...asked };
}

/**
 * The steps that change something in AWS, in their order, once lost keys are gone.
 *
 * | asked for | current works | previous works | new key | stays as previous | leave |
 * |---|---|---|---|---|---|
 * | nothing | yes | | no | | what is retired already |
 * | retire | yes | | no | | the same, and previous |
 * | rotate | yes | | yes | current | all others |
 * | rotate, retire, nothing | no | yes | yes | previous | all others |
 * | rotate, retire, nothing | no | no | yes | current, which is not ours to activate | all others |
 * | revoke | | | yes | none | all |
 */
function planChanges(keys: ManagedKeys, found: Found, intent: Intent, { retires, lost, inUse }: Circumstances) {
  const currentWorks = works(keys.current, found);
  if (!intent.rotate && !intent.revoke && currentWorks) {
    const leaving = [...keys.retired, ...(retires && keys.previous ? [keys.previous.accessKeyId] : [])];
    // Nothing older goes before the key that replaced it has been seen to work.
    return leaving.length > 0 ? [TRY_FIRST, ...leaving.map(deletion)] : [];
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
  /** Why `previous` goes without a rotation. */
  retires: string | undefined;
  /** Ids of lost keys, which are gone by then. */
  lost: string[];
  /** The key that the saved state calls current: it goes after its successor has been seen to work. */
  inUse: ManagedKey | undefined;
}

const TRY_FIRST: Step = { do: "tryCurrent", required: true };

function deletion(accessKeyId: string): Step {
  return { do: "delete", accessKeyId };
}

/**
 * How many slots an account gives a user is not ours to read. With two keys there may be no free one, so a key that
 * leaves anyway goes first; where none leaves, AWS's answer to CreateAccessKey tells, and changes nothing.
 */
function makesRoom(inUse: ManagedKey | undefined, found: Found, leaving: string[], lost: string[]): string | undefined {
  if (found.keys.length - lost.length < 2) return undefined;
  const mayGo = leaving.filter((id) => id !== inUse?.accessKeyId || !works(inUse, found));
  return mayGo.find((id) => found.keys.some((at) => at.accessKeyId === id && at.status !== "Active")) ?? mayGo[0];
}

function works(key: ManagedKey | undefined, found: Found): boolean {
  return found.keys.some((at) => at.accessKeyId === key?.accessKeyId && at.status === "Active");
}

/** `previous` was promised until the end of its grace period; where a key of the two is broken there is none to keep. */
function graceOf(
  keys: ManagedKeys,
  found: Found,
  { gracePeriod, revoke }: Intent,
  now: Date,
): { ends: string } | { ended: string } | undefined {
  const end = keys.previous && after(keys.previousSince ?? keys.current?.createdAt, gracePeriod);
  if (!end || revoke) return undefined;
  if (Date.parse(end) <= now.getTime()) return { ended: `its grace period ended ${end}` };
  return works(keys.current, found) && works(keys.previous, found) ? { ends: end } : undefined;
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

/** The same for a resource that goes: what is ours is deleted, and nothing that another resource has taken over. */
export function planDeletion(
  recorded: ManagedKeys,
  found: Found,
  reader: Reader,
): (Steps & { left?: Refusal }) | { refusal: Refusal } {
  const { keys } = forgetGone(recorded, found);
  const verdict = judge(found.journal, strangersAmong(found, keys), recorded.operationId, reader);
  const refusal = "refusal" in verdict ? explainVerdict(verdict, reader.owner) : undefined;
  if (refusal && "refusal" in verdict && verdict.refusal === "atWork") return { refusal };
  // Keys that a list leaves out are asked for as well, since the list may be late, and a key that is gone is no error.
  // current last: an interrupted run leaves the key in use for as long as it can.
  const ids = managedIds(recorded).reverse();
  const taken = takenOver(found.journal, recorded.operationId, reader);
  const stay = taken ? ids.filter((id) => !taken.strangers.includes(id)) : [];
  const going = ids.filter((id) => !stay.includes(id));
  const left = taken ? (stay.length > 0 ? replaced(taken, stay, refusal) : undefined) : refusal;
  // An adoption that died has taken nothing over: nobody keeps these keys but this resource, which is about to go.
  const isUnsure = taken?.phase === "open" && (taken.owner !== reader.owner || taken.kind === "create");
  if (taken && isUnsure && stay.length > 0) return { refusal: mayBeReplaced(taken, stay) };
  // A lost key that signs is not lost: whoever runs this has its secret.
  const lost = "lost" in verdict && !taken ? verdict.lost.filter((id) => id !== reader.signer) : [];
  const discards = lost.map((accessKeyId): Step => ({ do: "discard", accessKeyId }));
  // From here on no key is ours: what comes later is a stranger's. A key that may be in use stays named in the journal.
  const [signing, others] = [going.filter((id) => id === reader.signer), going.filter((id) => id !== reader.signer)];
  const [last] = signing;
  const end: Step = last ? { do: "close", phase: "done", last } : { do: "close", phase: "void" };
  const close = taken || refusal ? [] : [end];
  const steps = [...discards, ...others.map(deletion), ...close, ...signing.map(deletion)];
  return { steps, ...(left && { left }) };
}

/** The journal of another resource: it has adopted what it does not call strangers. */
function takenOver(journal: Journal | undefined, operationId: string | undefined, { owner }: Reader) {
  if (!journal || journal.phase === "void" || journal.kind === "delete") return undefined;
  // A forced replacement creates first, under the same owner: what its `state` adopted is the new resource's.
  const isNewer = operationId && instanceOf(journal.operationId) !== instanceOf(operationId);
  return journal.owner !== owner || isNewer ? journal : undefined;
}

function replaced({ operationId, owner }: Journal, stay: string[], also: Refusal | undefined): Refusal {
  const found = `${stay.join(" and ")}: another resource (owner ${owner}, operation ${operationId}) has taken them over.`;
  return { found: [found, also?.found].filter(Boolean).join(" "), todo: "" };
}

function mayBeReplaced({ operationId, owner }: Journal, stay: string[]): Refusal {
  return {
    found: `another resource (owner ${owner}, operation ${operationId}) began to take over ${stay.join(" and ")}, and its run did not end.`,
    todo: `Nothing was changed. Run that one again, and then this; or if it is gone, remove the tag ${JOURNAL_TAG} from the user, and run this again: then these keys are deleted.`,
  };
}

export function strangersAmong(found: Found, keys: ManagedKeys): FoundKey[] {
  const ours = managedIds(keys);
  return found.keys.filter((key) => !ours.includes(key.accessKeyId));
}

/** Keys that are recorded and not there any more. All of them, if the user was deleted and made again. */
function forgetGone(recorded: ManagedKeys | undefined, found: Found): { keys: ManagedKeys; forgets: Step[] } {
  if (!recorded) return { keys: managedKeys({ userId: found.userId }), forgets: [] };
  const there = isRecordedUser(recorded, found) ? found.keys.map((key) => key.accessKeyId) : [];
  const gone = managedIds(recorded).filter((id) => !there.includes(id));
  return {
    keys: { ...gone.reduce(without, recorded), userId: found.userId },
    forgets: gone.map((accessKeyId) => ({ do: "forget", accessKeyId })),
  };
}
