import { instanceOf, JOURNAL_TAG, type Journal } from "../model/journal";
import { type ManagedKeys, managedIds } from "../model/managedKeys";
import { judge } from "./judge";
import { deletion, forgetGone, strangersAmong } from "./keysFound";
import type { Found, Reader, Refusal, Step, Steps } from "./plan";
import { explainVerdict } from "./refusals";

/** The whole decision for a resource that goes: what is ours is deleted, and nothing that another resource has taken over. */
export function planDeletion(
  recorded: ManagedKeys,
  found: Found,
  reader: Reader,
): (Steps & { left?: Refusal }) | { refusal: Refusal } {
  const { keys } = forgetGone(recorded, found);
  const verdict = judge(found.journal, strangersAmong(found, keys), recorded.operationId, reader);
  const refused = "refusal" in verdict ? verdict : undefined;
  const refusal = refused && explainVerdict(refused, reader.owner);
  if (refusal && refused.refusal === "atWork") return { refusal };
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
