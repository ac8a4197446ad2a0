import { type Drift, findDrift, type KeyDrift } from "../decide/drift";
import type { Found } from "../decide/plan";
import { listKeys, type ManagedKey } from "../model/accessKey";
import { formatJournal } from "../model/journal";
import { isRecordedUser, type ManagedKeys, managedIds } from "../model/managedKeys";
import type { Dependencies } from "./dependencies";
import { lookTwice, observe, whereKeysAre } from "./observe";

interface Result {
  found?: Found | undefined;
  keys: ManagedKeys;
  drift: Drift;
}

/**
 * Reads the user, and once more after some seconds where something is missing: IAM's lists can be stale. Says what it
 * finds, since the engine shows a refresh's drift only where the next update has something to do.
 */
export async function readDrift(
  userArn: string,
  recorded: ManagedKeys,
  dependencies: Dependencies,
): Promise<{ keys: ManagedKeys; drift: Drift }> {
  const look = async (): Promise<Result> => {
    const found = await observe(userArn, dependencies);
    const isThere = found && isRecordedUser(recorded, found);
    const movedTo = isThere
      ? undefined
      : await whereKeysAre(`Can't read the access keys of ${userArn}`, recorded, dependencies);
    return { found, ...findDrift(recorded, found, userArn, movedTo) };
  };
  // A key's secret would be dropped with it, or the note that our journal is still open.
  const surprise = ({ found, keys }: Result) => {
    const gone = managedIds(recorded).filter((id) => !managedIds(keys).includes(id));
    const isReplaced = found && recorded.journalOpen && found.journal?.operationId !== recorded.operationId;
    const isWoken = keys.retirement?.activatedAgain && !recorded.retirement?.activatedAgain;
    return [...gone, ...(isReplaced ? ["another journal"] : []), ...(isWoken ? ["activated again"] : [])].join();
  };
  const { found, keys, drift } = await lookTwice(look, surprise, dependencies);
  for (const line of [...inWords(recorded, drift), ...asleepInWords(keys)]) dependencies.say(`${userArn}: ${line}.`);
  return { keys: await closeJournal(keys, found, dependencies), drift };
}

/** What the last run could not write. */
async function closeJournal(keys: ManagedKeys, found: Found | undefined, { iam }: Dependencies): Promise<ManagedKeys> {
  const { journalOpen, ...closed } = keys;
  if (!journalOpen || !found) return keys;
  const { journal } = found;
  if (journal?.phase !== "open" || journal.operationId !== keys.operationId) return closed;
  try {
    await iam.writeJournal(formatJournal({ ...journal, phase: "done" }));
    return closed;
  } catch {
    return keys; // the next update tries it again, and says why it can't
  }
}

function inWords({ current, previous, userId }: ManagedKeys, drift: Drift): string[] {
  const lines: string[] = [];
  const { user } = drift;
  if (user === "missing") {
    lines.push(
      "there is no user of that name; if it was renamed, set `userArn` to its ARN now; if it was deleted, make it again, then the next update makes a new key",
    );
  } else if (user === "another") {
    lines.push(
      `the user was deleted and made again under the same name (its UserId is no longer ${userId}), so the old keys are gone; the next update makes a new key`,
    );
  } else if (user) {
    lines.push(`the user was renamed or moved: it is ${user} now, and its keys are alive; set \`userArn\` to that`);
  }
  const next = "the next update makes a new key";
  if (drift.current === "none") lines.push(`current: there is none; ${next}`);
  else if (drift.current && current) lines.push(`current: ${keyInWords(current, drift.current)}; ${next}`);
  if (drift.previous && previous) {
    const then = drift.previous === "deleted" ? "current stays as it is" : "the next rotation deletes it";
    lines.push(`previous: ${keyInWords(previous, drift.previous)}; ${then}`);
  }
  if (drift.others) lines.push(`keys made by someone else since the last rotation: ${listKeys(drift.others)}`);
  return lines;
}

function asleepInWords({ previous, retirement }: ManagedKeys): string[] {
  if (!previous || !retirement) return [];
  const { accessKeyId } = previous;
  if (retirement.activatedAgain)
    return [`previous: ${accessKeyId} was deactivated here, and somebody activated it again: it stays`];
  return retirement.deactivatedAt
    ? [`previous: ${accessKeyId} is asleep: it was deactivated here ${retirement.deactivatedAt}`]
    : [];
}

function keyInWords({ accessKeyId }: ManagedKey, status: KeyDrift): string {
  if (status === "deleted") return `${accessKeyId} was deleted by someone else`;
  if (status === "Expired") return `${accessKeyId} has expired`;
  return `${accessKeyId} is ${status}, by someone else's hand`;
}
