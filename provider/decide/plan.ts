// The words in which a decision is told: what is observed, what is asked for, and the steps that follow.
import type { AdoptedKeys, FoundKey, LastUse, ManagedKey } from "../model/accessKey";
import type { Journal } from "../model/journal";
import type { Because, Pending } from "../model/pending";

/** What is on the user now, as AWS tells it. */
export interface Observed {
  userId: string;
  arn: string;
  /** Oldest first. */
  keys: FoundKey[];
  journal?: Journal;
  /** Of the keys that were asked about: when they were last used. */
  uses?: Record<string, LastUse | undefined>;
}

/** What the inputs ask for, beyond "keep what is there in order". */
export interface Intent {
  /** Why a new key is wanted, in words; absent when no rotation is asked for. */
  rotate?: string;
  /** Why every older key is deleted as soon as a new one works, in words. */
  revoke?: string;
  adopt?: AdoptedKeys;
  /** `state` was changed, and names keys: those of another owner too, which this resource then takes over. */
  takesOver?: true;
  gracePeriod?: string;
  deactivatePeriod?: string;
  lastUsedGuard?: string;
  /** Ids of the keys that the stack's published outputs name; absent where nobody could look. */
  published?: string[];
}

/** Who decides, and when. */
export interface Decider {
  /** The hash that stands for this resource. */
  owner: string;
  /** By AWS's clock. */
  now: Date;
  /** Id of the access key that signs. */
  signer?: string;
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
  /** A key whose secret nobody has: the journal names it as made by an operation that died. */
  | { do: "discard"; accessKeyId: string }
  /** A key that is recorded as ours, and leaves so that there is a slot for a new one. */
  | { do: "makeRoom"; accessKeyId: string }
  /** A key that is recorded as ours, and leaves. */
  | { do: "delete"; accessKeyId: string }
  /** The key that signs leaves next: from here on current signs, once AWS accepts it. */
  | { do: "signByCurrent" }
  /** Only sees that it may be done, before the first change. */
  | { do: "mayDeactivate" }
  | { do: "deactivate"; accessKeyId: string }
  /** State only: what was deactivated here is active again, by somebody's hand. */
  | { do: "wake" }
  /** State only: the grace period of `previous` begins anew. */
  | { do: "renew" }
  /** The new key becomes current, `previousId` stays as previous, all others are to be deleted. */
  | {
      do: "create";
      previousId?: string;
      before: string[];
      unmanaged: FoundKey[];
      /** Current is broken, or there is none. */
      mends?: true;
      /** Of a revocation: keys that go anyway, one of which makes room once AWS says that all slots are taken. */
      ifFull?: string[];
    }
  /** `required`: older keys are deleted only if AWS accepts the new one. */
  | { do: "tryCurrent"; required?: true }
  /** A take-over is handed out when no read that any other run may have made can be from before it. */
  | { do: "outlast" }
  /** Says in the journal that the operation has ended: what it made is handed out, or nothing of ours is left but `last`. */
  | { do: "close"; phase: "done" | "void"; last?: string }
  /** The same for the operation that our state comes from, or for one of ours that died and left nothing. */
  | { do: "settle"; journal: Journal };

/** The part of a journal that a plan decides. */
export type Entry = Pick<Journal, "kind" | "strangers" | "made" | "doubt">;

export interface Refusal {
  because: Because;
  /** What was found. */
  found: string;
  todo: string;
  /** The keys in question. */
  keys?: FoundKey[];
}

export interface Steps {
  steps: Step[];
  /** Why keys change, in words; absent where none does. */
  why?: string;
  /** Why `previous` is deactivated or deleted without a rotation, in words. */
  retires?: string;
  pending: Pending[];
}

export type Plan = Steps | { refusal: Refusal };
