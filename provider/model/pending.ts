import type { Severity } from "./message";

/** Something that is asked for or due, and has not happened. */
export interface Pending {
  /** What: a new key, the taking over of keys that `state` names, or the end of `previous`. */
  what: "rotation" | "adoption" | "retirement";
  /** Why not yet, as one word: `grace`, `use`, `deactivated`, `activatedAgain`, `adoption`, `unpublished`, or what blocks it. */
  because: Because;
  /** The same in a sentence, with what to do, as a run prints it. */
  message: string;
  /** When it comes by itself: RFC 3339, UTC. Absent where that is no date. */
  until?: string;
  /** Id of the key that it is about. */
  accessKeyId?: string;
  /** It does not come by itself: a person has to act, and `message` says how. */
  blocked?: boolean;
}

/**
 * Why something is pending, as one word.
 * @inline
 */
export type Because =
  | "grace"
  | "use"
  | "deactivated"
  | "activatedAgain"
  | "adoption"
  | "unpublished"
  | "unmanagedKey"
  | "otherOwner"
  | "otherInstance"
  | "atWork"
  | "handedOut"
  | "unclear"
  | "state"
  | "signer"
  | "user"
  | "denied";

export function isBlocked(pending: readonly Pending[]): boolean {
  return pending.some(({ blocked }) => blocked === true);
}

/** What waits is no more than news; what is blocked turns the run red. */
export function severityOf({ blocked }: Pending): Severity {
  return blocked ? "error" : "info";
}
