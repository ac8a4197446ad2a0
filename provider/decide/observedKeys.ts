import type { FoundKey, ManagedKey } from "../model/accessKey";
import { isRecordedUser, type ManagedKeys, managedIds, managedKeys, without } from "../model/managedKeys";
import type { Observed, Step } from "./plan";

export function works(key: ManagedKey | undefined, observed: Observed): boolean {
  return observed.keys.some((at) => at.accessKeyId === key?.accessKeyId && at.status === "Active");
}

/** Keys on the user that are not among these. */
export function unknownAmong(observed: Observed, keys: ManagedKeys): FoundKey[] {
  const ours = managedIds(keys);
  return observed.keys.filter((key) => !ours.includes(key.accessKeyId));
}

/** Keys that are recorded and not there any more. All of them, if the user was deleted and made again. */
export function forgetGone(
  recorded: ManagedKeys | undefined,
  observed: Observed,
): { keys: ManagedKeys; forgets: Step[] } {
  if (!recorded) return { keys: managedKeys({ userId: observed.userId }), forgets: [] };
  const there = isRecordedUser(recorded, observed) ? observed.keys.map((key) => key.accessKeyId) : [];
  const gone = managedIds(recorded).filter((id) => !there.includes(id));
  return {
    keys: { ...gone.reduce(without, recorded), userId: observed.userId },
    forgets: gone.map((accessKeyId) => ({ do: "forget", accessKeyId })),
  };
}

export function deletion(accessKeyId: string): Step {
  return { do: "delete", accessKeyId };
}
