import type { ManagedKeys } from "../model/managedKeys";
import { works } from "./observedKeys";
import type { Observed, Step } from "./plan";

/**
 * A user that rotates itself: before the key that signs leaves, current takes over, which has the same permissions.
 * @returns the steps; `undefined` if no other key can sign what comes after
 */
export function signedToTheEnd(
  steps: Step[],
  keys: ManagedKeys,
  observed: Observed,
  signer?: string,
): Step[] | undefined {
  const signed: Step[] = [];
  const current = works(keys.current, observed) ? keys.current : undefined;
  let signs = signer;
  let isMade = false;
  for (const step of steps) {
    isMade ||= step.do === "create";
    if (signs && "accessKeyId" in step && step.accessKeyId === signs) {
      if (!isMade && (!current?.secretAccessKey || current.accessKeyId === signs)) return undefined;
      signed.push({ do: "signByCurrent" });
      signs = isMade ? undefined : current?.accessKeyId;
    }
    if (step.do === "create" && step.ifFull) {
      const { ifFull } = step;
      const older =
        signs !== undefined && ifFull.includes(signs) && current?.secretAccessKey && current.accessKeyId !== signs;
      if (older) {
        signed.push({ do: "signByCurrent" });
        signs = current.accessKeyId;
      }
      signed.push({ ...step, ifFull: ifFull.filter((id) => id !== signs) });
      continue;
    }
    signed.push(step);
  }
  return signed;
}
