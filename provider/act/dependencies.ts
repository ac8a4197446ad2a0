import type { AccessKeyPair, FoundKey, LastUse, RotatedKey } from "../model/accessKey";
import type { Severity } from "../model/message";
import type { Clock } from "./clock";
import type { Engine } from "./engine";

export interface FoundUser {
  /** `AIDA…`, never used again: tells a user from a later one of the same name. */
  userId: string;
  arn: string;
  /** The value of the journal's tag, as it stands there. */
  journal?: string;
}

/**
 * What signing one call with a key has told. Whoever may not call at all (AccessDenied) has a key and a signature that AWS
 * knows, but hears nothing of who it is.
 */
export type KeyTrial =
  | { accepted: true; arn?: string /** Of the user whose key it is. */; userId?: string }
  /** `unasked`: nobody could ask, which says nothing of the key. */
  | { accepted: false; code: string; wrongSecret: boolean; unasked?: true };

/** The calls that a rotation needs, on one user. Each failure is an IamError. */
export interface Iam {
  getUser(): Promise<FoundUser>;
  /** Oldest first. */
  listAccessKeys(): Promise<FoundKey[]>;
  /** One attempt: a reply that got lost is reported as `doubtful`, and never answered with a second key. */
  createAccessKey(): Promise<RotatedKey>;
  deleteAccessKey(accessKeyId: string): Promise<void>;
  /** Its permission is outside of the five. */
  deactivateAccessKey(accessKeyId: string): Promise<void>;
  writeJournal(value: string): Promise<void>;
  /** When and where a key was last used; `undefined` if never. Its permission is outside of the five. */
  lastUse(accessKeyId: string): Promise<LastUse | undefined>;
  /** The time by AWS's clock, as its replies tell it. */
  time(): Date;
  /** Id of the access key that signs; `undefined` where that can't be told. */
  signer(): Promise<string | undefined>;
  /** The account that the credentials belong to. Needs no permission. */
  callerAccount(): Promise<string>;
  /** Signs one call with a key that may be too young to be known everywhere. */
  tryKey(key: AccessKeyPair): Promise<KeyTrial>;
}

/** How long to wait for AWS to catch up with itself, in milliseconds. IAM is eventually consistent. */
export interface Patience {
  newUser: number;
  newKey: number;
  adoptedKey: number;
  freedSlot: number;
  lostReply: number;
  secondLook: number;
  staleRead: number;
  staleTag: number;
}

export const PATIENCE: Patience = {
  /** A user made a moment ago may be unknown for some seconds. */
  newUser: 20_000,
  /** A new key takes 5 to 15 s to work everywhere. */
  newKey: 60_000,
  /** An adopted key may be new as well, but nothing is lost by asking the user to come again. */
  adoptedKey: 15_000,
  /** A deleted key may hold its slot for some seconds. */
  freedSlot: 20_000,
  /** A key whose reply got lost may take some seconds to be listed. */
  lostReply: 8_000,
  /** Between two reads that must agree before a key counts as lost: a stale one must not cost a live key. */
  secondLook: 8_000,
  /** Any read may be a minute old, and AWS's dates are in whole seconds. What rests on one that the next minute could contradict waits until then, and looks again. */
  staleRead: 62_000,
  /** A tag may be read as it was for some seconds after it was written. */
  staleTag: 5_000,
};

/** What an operation needs of the world. */
export interface Dependencies {
  iam: Iam;
  /** The same calls, signed by another key. */
  signedBy(key: AccessKeyPair): Iam;
  clock: Clock;
  patience: Patience;
  engine: Engine;
  /** Tells the user something that is not a failure. */
  say(text: string, severity?: Severity): void;
}
