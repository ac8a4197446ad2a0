import { type Drift, findDrift, type KeyDrift } from "../decide/drift";
import { unknownAmong } from "../decide/observedKeys";
import type { Observed } from "../decide/plan";
import type { FoundKey, ManagedKey } from "../model/accessKey";
import { formatJournal } from "../model/journal";
import { isRecordedUser, type ManagedKeys, managedIds, managedKeys } from "../model/managedKeys";
import type { Dependencies } from "./dependencies";
import { lookTwice, observe, type Surprise, untilTold, whereKeysAre } from "./observe";

export interface Read {
  keys: ManagedKeys;
  drift: Drift;
  /** Keys on the user that are unmanaged; `undefined` where nobody could look. */
  unmanaged?: FoundKey[] | undefined;
}

interface Seen extends Read {
  observed?: Observed | undefined;
}

/**
 * Reads the user, and once more after some time where something is missing: IAM's lists can be stale. Says what it
 * finds, since the engine shows a refresh's drift only where the next update has something to do.
 */
export async function readDrift(userArn: string, recorded: ManagedKeys, dependencies: Dependencies): Promise<Read> {
  const { iam, patience, say } = dependencies;
  const look = async (): Promise<Seen> => {
    const observed = await observe(userArn, dependencies);
    const isThere = observed && isRecordedUser(recorded, observed);
    const movedTo = isThere
      ? undefined
      : await whereKeysAre(`Can't read the access keys of ${userArn}`, recorded, dependencies);
    const unmanaged = isThere ? unknownAmong(observed, recorded) : undefined;
    return { observed, unmanaged, ...findDrift(recorded, observed, userArn, movedTo) };
  };
  // A key's secret would be dropped with it, or the note that our journal is still open.
  const surprises = ({ observed, keys }: Seen): Surprise[] => {
    const since = (moment: string | undefined) => untilTold(moment, iam.time(), patience);
    const gone = managedIds(recorded).filter((id) => !managedIds(keys).includes(id));
    const born = (id: string) =>
      [recorded.current, recorded.previous].find((key) => key?.accessKeyId === id)?.createdAt;
    const isReplaced = observed && recorded.journalOpen && observed.journal?.operationId !== recorded.operationId;
    const isWoken = keys.fate?.activatedAgain && !recorded.fate?.activatedAgain;
    return [
      ...gone.map((id) => ({ what: id, wait: since(born(id) ?? recorded.current?.createdAt) })),
      ...(isReplaced ? [{ what: "another journal", wait: patience.staleRead }] : []),
      ...(isWoken ? [{ what: "activated again", wait: since(recorded.fate?.deactivatedAt) }] : []),
    ];
  };
  const { observed, keys, drift, unmanaged } = await lookTwice(look, surprises, dependencies);
  for (const line of inWords(recorded, drift)) say(line, "warning");
  for (const line of fateInWords(keys)) say(line);
  return { keys: await closeJournal(keys, observed, dependencies), drift, unmanaged };
}

/** What the last run could not write. */
async function closeJournal(
  keys: ManagedKeys,
  observed: Observed | undefined,
  { iam }: Dependencies,
): Promise<ManagedKeys> {
  if (!keys.journalOpen || !observed) return keys;
  const closed = managedKeys({ ...keys, journalOpen: undefined });
  const { journal } = observed;
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
  return lines.map((line) => `${line}.`);
}

function fateInWords({ previous, fate }: ManagedKeys): string[] {
  if (!previous || !fate) return [];
  const { accessKeyId } = previous;
  if (fate.activatedAgain)
    return [`previous: ${accessKeyId} was deactivated here, and somebody activated it again: it stays.`];
  return fate.deactivatedAt ? [`previous: ${accessKeyId} is deactivated, since ${fate.deactivatedAt}.`] : [];
}

function keyInWords({ accessKeyId }: ManagedKey, status: KeyDrift): string {
  if (status === "deleted") return `${accessKeyId} was deleted by someone else`;
  if (status === "Expired") return `${accessKeyId} has expired`;
  return `${accessKeyId} is ${status}, by someone else's hand`;
}
