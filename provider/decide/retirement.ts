import type { FoundKey, LastUse } from "../model/accessKey";
import { after } from "../model/duration";
import type { ManagedKeys } from "../model/managedKeys";
import { works } from "./keysFound";
import type { Found, Intent, Step } from "./plan";

/** What `previous` is to the clock. */
export type Retirement =
  /** It was promised until then. */
  | { is: "grace"; until: string }
  /** Its time is over, and this comes next. */
  | { is: "deactivate" | "delete"; why: string }
  /** It was deactivated here, and is deleted then; without a time, by the next rotation. */
  | { is: "asleep"; until?: string }
  /** Somebody activated it again. */
  | { is: "needed" };

/**
 * | previous | was deactivated here | the period | |
 * |---|---|---|---|
 * | active | no | grace, not over | grace |
 * | | no | grace, over | deactivate, or without `deactivatePeriod` delete |
 * | inactive | yes | deactivate, not over | asleep |
 * | inactive | yes | deactivate, over or taken back | delete |
 * | active | yes | any | needed |
 *
 * A key that somebody deactivated again after it was needed begins its `deactivatePeriod` anew.
 */
export function retirementOf(keys: ManagedKeys, found: Found, intent: Intent, now: Date): Retirement | undefined {
  const { previous, previousSince, current, retirement = {} } = keys;
  const { gracePeriod, deactivatePeriod, revoke, keepsPrevious } = intent;
  if (!previous || revoke || keepsPrevious) return undefined;
  const { deactivatedAt, activatedAgain } = retirement;
  if ((deactivatedAt || activatedAgain) && works(previous, found)) return { is: "needed" };
  const over = (end: string) => Date.parse(end) <= now.getTime();
  if (deactivatedAt) {
    const end = after(deactivatedAt, deactivatePeriod) ?? (gracePeriod ? deactivatedAt : undefined);
    return end && over(end)
      ? { is: "delete", why: `deactivated since ${deactivatedAt}` }
      : { is: "asleep", ...(end && { until: end }) };
  }
  const end = after(previousSince ?? current?.createdAt, gracePeriod);
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
  return leavingIds(steps).filter((id) => !recorded?.retired.includes(id));
}

/** The use for which one of these keys has to stay, and until when. A key that is not active is in no use. */
export function useOf(
  ids: string[],
  found: Found,
  guard: string | undefined,
  now: Date,
): { use: LastUse; until: string } | undefined {
  const active = found.keys.filter((key) => ids.includes(key.accessKeyId) && key.status === "Active");
  for (const key of active) {
    const use = found.uses?.[key.accessKeyId];
    const until = after(use?.at, guard);
    if (use && until && !isFirstTrial(use, key) && Date.parse(until) > now.getTime()) return { use, until };
  }
  return undefined;
}

/** A new key is tried by a call of STS before it is handed to anybody. Of a later trial nobody knows which use it hides. */
function isFirstTrial({ at, service }: LastUse, { createdAt }: FoundKey): boolean {
  return service === "sts" && Date.parse(at) - Date.parse(createdAt) <= FIRST_TRIALS;
}

/** A minute of trials, and a minute by which AWS rounds. */
const FIRST_TRIALS = 120_000;
