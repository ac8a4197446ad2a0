import { createHash } from "node:crypto";

/** The key of the tag on the IAM user. */
export const JOURNAL_TAG = "pulumi-aws-iam-rotator";

/**
 * What one operation leaves on the user, so that the next one, which may not have the first one's state, can tell what a
 * key that it does not know is.
 */
export interface Journal {
  /** `open`: begun, and what it makes is handed to nobody yet. `done`: handed out. `void`: ended, and nothing of ours is left. */
  phase: "open" | "done" | "void";
  kind: "create" | "rotate" | "adopt" | "delete";
  /** When it began, by AWS's clock: RFC 3339, UTC. */
  at: string;
  /** Whose: a hash of the resource's place. */
  owner: string;
  operationId: string;
  /** Ids of keys that are not ours, and were there before it. Of more than fit, the last are left out. */
  strangers: string[];
  /** Id of the key that it made; or that an operation before it made and lost, as long as that one is there; of a destroy, the last to go. */
  made?: string;
  /** AWS gave no clear answer to a CreateAccessKey: there may be one more key of its making, with a secret that nobody has. */
  doubt?: true;
}

/** What AWS allows for a tag's value: 256 characters of this alphabet. */
const MAX_LENGTH = 256;
const ALPHABET = /^[\w .:/=+@-]*$/;

/** The tag's value. Strangers that do not fit are not named, and then asked about rather than taken for ours. */
export function formatJournal(journal: Journal): string {
  const { phase, kind, at, owner, operationId, strangers, made, doubt } = journal;
  const head = `v1 ${phase} ${kind} ${at} owner=${owner} op=${operationId} not=${strangers.join("+")}`;
  const text = `${head} made=${made ?? ""}${doubt ? " doubt" : ""}`;
  const value = `${text} sum=${checksum(text)}`;
  if (!ALPHABET.test(value)) throw new Error(`a tag can't hold ${value}`);
  return value.length <= MAX_LENGTH ? value : formatJournal({ ...journal, strangers: strangers.slice(0, -1) });
}

const VALUE =
  /^v1 (?<phase>open|done|void) (?<kind>create|rotate|adopt|delete) (?<at>\S+) owner=(?<owner>[\w-]+) op=(?<operationId>[\w-]+) not=(?<strangers>[\w+]*) made=(?<made>\w*)(?<doubt> doubt)? sum=\w+$/;

interface Groups extends Pick<Journal, "phase" | "kind" | "at" | "owner" | "operationId"> {
  strangers: string;
  made: string;
  doubt?: string;
}

/** A tag that somebody cut short or copied together says nothing. */
function checksum(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 6);
}

/** The journal in a tag's value; `undefined` for whatever this package did not write. */
export function parseJournal(value: string | undefined): Journal | undefined {
  const match = VALUE.exec(value ?? "");
  if (!match) return undefined;
  const [text, sum] = match.input.split(" sum=");
  const { strangers, made, doubt, ...rest } = match.groups as unknown as Groups;
  if (sum !== checksum(text as string) || Number.isNaN(Date.parse(rest.at))) return undefined;
  return {
    ...rest,
    strangers: strangers.split("+").filter((id) => id !== ""),
    ...(made && { made }),
    ...(doubt && { doubt: true }),
  };
}

/**
 * An operation id is that of the resource's creation, and a number of its own behind it: a resource made in place of
 * another, by a forced replacement, can be told from a later state of the same one.
 */
export function instanceOf(operationId: string | undefined): string {
  return operationId?.split("-")[0] ?? "";
}
