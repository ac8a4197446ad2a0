import type { FoundKey, ManagedKey } from "../model/accessKey";
import { instanceOf, type Journal, judge, type Reader } from "../model/journal";
import { type ManagedKeys, managedIds, managedKeys, without } from "../model/managedKeys";
import { planAdoption } from "./adoption";
import type { Entry, Found, Plan, Refusal, Step, Wish } from "./plan";
import { explainVerdict } from "./refusals";

/**
 * The whole decision: from what the state records, what AWS shows and what the inputs ask for, to the ordered steps,
 * or to a refusal before anything is changed.
 *
 * - A key is deleted only if the state, or the journal, says that it is ours.
 * - With a free slot the new key comes first. Only when the slots may all be taken does a key that leaves go first.
 * - `current` never leaves while it works: it becomes `previous`.
 */
export function planRotation(recorded: ManagedKeys | undefined, found: Found, wish: Wish, reader: Reader): Plan {
  const { keys: known, steps: forgets } = forgetLost(recorded, found);
  const adoption = planAdoption(known, found, wish.adopt);
  if ("refusal" in adoption) return adoption;
  const { keys, steps: adopts } = adoption;
  const short = cutsGraceShort(keys, found, wish);
  if (short) return { refusal: short };

  const unknown = strangersAmong(found, keys);
  const verdict = judge(found.journal, unknown, reader);
  const lost = "lost" in verdict ? verdict.lost.map((key) => key.accessKeyId) : [];
  const discards = lost.map((accessKeyId): Step => ({ do: "discard", accessKeyId }));
  const changes = planChanges(keys, found, wish, lost);
  if ("refusal" in verdict) {
    const takenOver = verdict.refusal === "otherOwner" && unknown.length === 0 && (!recorded || adopts.length > 0);
    if (!takenOver) return { refusal: explainVerdict(verdict, reader.owners[0] ?? "") };
  }

  // The journal of the operation that lost a key stands until that key is gone: so lost keys go before all else.
  // A refusal comes before the first change: an adopted key whose secret is wrong is found before that.
  const trials = adopts.filter((step) => step.do === "tryAdopted");
  const first = [...forgets, ...trials, ...discards, ...adopts.filter((step) => step.do !== "tryAdopted")];
  const had = found.keys.map((key) => key.accessKeyId).filter((id) => !lost.includes(id));
  const kind = recorded ? "rotate" : "create";
  const close = (kind: Entry["kind"]): Step => ({ do: "close", entry: { phase: "done", kind, had } });
  if (changes.length > 0) {
    const open: Step = { do: "open", entry: { phase: "open", kind, had } };
    return { steps: [...first, open, ...changes, close(kind)] };
  }
  if (adopts.length > 0) return { steps: [...first, close("adopt")] };
  // Whoever left the journal open has ended. Closed it must be before these keys count as handed out: else, with the state
  // lost, the next run would take them for lost.
  const unclosed = found.journal?.phase === "open";
  return { steps: unclosed || discards.length > 0 ? [...first, close(kind)] : first };
}

/** The steps that change something in AWS, in their order, once lost keys are gone. */
function planChanges(keys: ManagedKeys, found: Found, wish: Wish, lost: string[]): Step[] {
  const status = (key: ManagedKey | undefined) => found.keys.find((at) => at.accessKeyId === key?.accessKeyId)?.status;
  const currentWorks = status(keys.current) === "Active";
  if (!wish.rotate && !wish.revoke && currentWorks) {
    const leaving = [...keys.retired, ...(wish.retire && keys.previous ? [keys.previous.accessKeyId] : [])];
    // Nothing older goes before the key that replaced it has been seen to work.
    return leaving.length > 0 ? [{ do: "tryCurrent", required: true }, ...leaving.map(deletion)] : [];
  }

  // A current that someone deactivated is not ours to activate; a previous that still works is worth more than it.
  const kept = currentWorks || status(keys.previous) !== "Active" ? (keys.current ?? keys.previous) : keys.previous;
  const stays = wish.revoke ? undefined : kept;
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

  // How many slots an account gives a user is not ours to read. With two keys there may be no free one, so a key that
  // leaves anyway goes first; where none leaves, AWS's answer to CreateAccessKey tells, and changes nothing.
  const full = found.keys.length - lost.length >= 2;
  const mayGoFirst = leaving.filter((id) => !currentWorks || id !== keys.current?.accessKeyId);
  const asleep = mayGoFirst.find((id) => found.keys.some((key) => key.accessKeyId === id && key.status !== "Active"));
  const makesRoom = full ? (asleep ?? mayGoFirst[0]) : undefined;
  const trial: Step = wish.revoke ? { do: "tryCurrent", required: true } : { do: "tryCurrent" };
  // Retired keys that are still there may be all that AWS accepts: current is tried before one of them makes room.
  const unproven = makesRoom !== undefined && currentWorks && keys.retired.includes(makesRoom);
  return [
    ...(unproven ? [{ do: "tryCurrent", required: true } as const] : []),
    ...(makesRoom ? [deletion(makesRoom)] : []),
    create,
    trial,
    ...leaving.filter((id) => id !== makesRoom).map(deletion),
  ];
}

