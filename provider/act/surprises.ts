import { LONGEST_OPERATION } from "../decide/judge";
import type { Decider, Observed, Plan } from "../decide/plan";
import { type ManagedKeys, managedIds } from "../model/managedKeys";
import type { Dependencies } from "./dependencies";
import { type Surprise, untilTold } from "./observe";

interface Seen {
  observed: Observed | undefined;
  decider: Decider;
  /** The steps that were decided on. */
  plan: Plan | { steps: Extract<Plan, { steps: unknown }>["steps"] } | undefined;
}

/**
 * What has to be seen twice, since any read may be a minute old: a user or a key that is gone; a key that nobody has the secret
 * of; a key that the journal names and the list lacks; an open journal of ours, whose key may be listed late; another
 * journal than the one that we could not close; a key that was activated again; a key of ours that a destroy may just have
 * deleted; and an unknown key so young that the tag may not tell of it yet.
 */
export function surprisesIn(
  { observed, decider: { owner, now }, plan }: Seen,
  recorded: ManagedKeys | undefined,
  patience: Dependencies["patience"],
): Surprise[] {
  if (!observed || !plan) return [{ what: "no such user", wait: patience.secondLook }];
  if ("refusal" in plan) return [];
  const { journal, keys } = observed;
  const since = (moment: string | undefined) => untilTold(moment, now, patience);
  const born = (id: string) =>
    [...keys, recorded?.current, recorded?.previous].find((key) => key?.accessKeyId === id)?.createdAt;
  // An operation that began so long ago has ended, and what it wrote is told by any read.
  const isOld = journal && now.getTime() - Date.parse(journal.at) > LONGEST_OPERATION + patience.staleRead;
  const sinceEnd = isOld ? patience.secondLook : patience.staleRead;
  const isAnother = journal?.operationId !== recorded?.operationId;
  const isOurs = journal?.owner === owner;
  const named = isAnother && journal?.made ? [journal.made] : [];
  const adopted = plan.steps.flatMap((step) => (step.do === "adopt" ? [step.key.accessKeyId] : []));
  const surprises: Surprise[] = [];
  for (const step of plan.steps) {
    if (step.do === "forget")
      surprises.push({ what: step.accessKeyId, wait: since(born(step.accessKeyId) ?? recorded?.current?.createdAt) });
    if (step.do === "discard") surprises.push({ what: step.accessKeyId, wait: sinceEnd });
    if (step.do === "wake") surprises.push({ what: "activated again", wait: since(recorded?.fate?.deactivatedAt) });
  }
  for (const id of named) if (!keys.some((key) => key.accessKeyId === id)) surprises.push({ what: id, wait: sinceEnd });
  if (recorded?.journalOpen && isAnother) surprises.push({ what: "another journal", wait: patience.staleRead });
  // What its word says of no key that is there is about to be written over.
  if (isAnother && isOurs && journal.phase === "open") surprises.push({ what: journal.operationId, wait: sinceEnd });
  const known = [...surprises.map(({ what }) => what), ...adopted, ...(recorded ? managedIds(recorded) : [])];
  const isYoung = (at: string) => now.getTime() - Date.parse(at) < patience.staleRead;
  for (const key of keys)
    if (isYoung(key.createdAt) && !known.includes(key.accessKeyId))
      surprises.push({ what: key.accessKeyId, wait: since(key.createdAt) });
  // What a destroy has just deleted may still be listed, and accepted.
  const mayBeDeleted = !recorded && journal && !isOld && (isOurs || journal.kind === "delete");
  if (mayBeDeleted) for (const id of adopted) surprises.push({ what: id, wait: patience.staleRead });
  return surprises;
}
