import type { RotatedKey } from "../model/accessKey";
import { type ManagedKeys, managedKeys, withCurrent, without, withPrevious } from "../model/managedKeys";
import { UNKNOWN } from "../model/unknowns";
import type { Step } from "./plan";

/** What AWS has said to a step. A preview passes what nobody can know yet. */
export interface Result {
  /** The key that was made. */
  key?: RotatedKey;
  /** When: RFC 3339. */
  at: string;
  operationId?: string;
  /** The key was not there any more. */
  isGone?: boolean;
}

export const FORESEEN: Result = {
  key: { accessKeyId: UNKNOWN, secretAccessKey: UNKNOWN, createdAt: UNKNOWN },
  at: UNKNOWN,
  operationId: UNKNOWN,
};

/** The keys after a step, in a run as in its preview. */
export function apply(keys: ManagedKeys, step: Step, result: Result): ManagedKeys {
  switch (step.do) {
    case "forget":
    case "discard":
    case "makeRoom":
    case "delete":
      return without(keys, step.accessKeyId);
    case "adopt":
      if (step.as === "previous") return withPrevious(keys, step.key, result.at);
      // An adopted current pushes the one before it to previous, as a rotation would.
      return withCurrent(keys, step.key, (keys.current ?? keys.previous)?.accessKeyId, result.at);
    case "create":
      return result.key ? withCurrent(keys, result.key, step.previousId, result.key.createdAt) : keys;
    case "deactivate":
      return result.isGone ? without(keys, step.accessKeyId) : { ...keys, fate: { deactivatedAt: result.at } };
    case "wake":
      return { ...keys, fate: { activatedAgain: true } };
    case "renew":
      return managedKeys({ ...keys, previousSince: result.at });
    case "open":
      return managedKeys({ ...keys, journalOpen: undefined });
    case "close":
      // From here on the keys count as handed out: if the tag can't be written, this id tells the next run so.
      return managedKeys({ ...keys, operationId: result.operationId });
    default:
      return keys;
  }
}

/** What was done to a key, or will be. */
export interface Done {
  did: "made" | "adopted" | "kept" | "deactivated" | "deleted";
  accessKeyId: string;
  as?: "current" | "previous";
  /** Nobody had its secret: an interrupted run had made it. */
  lost?: true;
}

export function doneBy(step: Step, { key, isGone }: Result): Done[] {
  switch (step.do) {
    case "create":
      return [
        { did: "made", accessKeyId: key?.accessKeyId ?? "", as: "current" },
        ...(step.previousId ? [{ did: "kept", accessKeyId: step.previousId, as: "previous" } as const] : []),
      ];
    case "adopt":
      return [{ did: "adopted", accessKeyId: step.key.accessKeyId, as: step.as }];
    case "deactivate":
      return isGone ? [] : [{ did: "deactivated", accessKeyId: step.accessKeyId }];
    case "makeRoom":
    case "delete":
      return isGone ? [] : [{ did: "deleted", accessKeyId: step.accessKeyId }];
    case "discard":
      return isGone ? [] : [{ did: "deleted", accessKeyId: step.accessKeyId, lost: true }];
    default:
      return [];
  }
}
