import type { FoundKey, ManagedKey } from "../model/accessKey";
import { isRecordedUser, type ManagedKeys, managedKeys, type Retirement } from "../model/managedKeys";
import { strangersAmong } from "./keysFound";
import type { Found } from "./plan";

/** What somebody else changed, by what it concerns. */
export interface Drift {
  /** No user of that name is there (`missing`), or another one (`another`); or what the same user is now: its ARN. */
  user?: string;
  current?: KeyDrift | "none";
  previous?: KeyDrift;
  /** Keys that somebody made since the last rotation. */
  others?: FoundKey[];
}

export type KeyDrift = "deleted" | Exclude<FoundKey["status"], "Active">;

/**
 * Compares what is recorded with what is there. A key that the user has no more is dropped; all of them only if the user
 * is another one, and theirs is not found alive.
 * @param movedTo where the keys were seen to be alive
 */
export function findDrift(
  recorded: ManagedKeys,
  found: Found | undefined,
  userArn: string,
  movedTo?: string,
): { keys: ManagedKeys; drift: Drift } {
  const { current, previous, retired, userId, operationId } = recorded;
  if (movedTo) return { keys: recorded, drift: { user: movedTo } };
  if (!found) return { keys: recorded, drift: { user: "missing" } };
  if (!isRecordedUser(recorded, found)) {
    return { keys: managedKeys({ userId, operationId }), drift: { user: "another" } };
  }
  const statusOf = (key: ManagedKey) => found.keys.find((at) => at.accessKeyId === key.accessKeyId)?.status;
  const driftOf = (key: ManagedKey): KeyDrift | undefined => {
    const status = statusOf(key) ?? "deleted";
    return status === "Active" ? undefined : status;
  };
  const there = (key: ManagedKey | undefined) => (key && statusOf(key) ? key : undefined);
  const now = current ? driftOf(current) : "none";
  const retirement = previous && asFound(recorded.retirement, statusOf(previous));
  // What was deactivated here is asleep, and no drift.
  const isAsleep = previous && retirement?.deactivatedAt && statusOf(previous) === "Inactive";
  const then = previous && !isAsleep ? driftOf(previous) : undefined;
  // What was there before our last rotation is no news.
  const others = strangersAmong(found, recorded).filter((key) => current && key.createdAt > current.createdAt);
  const left = retired.filter((id) => found.keys.some((key) => key.accessKeyId === id));
  return {
    keys: managedKeys({
      ...recorded,
      userId: found.userId,
      current: there(current),
      previous: there(previous),
      retired: left,
      retirement,
    }),
    drift: {
      ...(found.arn !== userArn && { user: found.arn }),
      ...(now && { current: now }),
      ...(then && { previous: then }),
      ...(others.length > 0 && { others }),
    },
  };
}

function asFound(retirement: Retirement | undefined, status: string | undefined): Retirement | undefined {
  return retirement?.deactivatedAt && status === "Active" ? { activatedAgain: true } : retirement;
}
