import type { FoundKey, LastUse } from "../model/accessKey";
import { after } from "../model/duration";
import type { ManagedKeys } from "../model/managedKeys";
import { works } from "./observedKeys";
import type { Intent, Observed, Step } from "./plan";

/** What `previous` is to the clock. */
export type Retirement =
  /** The stack's published outputs name it, and not the key that replaced it. */
  | { is: "unpublished"; isOver: boolean }
  /** It was promised until then. */
  | { is: "grace"; until: string }
  /** Its time is over, and this comes next. */
  | { is: "deactivate" | "delete"; why: string }
  /** It was deactivated here, and is deleted then; without a time, by the next rotation. */
  | { is: "deactivated"; until?: string }
  /** Somebody activated it again. */
  | { is: "activatedAgain" };

/**
 * | previous | was deactivated here | the period | |
 * |---|---|---|---|
 * | active, and published without its successor | | any | unpublished |
 * | active | no | grace, not over | grace |
 * | | no | grace, over | deactivate, or without `deactivatePeriod` delete |
 * | inactive | yes | deactivate, not over | deactivated |
 * | inactive | yes | deactivate, over or taken back | delete |
 * | active | yes | any | activated again |
 *
 * A key that somebody deactivated again after it was needed begins its `deactivatePeriod` anew.
 */
export function retirementOf(keys: ManagedKeys, observed: Observed, intent: Intent, now: Date): Retirement | undefined {
  const { previous, previousSince, current, fate = {} } = keys;
  const { gracePeriod, deactivatePeriod, revoke, published = [] } = intent;
  if (!previous || revoke) return undefined;
  const { deactivatedAt, activatedAgain } = fate;
  const over = (end: string) => Date.parse(end) <= now.getTime();
  if ((deactivatedAt || activatedAgain) && works(previous, observed)) return { is: "activatedAgain" };
  if (deactivatedAt) {
    const end = after(deactivatedAt, deactivatePeriod) ?? (gracePeriod ? deactivatedAt : undefined);
    return end && over(end)
      ? { is: "delete", why: `deactivated since ${deactivatedAt}` }
      : { is: "deactivated", ...(end && { until: end }) };
  }
  const end = after(previousSince ?? current?.createdAt, gracePeriod);
  const isPublished = (id: string | undefined) => id !== undefined && published.includes(id);
  if (isPublished(previous.accessKeyId) && !isPublished(current?.accessKeyId) && works(previous, observed))
    return { is: "unpublished", isOver: end !== undefined && over(end) };
  if (!end) return undefined;
  const is = deactivatePeriod ? "deactivate" : "delete";
  return over(end) ? { is, why: `its grace period ended ${end}` } : { is: "grace", until: end };
}

/** Ids of the keys that no longer work after these steps. */
export function leavingIds(steps: Step[]): string[] {
  return steps.flatMap((step) =>
    step.do === "delete" || step.do === "makeRoom" || step.do === "deactivate" ? [step.accessKeyId] : [],
  );
}

/** Those that must not be in use: all but what an earlier run has given up already. */
export function guardedIds(steps: Step[], recorded: ManagedKeys | undefined, intent: Intent): string[] {
  if (!intent.lastUsedGuard || intent.revoke) return [];
  return leavingIds(steps).filter((id) => !recorded?.toDelete.includes(id));
}

/** The use for which one of these keys has to stay, and until when. A key that is not active is in no use. */
export function useOf(
  ids: string[],
  observed: Observed,
  recorded: ManagedKeys | undefined,
  guard: string | undefined,
  now: Date,
): { use: LastUse; until: string } | undefined {
  const active = observed.keys.filter((key) => ids.includes(key.accessKeyId) && key.status === "Active");
  for (const key of active) {
    const use = observed.uses?.[key.accessKeyId];
    const until = after(use?.at, guard);
    const isOurs = use && (isTrial(use, key.createdAt) || isTrial(use, adoptedAt(key, recorded)));
    if (use && until && !isOurs && Date.parse(until) > now.getTime()) return { use, until };
  }
  return undefined;
}

/** An adopted `previous` was tried then; one that a rotation left is previous since its successor was made. */
function adoptedAt({ accessKeyId }: FoundKey, recorded: ManagedKeys | undefined): string | undefined {
  const { previous, previousSince, current } = recorded ?? {};
  return previous?.accessKeyId === accessKeyId && previousSince !== current?.createdAt ? previousSince : undefined;
}

/** A key is tried by a call of STS before it counts as ours. Of a later trial nobody knows which use it hides. */
function isTrial({ at, service }: LastUse, since: string | undefined): boolean {
  return service === "sts" && Math.abs(Date.parse(at) - Date.parse(since ?? "")) <= TRIALS;
}

/** A minute of trials, and a minute by which AWS rounds. */
const TRIALS = 120_000;
