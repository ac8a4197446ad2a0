import { applyPlan, type Ports, StepFailure } from "./applyPlan";
import { RotationError } from "./errors";
import { type ManagedKeys, managedKeys } from "./managedKeys";
import { type Found, planRotation, type Wish } from "./rotationPlan";

/** A rotation that ended half-way: `keys` are what is ours now, and must be saved. */
export class HalfDone extends Error {
  override readonly name = "HalfDone";
  constructor(
    readonly keys: ManagedKeys,
    /** Whether a new key became current. */
    readonly rotated: boolean,
    cause: Error,
  ) {
    super(cause.message, { cause });
  }
}

/**
 * Decides, and acts.
 * @throws RotationError if it is refused, or failed before anything was changed
 * @throws HalfDone if it failed after a change
 */
export async function rotate(
  userArn: string,
  recorded: ManagedKeys | undefined,
  found: Found,
  wish: Wish,
  ports: Ports,
): Promise<ManagedKeys> {
  const plan = planRotation(recorded, found, wish);
  if ("refusal" in plan) {
    throw new RotationError({ asked: `Can't rotate the access keys of ${userArn}`, ...plan.refusal });
  }
  const start = { ...(recorded ?? managedKeys("", undefined, undefined)), userId: found.userId };
  try {
    return await applyPlan(plan.steps, start, userArn, ports);
  } catch (error) {
    if (!(error instanceof StepFailure) || !error.changedAws) throw error;
    const rotated = error.keys.current?.accessKeyId !== start.current?.accessKeyId;
    throw new HalfDone(error.keys, rotated, error.cause);
  }
}
