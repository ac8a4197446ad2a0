import { strangersAmong } from "../decide/decide";
import type { Found } from "../decide/plan";
import { listKeys, type ManagedKey } from "../model/accessKey";
import { type ManagedKeys, managedIds, managedKeys } from "../model/managedKeys";
import type { Ports } from "./dependencies";
import { lookTwice, observe } from "./observe";

/** What somebody else changed, in words, by what it concerns. */
export interface Drift {
  user?: string;
  current?: string;
  previous?: string;
  others?: string;
}

interface Result {
  keys: ManagedKeys;
  drift: Drift;
}

const SUBJECTS = { user: "the user was", current: "current:", previous: "previous:", others: "keys" } as const;

/**
 * Reads the user, and once more after some seconds where something is missing: IAM's lists can be stale. Says what it
 * finds, since the engine shows a refresh's drift only where the next update has something to do.
 */
export async function readDrift(userArn: string, recorded: ManagedKeys, { iam, clock, patience, say }: Ports) {
  const look = async () => findDrift(recorded, await observe(iam, userArn, clock));
  const missing = ({ keys }: Result) => String(managedIds(recorded).filter((id) => !managedIds(keys).includes(id)));
  // A key's secret would be dropped with it.
  const result = await lookTwice(look, missing, { clock, patience });
  for (const [about, words] of Object.entries(result.drift)) {
    say(`${userArn}: ${SUBJECTS[about as keyof Drift]} ${words}.`);
  }
  return result;
}

/** Compares what is recorded with what is there. A deleted key is dropped; the resource itself never is. */
export function findDrift(recorded: ManagedKeys, found: Found | undefined): Result {
  const { current, previous, retired, userId, operationId } = recorded;
  if (!found || found.userId !== userId) {
    const user = found
      ? `deleted and made again under the same name (UserId ${userId} is now ${found.userId}), so the old keys are gone`
      : "deleted; make it again, then the next update makes a new key";
    return { keys: managedKeys({ userId, operationId }), drift: { user } };
  }
  const status = (key: ManagedKey) => found.keys.find((at) => at.accessKeyId === key.accessKeyId)?.status;
  const there = (key: ManagedKey | undefined) => (key && status(key) ? key : undefined);
  const drift: Drift = {};
  const now = current && keyDrift(current, status(current), "the next update makes a new key");
  if (now) drift.current = now;
  if (!current) drift.current = "there is none; the next update makes a new key";
  const then = previous && status(previous) ? "the next rotation deletes it" : "current stays as it is";
  const before = previous && keyDrift(previous, status(previous), then);
  if (before) drift.previous = before;
  // What was there before our last rotation is no news.
  const others = strangersAmong(found, recorded).filter((key) => current && key.createdAt > current.createdAt);
  if (others.length > 0) drift.others = `made by someone else since the last rotation: ${listKeys(others)}`;
  const left = retired.filter((id) => found.keys.some((key) => key.accessKeyId === id));
  const keys = { ...recorded, current: there(current), previous: there(previous), retired: left };
  return { keys: managedKeys(keys), drift };
}

function keyDrift(key: ManagedKey, status: string | undefined, next: string): string | undefined {
  if (status === "Active") return undefined;
  if (!status) return `${key.accessKeyId} was deleted by someone else; ${next}`;
  if (status === "Expired") return `${key.accessKeyId} has expired; ${next}`;
  return `${key.accessKeyId} is ${status}, by someone else's hand; ${next}`;
}
