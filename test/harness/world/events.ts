// The events of a history, as plain data: what fast-check makes and shrinks, and what the walk goes through.
import type { Fault } from "../aws/memoryIam";
import type { Order } from "./schedule";

export type StackName = "A" | "B";
export type ResourceName = "one" | "two";
/** A resource's place: `A.one`. */
export type Place = `${StackName}.${ResourceName}`;

/** `expired`: from that call on, every call fails. `engineDies`: its engine is killed, and the process goes on alone. */
export type StrikeFault = Fault | "denied" | "throttled" | "expired" | "engineDies";

/** What befalls a run at its nth call. */
export interface Strike {
  at: number;
  fault: StrikeFault;
}

/** What a person does. `nth`: the key, oldest first. */
export type Act =
  | { do: "addKey" }
  | { do: "deleteKey" | "deactivateKey" | "activateKey" | "useKey"; nth: number }
  | { do: "rename" | "renameBack" | "move" | "giveNameAway" | "removeTag" | "remakeUser" };

/** Keys that the program hands over. `nth`: of the user's keys, oldest first. */
export interface Adopt {
  current?: number | undefined;
  previous?: number | undefined;
}

export interface Policy {
  gracePeriod?: string | undefined;
  /** With `gracePeriod`. */
  deactivatePeriod?: string | undefined;
  rotateEvery?: string | undefined;
  lastUsedGuard?: string | undefined;
  revocationTrigger?: number | undefined;
}

export interface RunSpec {
  stack: StackName;
  kind: "up" | "refresh" | "destroy" | "replace";
  /** Which resources the program has. */
  resources: ResourceName[];
  trigger: number;
  policy?: Policy | undefined;
  adopt?: Adopt | undefined;
  /** The inputs, where they are given whole. */
  program?: Record<string, unknown> | undefined;
  strike?: Strike | undefined;
  /** One more, later on. */
  another?: Strike | undefined;
  /** How long AWS does not know a new key yet, in seconds. */
  slow?: number | undefined;
  /** By which its patience is longer than ours, or shorter. */
  tuned?: number | undefined;
  /** Which key of the state signs; else a role does. */
  signer?: "current" | "previous" | undefined;
  /** How old its reads are, in seconds, one after the other. */
  late?: number[] | undefined;
  /** A resource of another provider fails in it, so that the stack publishes nothing. */
  fails?: true | undefined;
  /** By how much the machine's clock is ahead, in days. */
  skew?: number | undefined;
}

export type Event =
  | { do: "runs"; runs: RunSpec[]; acts?: { step: number; act: Act }[] | undefined; order?: Order | undefined }
  | { do: "act"; act: Act }
  | { do: "loseState" | "backup" | "restore"; stack: StackName }
  /** The programs take the user's ARN as it is now. */
  | { do: "follow" }
  | { do: "wait"; minutes: number };
