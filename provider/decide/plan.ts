// The words in which a decision is told: what is found, what is asked for, and the steps that follow.
import type { AdoptedKeys, FoundKey, LastUse, ManagedKey } from "../model/accessKey";
import type { Journal } from "../model/journal";

/** What is on the user now, as AWS tells it. */
export interface Found {
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
  /** A key is in use: `previous` stays, whatever the periods say; or what `state` names is adopted by a later run. */
  keepsPrevious?: true;
  adoptsLater?: true;
}

/** Who decides, and when. */
export interface Reader {
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
  | { do: "adopt"; key: ManagedKey; as: "current" | "previous"; since: string }
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
  /** The new key becomes current, `previousId` stays as previous, all others are retired. */
  | {
      do: "create";
      previousId?: string;
      before: string[];
      strangers: FoundKey[] /** Current is broken. */;
      mends?: true;
    }
  /** `required`: older keys are deleted only if AWS accepts the new one. */
  | { do: "tryCurrent"; required?: true }
  /** Says in the journal that the operation has ended: what it made is handed out, or nothing of ours is left but `last`. */
  | { do: "close"; phase: "done" | "void"; last?: string }
  /** The same for the operation that our state comes from, or for one of ours that died and left nothing. */
  | { do: "settle"; journal: Journal };

/** The part of a journal that a plan decides. */
export type Entry = Pick<Journal, "kind" | "strangers" | "made" | "doubt">;

export interface Refusal {
  found: string;
  todo: string;
  /** The keys in question. */
  keys?: FoundKey[];
}

/** Something that is asked for, and comes by itself later. */
export interface Wait {
  what: "rotation" | "adoption" | "retirement";
  /** Why it is asked for, in words. */
  why: string;
  /** `previous` is in its grace period, in use, deactivated, or activated again; or this run adopts a key. */
  because: "grace" | "use" | "asleep" | "needed" | "adoption";
  /** RFC 3339; absent where nobody can know. */
  until?: string;
  use?: LastUse;
}

export interface Steps {
  steps: Step[];
  /** Why `previous` is deactivated or deleted without a rotation, in words. */
  retires?: string;
  waits?: Wait[];
}

export type Plan = Steps | { refusal: Refusal };
