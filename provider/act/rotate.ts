import type { Done } from "../decide/apply";
import { planRotation } from "../decide/decide";
import type { Decider, Intent, Observed, Plan } from "../decide/plan";
import { guardedIds } from "../decide/retirement";
import type { FoundKey } from "../model/accessKey";
import { RotationError } from "../model/errors";
import { isRecordedUser, type ManagedKeys, managedIds, managedKeys } from "../model/managedKeys";
import type { Pending } from "../model/pending";
import type { Dependencies, Iam } from "./dependencies";
import { askUses } from "./lastUsedGuard";
import { lookTwice, observeUser } from "./observe";
import { refused } from "./refused";
import { runSteps } from "./run";
import { surprisesIn } from "./surprises";

export interface Request {
  userArn: string;
  owner: string;
  recorded?: ManagedKeys;
  /** The user is another one only if it was asked for by this ARN: under a new name it must be the same. */
  recordedArn?: string;
  intentAt(now: Date): Intent;
  /** How long a user that AWS does not know yet is asked for again, in milliseconds. */
  patience?: number;
}

export interface Rotated {
  /** The managed keys as they are now. */
  keys: ManagedKeys;
  observed: Observed;
  /** Keys on the user, as observed, that are unmanaged. */
  unmanaged: FoundKey[];
  pending: Pending[];
  did: Done[];
  /** Why keys changed, in words. */
  why?: string | undefined;
  /** It failed after a change: `keys` must be saved. */
  failure?: Error;
}

/**
 * Observes, decides, applies.
 * @throws RotationError if it is refused, or failed before anything was changed
 */
export async function rotate(request: Request, dependencies: Dependencies): Promise<Rotated> {
  const { userArn, owner, recorded, recordedArn = userArn, intentAt, patience = 0 } = request;
  const { iam } = dependencies;
  const attempted = `Can't rotate the access keys of ${userArn}`;
  const look = async () => {
    const observed = await observeUser(userArn, recorded, dependencies, patience);
    if (recorded && recordedArn !== userArn && !isRecordedUser(recorded, observed))
      throw anotherUser(attempted, observed);
    const decider = await deciderAt(iam, owner);
    return { observed, decider, plan: planRotation(recorded, observed, intentAt(decider.now), decider) };
  };
  const seen = await lookTwice(look, (at) => surprisesIn(at, recorded, dependencies.patience), dependencies);
  const plan = await guarded(seen, request, iam);
  if ("refusal" in plan) throw await refused(attempted, plan.refusal, iam);
  const { observed } = seen;
  const start: ManagedKeys = { ...(recorded ?? managedKeys({})), userId: observed.userId };
  const { keys, did, failure } = await runSteps(plan.steps, start, { userArn, owner, observed }, dependencies);
  const { pending, why } = plan;
  const unmanaged = unmanagedOf(observed, keys, did);
  if (!failure) {
    // By now it was closed, or seen twice to be another's.
    const closed = managedKeys({ ...keys, journalOpen: undefined });
    return { keys: noting(closed, observed, pending), observed, unmanaged, pending, did, why };
  }
  // That a key is gone by somebody else's hand is found again by the next run.
  const lost = did.filter((one) => one.lost).map(({ accessKeyId }) => accessKeyId);
  if (lost.length > 0)
    dependencies.say(`deleted ${lost.join(" and ")}, which an interrupted run had made and whose secret nobody has.`);
  const isNew = managedIds(keys).some((id) => !managedIds(start).includes(id));
  if (did.every(({ lost }) => lost) && !isNew && !keys.journalOpen)
    throw lost.length > 0 ? afterChange(failure.cause) : failure.cause;
  const cause = new Error(`${failure.cause.message} ${standing(start, keys)}`, { cause: failure.cause });
  return { keys, observed, unmanaged, pending: [], did, why, failure: cause };
}

/** Nothing is blocked where a key was deleted, even one that nobody has. */
function afterChange(cause: Error): Error {
  if (!(cause instanceof RotationError)) return cause;
  const { because: _, ...parts } = cause.parts;
  return new RotationError(parts, { cause: cause.cause });
}

/** The plan, once it is known which of the keys that it ends are in use. */
async function guarded(
  { observed, plan, decider }: { observed: Observed; plan: Plan; decider: Decider },
  request: Request,
  iam: Iam,
): Promise<Plan> {
  const { recorded, intentAt } = request;
  const intent = intentAt(decider.now);
  let [seen, now] = [observed, plan];
  for (;;) {
    if ("refusal" in now) return now;
    const known = Object.keys(seen.uses ?? {});
    const ids = guardedIds(now.steps, recorded, intent).filter((id) => !known.includes(id));
    if (ids.length === 0) return now;
    const next = await askUses(seen, ids, iam);
    if ("refusal" in next) return next;
    [seen, now] = [next, planRotation(recorded, next, intent, { ...decider, now: iam.time() })];
    observed.uses = next.uses ?? {};
  }
}

/** The use that something waits for: the previews until then ask nobody. */
function noting(keys: ManagedKeys, { uses = {} }: Observed, pending: Pending[]): ManagedKeys {
  const { lastUse: _, ...fate } = keys.fate ?? {};
  const wait = pending.find(({ because }) => because === "use");
  const use = uses[wait?.accessKeyId ?? ""];
  return managedKeys({ ...keys, fate: { ...fate, ...(use && { lastUse: use }) } });
}

function unmanagedOf({ keys }: Observed, managed: ManagedKeys, did: Done[]): FoundKey[] {
  const known = [...managedIds(managed), ...did.map(({ accessKeyId }) => accessKeyId)];
  return keys.filter(({ accessKeyId }) => !known.includes(accessKeyId));
}

export async function deciderAt(iam: Iam, owner: string): Promise<Decider> {
  const signer = await iam.signer();
  return { owner, now: iam.time(), ...(signer && { signer }) };
}

function anotherUser(attempted: string, { userId }: Observed): RotationError {
  return new RotationError({
    attempted,
    found: `it is another user (UserId ${userId}), and not the one whose keys this resource keeps.`,
    todo: "Nothing was changed. Run again: the preview then shows a replacement, which makes a key of the new user and deletes those of the old one.",
  });
}

/** Where the rotation stands, for the message and for the reasons kept in the state. */
function standing(start: ManagedKeys, now: ManagedKeys): string {
  const gone = managedIds(start).filter((id) => !managedIds(now).includes(id));
  const made = managedIds(now).filter((id) => !managedIds(start).includes(id));
  const parts = [
    made.length > 0 && `${are(made, "was", "were")} made or adopted`,
    gone.length > 0 && `${are(gone)} gone`,
    now.current ? `current is ${now.current.accessKeyId}` : "there is no current key",
    now.previous ? `previous is ${now.previous.accessKeyId}` : "there is no previous key",
    now.toDelete.length > 0 && `${are(now.toDelete)} still to be deleted`,
  ].filter((part) => typeof part === "string");
  return `Where it stands: ${parts.join(", ")}. This is saved, and the next update goes on from there.`;
}

function are(ids: string[], one = "is", more = "are"): string {
  return `${ids.join(" and ")} ${ids.length > 1 ? more : one}`;
}
