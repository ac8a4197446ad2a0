import { planDeletion, planRotation } from "../decide/decide";
import type { Found, Plan, Refusal, Wish } from "../decide/plan";
import { RotationError } from "../model/errors";
import { formatJournal, type Reader } from "../model/journal";
import { type ManagedKeys, managedIds, managedKeys } from "../model/managedKeys";
import { applyPlan, StepFailure } from "./applyPlan";
import type { Ports } from "./dependencies";
import { guardLastUse } from "./lastUsedGuard";
import { lookTwice, observe, observeUser } from "./observe";

/** A rotation that ended half-way: `keys` are what is ours now, and must be saved. */
export class HalfDone extends Error {
  override readonly name = "HalfDone";
  constructor(
    readonly keys: ManagedKeys,
    /** Whether a new key was made, so that the triggers that asked for it are done. */
    readonly made: boolean,
    message: string,
    cause: Error,
  ) {
    super(message, { cause });
  }
}

export interface Request {
  userArn: string;
  /** Today's owner first, then the recorded one. */
  owners: string[];
  recorded?: ManagedKeys;
  wish: Wish;
  /** How long a user that AWS does not know is asked for again, in milliseconds. */
  patience?: number;
}

/**
 * Observes, decides, applies.
 * @returns the managed keys as they are now
 * @throws RotationError if it is refused, or failed before anything was changed
 * @throws HalfDone if it failed after a change
 */
export async function rotate(
  { userArn, owners, recorded, wish, patience = 0 }: Request,
  ports: Ports,
): Promise<ManagedKeys> {
  const look = async (): Promise<Decision> => {
    const found = await observeUser(ports.iam, userArn, ports.clock, patience);
    return { found, plan: planRotation(recorded, found, wish, readerOf(owners, recorded, ports)) };
  };
  const { found, plan } = await lookTwice(look, surprises, ports);
  if ("refusal" in plan) throw await refused(`Can't rotate the access keys of ${userArn}`, plan.refusal, ports);
  const inUse = await guardLastUse(plan, wish, ports.iam);
  if (inUse) throw await refused(`Can't rotate the access keys of ${userArn}`, inUse, ports);
  const start = { ...(recorded ?? managedKeys({})), userId: found.userId };
  const operation = { userArn, owner: owners[0] ?? "" };
  try {
    return await applyPlan(plan.steps, start, operation, ports);
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    if (JSON.stringify(error.keys) === JSON.stringify(start)) throw error.cause;
    throw new HalfDone(error.keys, error.made, `${error.cause.message} ${standing(start, error.keys)}`, error.cause);
  }
}

/** The same for a resource that goes. */
export async function retire(
  found: Found,
  { userArn, owners, recorded = managedKeys({}) }: Request,
  ports: Ports,
): Promise<void> {
  const decide = (at: Found): Decision => ({
    found: at,
    plan: planDeletion(recorded, at, readerOf(owners, recorded, ports)),
  });
  const look = async () => decide((await observe(ports.iam, userArn, ports.clock)) ?? found);
  const { plan } = await lookTwice(look, surprises, ports, decide(found));
  const asked = `Can't delete the access keys of ${userArn}`;
  if ("refusal" in plan) throw await refused(asked, plan.refusal, ports);
  if (plan.left) ports.say(`${userArn}: keys are left on the user: ${plan.left.found}`);
  const [close] = plan.steps.filter((step) => step.do === "close");
  const operation = { userArn, owner: owners[0] ?? "" };
  await applyPlan(
    plan.steps.filter((step) => step !== close),
    recorded,
    operation,
    ports,
  ).catch((error) => {
    throw error instanceof StepFailure ? error.cause : error;
  });
  // The keys are gone, which is what was asked for; without this last word the next creation may only ask once more.
  if (close) await applyPlan([close], recorded, operation, ports).catch(() => {});
}

function readerOf(owners: string[], recorded: ManagedKeys | undefined, { iam, runner }: Ports): Reader {
  return { owners, operationId: recorded?.operationId, now: iam.time(), isRunning: runner.isRunning };
}

interface Decision {
  found: Found;
  plan: Plan & { left?: Refusal };
}

function surprises({ plan }: Decision): string {
  if ("refusal" in plan) return "";
  return plan.steps
    .map((step) => (step.do === "forget" || step.do === "discard" ? `${step.do} ${step.accessKeyId}` : ""))
    .filter(Boolean)
    .join();
}

async function refused(
  asked: string,
  { found, todo, keys = [], journal }: Refusal,
  { iam }: Ports,
): Promise<RotationError> {
  const settled = journal && formatJournal(journal);
  if (settled) await iam.writeJournal(settled).catch(() => {});
  const uses = await Promise.all(
    keys.map(async ({ accessKeyId }) => {
      try {
        const use = await iam.lastUse(accessKeyId);
        return use
          ? `${accessKeyId} was last used ${use.at} (${use.service}, ${use.region}).`
          : `${accessKeyId} was never used.`;
      } catch {
        return ""; // a permission that nobody has to give
      }
    }),
  );
  return new RotationError({ asked, found: [found, ...uses.filter(Boolean)].join(" "), todo });
}

/** Where the rotation stands, for the message and for the reasons kept in the state. */
function standing(start: ManagedKeys, now: ManagedKeys): string {
  const gone = managedIds(start).filter((id) => !managedIds(now).includes(id));
  const made = managedIds(now).filter((id) => !managedIds(start).includes(id));
  const parts = [
    made.length > 0 && `${made.join(" and ")} was made or adopted`,
    gone.length > 0 && `${gone.join(" and ")} is gone`,
    now.current ? `current is ${now.current.accessKeyId}` : "there is no current key",
    now.previous ? `previous is ${now.previous.accessKeyId}` : "there is no previous key",
    now.retired.length > 0 && `${now.retired.join(" and ")} is still to be deleted`,
  ].filter((part) => typeof part === "string");
  return `Where it stands: ${parts.join(", ")}. This is saved, and the next update goes on from there.`;
}