/** A rotation deletes `previous`, which its users were promised until the end of the grace period. */
function cutsGraceShort(keys: ManagedKeys, found: Found, wish: Wish): Refusal | undefined {
  if (!wish.rotate || wish.revoke || !wish.graceUntil || !keys.previous) return undefined;
  const works = (key: ManagedKey | undefined) =>
    found.keys.some((at) => at.accessKeyId === key?.accessKeyId && at.status === "Active");
  // Without a current that works a new key is made anyway, and this previous stays.
  if (!works(keys.current) || !works(keys.previous)) return undefined;
  return {
    found: `a rotation (${wish.rotate}) would delete ${keys.previous.accessKeyId}, which is in its grace period until ${wish.graceUntil}.`,
    todo: `Nothing was changed. Run again after ${wish.graceUntil}; or, to end all older keys now, change \`revocationTrigger\`.`,
  };
}

function deletion(accessKeyId: string): Step {
  return { do: "delete", accessKeyId };
}

/** The same for a resource that goes: what is ours is deleted, and nothing that another stack has taken over. */
export function planDeletion(recorded: ManagedKeys, found: Found, reader: Reader): Plan & { left?: Refusal } {
  const { keys } = forgetLost(recorded, found);
  const verdict = judge(found.journal, strangersAmong(found, keys), reader);
  const left = "refusal" in verdict ? explainVerdict(verdict, reader.owners[0] ?? "") : undefined;
  if (left && "refusal" in verdict) {
    if (verdict.refusal === "running") return { refusal: left };
    if (verdict.refusal === "otherOwner") return { steps: [], left };
  }
  const taken = takenOverBy(found.journal, reader);
  if (taken) return { steps: [], left: taken };
  const lost = "lost" in verdict ? verdict.lost.map((key) => key.accessKeyId) : [];
  const steps: Step[] = [
    ...lost.map((accessKeyId): Step => ({ do: "discard", accessKeyId })),
    // current last: an interrupted run leaves the key in use for as long as it can. Keys that a list leaves out are asked
    // for as well, since the list may be late, and a key that is gone is no error.
    ...(recorded.userId === found.userId ? managedIds(recorded) : []).reverse().map(deletion),
  ];
  // From here on no key is ours: what comes later is a stranger's. A key that may be in use stays named in the journal.
  if (left) return { steps, left };
  const had = found.keys.map((key) => key.accessKeyId);
  return { steps: [...steps, { do: "close", entry: { phase: "void", kind: "delete", had } }] };
}

/** A forced replacement creates first: what its `state` adopted is the new resource's, and the old one leaves it alone. */
function takenOverBy(journal: Journal | undefined, { operationId, owners }: Reader): Refusal | undefined {
  if (journal?.phase !== "done" || !owners.includes(journal.owner)) return undefined;
  if (!operationId || instanceOf(journal.operationId) === instanceOf(operationId)) return undefined;
  return { found: `a newer resource of this name has taken them over (operation ${journal.operationId}).`, todo: "" };
}

export function strangersAmong(found: Found, keys: ManagedKeys): FoundKey[] {
  const ours = managedIds(keys);
  return found.keys.filter((key) => !ours.includes(key.accessKeyId));
}

/** Keys that are recorded and not there any more. All of them, if the user was deleted and made again. */
function forgetLost(recorded: ManagedKeys | undefined, found: Found): { keys: ManagedKeys; steps: Step[] } {
  if (!recorded) return { keys: managedKeys({ userId: found.userId }), steps: [] };
  const there = recorded.userId === found.userId ? found.keys.map((key) => key.accessKeyId) : [];
  const lost = managedIds(recorded).filter((id) => !there.includes(id));
  return {
    keys: { ...lost.reduce(without, recorded), userId: found.userId },
    steps: lost.map((accessKeyId) => ({ do: "forget", accessKeyId })),
  };
}
