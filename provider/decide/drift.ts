import type { FoundKey, ManagedKey } from "../model/accessKey";
import { isRecordedUser, type ManagedKeys, managedKeys, type PreviousFate } from "../model/managedKeys";
import type { Observed } from "./plan";

/** What somebody else changed, by what it concerns. */
export interface Drift {
  /** No user of that name is there (`missing`), or another one (`another`); or what the same user is now: its ARN. */
  user?: string;
  current?: KeyDrift | "none";
  previous?: KeyDrift;
}

export type KeyDrift = "deleted" | Exclude<FoundKey["status"], "Active">;

/**
 * Compares what is recorded with what is there. A key that the user has no more is dropped; all of them only if the user
 * is another one, and theirs is not found alive.
 * @param movedTo where the keys were seen to be alive
 */
export function findDrift(
  recorded: ManagedKeys,
  observed: Observed | undefined,
  userArn: string,
  movedTo?: string,
): { keys: ManagedKeys; drift: Drift } {
  const { current, previous, toDelete, userId, operationId } = recorded;
  if (movedTo) return { keys: recorded, drift: { user: movedTo } };
  if (!observed) return { keys: recorded, drift: { user: "missing" } };
  if (!isRecordedUser(recorded, observed)) {
    return { keys: managedKeys({ userId, operationId }), drift: { user: "another" } };
  }
  const statusOf = (key: ManagedKey) => observed.keys.find((at) => at.accessKeyId === key.accessKeyId)?.status;
  const driftOf = (key: ManagedKey): KeyDrift | undefined => {
    const status = statusOf(key) ?? "deleted";
    return status === "Active" ? undefined : status;
  };
  const there = (key: ManagedKey | undefined) => (key && statusOf(key) ? key : undefined);
  const now = current ? driftOf(current) : "none";
  const fate = previous && asObserved(recorded.fate, statusOf(previous));
  // What was deactivated here is no drift.
  const isDeactivated = previous && fate?.deactivatedAt && statusOf(previous) === "Inactive";
  const then = previous && !isDeactivated ? driftOf(previous) : undefined;
  const keys = managedKeys({
    ...recorded,
    userId: observed.userId,
    current: there(current),
    previous: there(previous),
    toDelete: toDelete.filter((id) => observed.keys.some((key) => key.accessKeyId === id)),
    fate,
  });
  return {
    keys,
    drift: {
      ...(observed.arn !== userArn && { user: observed.arn }),
      ...(now && { current: now }),
      ...(then && { previous: then }),
    },
  };
}

function asObserved(fate: PreviousFate | undefined, status: string | undefined): PreviousFate | undefined {
  return fate?.deactivatedAt && status === "Active" ? { activatedAgain: true } : fate;
}

/** What is still different after an update: a `previous` that somebody deactivated, and that stays. */
export function driftLeft({ previous, fate }: ManagedKeys, observed: Observed): Drift {
  const status = observed.keys.find((at) => at.accessKeyId === previous?.accessKeyId)?.status ?? "Active";
  return status === "Active" || fate?.deactivatedAt ? {} : { previous: status };
}
