import type { Clock } from "./clock";
import type { Iam } from "./iam";
import type { Runner } from "./runner";

/** How long to wait for AWS to catch up with itself, in milliseconds. IAM is eventually consistent. */
export interface Patience {
  newUser: number;
  newKey: number;
  adoptedKey: number;
  freedSlot: number;
  lostReply: number;
  secondLook: number;
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
};

/** What an operation needs of the world. */
export interface Ports {
  iam: Iam;
  clock: Clock;
  patience: Patience;
  runner: Runner;
  /** Tells the user something that is not a failure. */
  say(line: string): void;
}
