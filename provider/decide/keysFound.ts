import type { FoundKey, ManagedKey } from "../model/accessKey";
import { isRecordedUser, type ManagedKeys, managedIds, managedKeys, without } from "../model/managedKeys";
import type { Found, Step } from "./plan";

export function works(key: ManagedKey | undefined, found: Found): boolean {
  return found.keys.some((at) => at.accessKeyId === key?.accessKeyId && at.status === "Active");
}

export function strangersAmong(found: Found, keys: ManagedKeys): FoundKey[] {
  const ours = managedIds(keys);
  return found.keys.filter((key) => !ours.includes(key.accessKeyId));
}

/** Keys that are recorded and not there any more. All of them, if the user was deleted and made again. */
export function forgetGone(recorded: ManagedKeys | undefined, found: Found): { keys: ManagedKeys; forgets: Step[] } {
  if (!recorded) return { keys: managedKeys({ userId: found.userId }), forgets: [] };
  const there = isRecordedUser(recorded, found) ? found.keys.map((key) => key.accessKeyId) : [];
  const gone = managedIds(recorded).filter((id) => !there.includes(id));
  return {
    keys: { ...gone.reduce(without, recorded), userId: found.userId },
    forgets: gone.map((accessKeyId) => ({ do: "forget", accessKeyId })),
  };
}

export function deletion(accessKeyId: string): Step {
  return { do: "delete", accessKeyId };
}
