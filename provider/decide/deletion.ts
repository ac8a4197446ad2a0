import { instanceOf, JOURNAL_TAG, type Journal } from "../model/journal";
import { type ManagedKeys, managedIds, without } from "../model/managedKeys";
import { judge } from "./judge";
import { deletion, forgetGone, unknownAmong } from "./observedKeys";
import type { Decider, Observed, Refusal, Step } from "./plan";
import { explainVerdict } from "./refusals";

export interface Deletion {
  steps: Step[];
  /** In words: which keys stay on the user, and why. */
  left: string[];
}

/**
 * The whole decision for a resource that goes: what is ours is deleted, and nothing that another resource has taken over.
 * @param held ids of keys that other resources of the same program hold
 */
export function planDeletion(
  state: ManagedKeys,
  observed: Observed,
  decider: Decider,
  held: string[],
): Deletion | { refusal: Refusal } {
  const shared = managedIds(state).filter((id) => held.includes(id));
  const recorded = shared.reduce(without, state);
  const { keys } = forgetGone(recorded, observed);
  const unknown = unknownAmong(observed, keys).filter((key) => !shared.includes(key.accessKeyId));
  const verdict = judge(observed.journal, unknown, recorded.operationId, decider);
  const refused = "refusal" in verdict ? verdict : undefined;
  const refusal = refused && explainVerdict(refused, decider.owner);
  if (refusal && refused.refusal === "atWork") return { refusal };
  // Keys that a list leaves out are asked for as well, since the list may be late, and a key that is gone is no error.
  // current last: an interrupted run leaves the key in use for as long as it can.
  const ids = managedIds(recorded).reverse();
  const taken = takenOver(observed.journal, recorded.operationId, decider);
  const stay = taken ? ids.filter((id) => !taken.strangers.includes(id)) : [];
  const going = ids.filter((id) => !stay.includes(id));
  // An adoption that died has taken nothing over: nobody keeps these keys but this resource, which is about to go.
  const isUnsure = taken?.phase === "open" && (taken.owner !== decider.owner || taken.kind === "create");
  if (taken && isUnsure && stay.length > 0) return { refusal: mayBeReplaced(taken, stay) };
  // A lost key that signs is not lost: whoever runs this has its secret.
  const lost = "lost" in verdict && !taken ? verdict.lost.filter((id) => id !== decider.signer) : [];
  const discards = lost.map((accessKeyId): Step => ({ do: "discard", accessKeyId }));
  // From here on no key is ours: what comes later is unmanaged. A key that may be in use stays named in the journal.
  const [signing, others] = [going.filter((id) => id === decider.signer), going.filter((id) => id !== decider.signer)];
  const [last] = signing;
  const end: Step = last ? { do: "close", phase: "done", last } : { do: "close", phase: "void" };
  const close = taken || refusal || shared.length > 0 ? [] : [end];
  const left = [
    shared.length > 0 && `another resource of this program holds ${shared.join(" and ")}.`,
    taken && stay.length > 0 && replaced(taken, stay),
    (!taken || (stay.length > 0 && refused && refused.keys.length > 0)) && refusal?.found,
  ].filter((part) => typeof part === "string");
  return { steps: [...discards, ...others.map(deletion), ...close, ...signing.map(deletion)], left };
}

/** The journal of another resource: it has adopted what it does not call strangers. */
function takenOver(journal: Journal | undefined, operationId: string | undefined, { owner }: Decider) {
  if (!journal || journal.phase === "void" || journal.kind === "delete") return undefined;
  // A forced replacement creates first, under the same owner: what its `state` adopted is the new resource's.
  const isNewer = operationId && instanceOf(journal.operationId) !== instanceOf(operationId);
  return journal.owner !== owner || isNewer ? journal : undefined;
}

function replaced({ operationId, owner }: Journal, stay: string[]): string {
  return `${stay.join(" and ")}: another resource (owner ${owner}, operation ${operationId}) has taken them over.`;
}

function mayBeReplaced({ operationId, owner }: Journal, stay: string[]): Refusal {
  return {
    because: "atWork",
    found: `another resource (owner ${owner}, operation ${operationId}) began to take over ${stay.join(" and ")}, and its run did not end.`,
    todo: `Nothing was changed. Run that one again, and then this; or if it is gone, remove the tag ${JOURNAL_TAG} from the user, and run this again: then these keys are deleted.`,
  };
}
