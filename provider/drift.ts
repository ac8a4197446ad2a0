import type { ManagedKey } from "./accessKey";
import { type ManagedKeys, managedKeys } from "./managedKeys";
import type { Found } from "./rotationPlan";

/** What somebody else changed, in words, by what it concerns. */
export interface Drift {
  user?: string;
  current?: string;
  previous?: string;
}

/** Compares what is recorded with what is there. A deleted key is dropped; the resource itself never is. */
export function findDrift(recorded: ManagedKeys, found: Found | undefined): { keys: ManagedKeys; drift: Drift } {
  const { current, previous, retired, userId } = recorded;
  if (!found || found.userId !== userId) {
    const user = found
      ? `deleted and made again under the same name (UserId ${userId} is now ${found.userId}), so the old keys are gone`
      : "deleted; make it again, then the next update makes a new key";
    return { keys: managedKeys(userId, undefined, undefined), drift: { user } };
  }
  const status = (key: ManagedKey) => found.keys.find((at) => at.accessKeyId === key.accessKeyId)?.status;
  const there = (key: ManagedKey | undefined) => (key && status(key) ? key : undefined);
  const drift: Drift = {};
  const now = current && keyDrift(current, status(current), "the next update makes a new key");
  if (now) drift.current = now;
  if (!current) drift.current = "there is none; the next update makes a new key";
  const before = previous && keyDrift(previous, status(previous), "it is phased out at the next rotation all the same");
  if (before) drift.previous = before;
  const left = retired.filter((id) => found.keys.some((key) => key.accessKeyId === id));
  return { keys: managedKeys(userId, there(current), there(previous), left), drift };
}

function keyDrift(key: ManagedKey, status: string | undefined, next: string): string | undefined {
  if (status === "Active") return undefined;
  if (!status) return `${key.accessKeyId} was deleted by someone else; ${next}`;
  return `${key.accessKeyId} is ${status}, by someone else's hand; ${next}`;
}
