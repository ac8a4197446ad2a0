// The words in which a decision is told: what is found, what is wished for, and the steps that follow.
import type { AdoptedKeys, FoundKey, ManagedKey } from "../model/accessKey";
import type { Journal } from "../model/journal";

/** What is on the user now, as AWS tells it. */
export interface Found {
  userId: string;
  arn: string;
  /** Oldest first. */
  keys: FoundKey[];
  journal?: Journal;
}

/** What the inputs ask for, beyond "keep what is there in order". */
export interface Wish {
  /** Why a new key is wanted, in words; absent when no rotation is asked for. */
  rotate?: string;
  /** Why every older key is deleted as soon as a new one works, in words. */
  revoke?: string;
  /** Why `previous` is deleted without a rotation, in words. */
  retire?: string;
  /** Until when `previous` stays valid: RFC 3339. No rotation may cut that short. */
  graceUntil?: string;
  gracePeriod?: string;
  lastUsedGuard?: string;
  adopt?: AdoptedKeys;
}

export type Step =
  /** State only: a key that somebody else deleted. */
  | { do: "forget"; accessKeyId: string }
  /** State only: a key that the user made, and hands over. */
  | { do: "adopt"; key: ManagedKey; as: "current" | "previous" }
  /** Signs a call with each adopted key, to see that its secret is the right one. */
  | { do: "tryAdopted"; keys: ManagedKey[] }
  /** Writes the journal, before the first change. */
  | { do: "open"; entry: Entry }
  /** A key whose secret nobody has: an interrupted operation of ours made it. */
  | { do: "discard"; accessKeyId: string }
  /** A key that is recorded as ours, and leaves. */
  | { do: "delete"; accessKeyId: string }
  /** The new key becomes current, `previousId` stays as previous, all others are retired. */
  | { do: "create"; previousId?: string; before: string[]; strangers: FoundKey[] }
  /** `required`: older keys are deleted only if AWS accepts the new one. */
  | { do: "tryCurrent"; required?: true }
  /** Writes the journal again, as the last thing. */
  | { do: "close"; entry: Entry };

/** The part of a journal that a plan decides. */
export type Entry = Pick<Journal, "phase" | "kind" | "had">;

export interface Refusal {
  found: string;
  todo: string;
  /** The keys in question. */
  keys?: FoundKey[];
  /** The journal to leave, so that whatever the user does about these keys, none is taken for ours later. */
  journal?: Journal;
}

export type Plan = { steps: Step[] } | { refusal: Refusal };
