import { createHash } from "node:crypto";
import type { FoundKey } from "./accessKey";

/** The key of the tag on the IAM user. */
export const JOURNAL_TAG = "pulumi-aws-iam-rotator";

/**
 * What one operation leaves on the user, so that the next one, which may not have the first one's state, can tell what a
 * key that it does not know is.
 */
export interface Journal {
  /** `open`: begun, and what it makes is handed to nobody yet. `done`: handed out. `void`: ended with nothing handed out. */
  phase: "open" | "done" | "void";
  kind: "create" | "rotate" | "adopt" | "delete";
  /** When it began, by AWS's clock: RFC 3339, UTC. */
  at: string;
  /** Whose: a hash of project, stack and resource name. */
  owner: string;
  operationId: string;
  /** The process that runs it. */
  runner: string;
  /** Ids of the keys that were on the user before it. */
  had: string[];
}

/** What AWS allows for a tag's value: 256 characters of this alphabet. */
const MAX_LENGTH = 256;
const ALPHABET = /^[\w .:/=+@-]*$/;

/** The tag's value; `undefined` if the user has more keys than a tag can name. */
export function formatJournal(journal: Journal): string | undefined {
  const { phase, kind, at, owner, operationId, runner, had } = journal;
  const text = `v1 ${phase} ${kind} ${at} owner=${owner} op=${operationId} by=${runner} had=${had.join("+")}`;
  const value = `${text} sum=${checksum(text)}`;
  return value.length <= MAX_LENGTH && ALPHABET.test(value) ? value : undefined;
}

const VALUE =
  /^v1 (open|done|void) (create|rotate|adopt|delete) (\S+) owner=([\w-]+) op=([\w-]+) by=([\w.-]+) had=([\w+]*) sum=(\w+)$/;

/** A list of keys that lost its end would turn a stranger's key into a lost one of ours. */
function checksum(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 6);
}

/** The journal in a tag's value; `undefined` for whatever this package did not write. */
export function parseJournal(value: string | undefined): Journal | undefined {
  const [, phase, kind, at, owner, operationId, runner, had, sum] = VALUE.exec(value ?? "") ?? [];
  if (!phase || !kind || !at || !owner || !operationId || !runner || had === undefined) return undefined;
  if (sum !== checksum((value ?? "").replace(/ sum=\w+$/, ""))) return undefined;
  if (Number.isNaN(Date.parse(at))) return undefined;
  return {
    phase: phase as Journal["phase"],
    kind: kind as Journal["kind"],
    at,
    owner,
    operationId,
    runner,
    had: had.split("+").filter((id) => id !== ""),
  };
}

/**
 * An operation id is that of the resource's creation, and a number of its own behind it: a resource made in place of
 * another, by a forced replacement, can be told from a later state of the same one.
 */
export function instanceOf(operationId: string | undefined): string {
  return operationId?.split("-")[0] ?? "";
}

/** Who asks, and what can be known of an operation that has not ended. */
export interface Reader {
  /** The owner hashes that are ours: today's, and the recorded one of before a rename. */
  owners: string[];
  /** The operation that our state comes from. */
  operationId?: string | undefined;
  now: Date;
  /** Whether the process of an open operation still runs; `undefined` if that can't be known from here. */
  isRunning(journal: Journal): boolean | undefined;
}

export type Verdict =
  | { lost: FoundKey[] }
  | {
      refusal: "running" | "handedOut" | "otherOwner" | "severalLost";
      journal: Journal;
      keys: FoundKey[];
      until?: Date;
      elsewhere?: boolean;
    };

/** An operation has ended after this long, in milliseconds, wherever it ran: its steps are bounded by far less. */
export const LONGEST_OPERATION = 10 * 60_000;
/** Journals and keys are dated by AWS's clock, which is known to within five minutes. */
const CLOCK_ERROR = 6 * 60_000;

/**
 * Judges the keys that our state does not know.
 * - `lost`: an operation of ours made them and died before it handed them out. Nobody has their secrets: delete them.
 * - a refusal: somebody may use them, or somebody is at work.
 * - all others are strangers, and left alone. A missing or damaged journal makes every unknown key a stranger.
 */
export function judge(journal: Journal | undefined, unknown: FoundKey[], reader: Reader): Verdict {
  if (!journal || journal.phase === "void" || journal.operationId === reader.operationId) return { lost: [] };
  // Keys of another owner are not told apart: those it found may be those that it keeps.
  if (!reader.owners.includes(journal.owner)) return { refusal: "otherOwner", journal, keys: unknown };
  const newcomers = unknown.filter((key) => !journal.had.includes(key.accessKeyId));
  if (journal.phase === "done") {
    return newcomers.length > 0 ? { refusal: "handedOut", journal, keys: newcomers } : { lost: [] };
  }
  const running = reader.isRunning(journal);
  const until = new Date(Date.parse(journal.at) + LONGEST_OPERATION);
  // A process that failed, and whose engine was killed, may live on idle: no longer than any operation lasts is it believed.
  if (running !== false && reader.now < until) {
    return { refusal: "running", journal, keys: newcomers, until, elsewhere: running === undefined };
  }
  // A key made before the operation began, or after it must have ended, is not of it, and somebody else's.
  const lost = newcomers.filter((key) => {
    const age = Date.parse(key.createdAt) - Date.parse(journal.at);
    return age > -CLOCK_ERROR && age < LONGEST_OPERATION + CLOCK_ERROR;
  });
  // One operation makes one key. Of two, one is somebody else's, and nothing tells which.
  return lost.length > 1 ? { refusal: "severalLost", journal, keys: lost } : { lost };
}
