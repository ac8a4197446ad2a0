import type { FoundKey } from "../model/accessKey";
import { instanceOf, type Journal } from "../model/journal";
import type { Decider } from "./plan";

/** A run lasts no longer than this, in milliseconds: its steps are bounded by far less. */
export const LONGEST_OPERATION = 10 * 60_000;

export type Verdict =
  /** Ids of keys that an operation of ours made, and died before it handed them out: nobody has their secrets. */
  | { lost: string[] }
  /** Somebody may use these keys, or somebody is at work. */
  | {
      refusal: "atWork" | "otherOwner" | "otherInstance" | "handedOut" | "unclear";
      journal: Journal;
      keys: FoundKey[];
      alsoLost?: string[];
    };

const STRANGERS: Verdict = { lost: [] };

/** An operation of ours that died may still make a key, or may have made one that is listed late: it names none. */
export function doubtIn(
  journal: Journal | undefined,
  operationId: string | undefined,
  decider: Decider,
): { doubt?: true } {
  if (journal?.phase !== "open" || journal.owner !== decider.owner || journal.operationId === operationId) return {};
  return isYoung(journal, decider.now) && (!journal.made || journal.doubt === true) ? { doubt: true } : {};
}

function isYoung({ at }: Journal, now: Date): boolean {
  return now.getTime() < Date.parse(at) + LONGEST_OPERATION;
}

/**
 * Judges the keys that our state does not know, by what the journal names, and by nothing else.
 *
 * | the journal | keys that neither the state nor the journal's strangers name |
 * |---|---|
 * | none, damaged, or of an operation that left nothing | a stranger's |
 * | of a destroy, and the key that it names is gone | a stranger's |
 * | another owner's, open and young | refused, whatever is there: that one is at work |
 * | another owner's | refused |
 * | ours, another instance's, done | refused, whatever is there: another resource of the same name |
 * | of the operation that our state comes from | a stranger's; unless it was in doubt: refused |
 * | ours, another operation, done | refused: handed out |
 * | ours, another operation, open | the one it names as made is lost; others are refused |
 */
export function judge(
  journal: Journal | undefined,
  unknown: FoundKey[],
  operationId: string | undefined,
  { owner, now }: Decider,
): Verdict {
  if (!journal || journal.phase === "void") return STRANGERS;
  // A destroy that its last key signed names that one, until it is gone.
  if (journal.kind === "delete" && !unknown.some((key) => key.accessKeyId === journal.made)) return STRANGERS;
  if (journal.owner !== owner) {
    // Keys of another owner are not told apart: those it calls strangers may be those of a third.
    return {
      refusal: journal.phase === "open" && isYoung(journal, now) ? "atWork" : "otherOwner",
      journal,
      keys: unknown,
    };
  }
  const isInstances = operationId !== undefined && instanceOf(journal.operationId) !== instanceOf(operationId);
  if (journal.phase === "done" && isInstances) return { refusal: "otherInstance", journal, keys: unknown };
  const unnamed = unknown.filter(({ accessKeyId }) => !journal.strangers.includes(accessKeyId));
  if (journal.operationId === operationId) {
    return journal.doubt && unnamed.length > 0 ? { refusal: "unclear", journal, keys: unnamed } : STRANGERS;
  }
  if (journal.phase === "done")
    return unnamed.length > 0 ? { refusal: "handedOut", journal, keys: unnamed } : STRANGERS;
  const unclear = unnamed.filter(({ accessKeyId }) => accessKeyId !== journal.made);
  const lost = unnamed.map((key) => key.accessKeyId).filter((id) => id === journal.made);
  return unclear.length > 0 ? { refusal: "unclear", journal, keys: unclear, alsoLost: lost } : { lost };
}
