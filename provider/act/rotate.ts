import { planRotation } from "../decide/decide";
import { planDeletion } from "../decide/deletion";
import type { Found, Intent, Plan, Reader, Refusal, Wait } from "../decide/plan";
import { guardedIds } from "../decide/retirement";
import { listKeys } from "../model/accessKey";
import { RotationError } from "../model/errors";
import { isRecordedUser, type ManagedKeys, managedIds, managedKeys } from "../model/managedKeys";
import type { Dependencies, Iam } from "./dependencies";
import { askUses } from "./lastUsedGuard";
import { lookTwice, observe, observeUser, Renamed, whereKeysAre } from "./observe";
import { runSteps, StepFailure } from "./run";

/** A rotation that ended half-way: `keys` are what is ours now, and must be saved. */
export class HalfDone extends Error {
  override readonly name = "HalfDone";
  constructor(
    readonly keys: ManagedKeys,
    /** What is done of what was asked for: a new key was made, keys were adopted. */
    readonly did: { made: boolean; adopted: boolean },
    message: string,
    cause: Error,
  ) {
    super(message, { cause });
  }
}

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

/**
 * Observes, decides, applies.
 * @returns the managed keys as they are now, and what has to wait
 * @throws RotationError if it is refused, or failed before anything was changed
 * @throws HalfDone if it failed after a change
 */
export async function rotate(
  request: Request,
  dependencies: Dependencies,
): Promise<{ keys: ManagedKeys; waits: Wait[] }> {
  const { userArn, owner, recorded, recordedArn = userArn, intentAt, patience = 0 } = request;
  const { iam } = dependencies;
  const asked = `Can't rotate the access keys of ${userArn}`;
  const look = async () => {
    const found = await observeUser(userArn, recorded, dependencies, patience);
    if (recorded && recordedArn !== userArn && !isRecordedUser(recorded, found)) throw anotherUser(asked, found);
    const reader = await readerAt(iam, owner);
    return { found, now: reader.now, plan: planRotation(recorded, found, intentAt(reader.now), reader) };
  };
  const surprises = (seen: Decision) => surprisesIn(seen, owner, recorded);
  const seen = await lookTwice(look, surprises, dependencies);
  const plan = await guarded(seen, request, iam);
  if ("refusal" in plan) throw await refused(asked, plan.refusal, iam);
  const { found } = seen;
  const start: ManagedKeys = { ...(recorded ?? managedKeys({})), userId: found.userId };
  try {
    const keys = await runSteps(plan.steps, start, { userArn, owner, found }, dependencies);
    // By now it was closed, or seen twice to be another's.
    const { journalOpen: _, ...closed } = keys;
    const { waits = [] } = plan;
    return { keys: noting(waits, closed), waits };
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    if (JSON.stringify(error.keys) === JSON.stringify(start)) throw error.cause;
    throw new HalfDone(error.keys, error.did, `${error.cause.message} ${standing(start, error.keys)}`, error.cause);
  }
}

/** The plan, once it is known which of the keys that it ends are in use. */
async function guarded(
  { found, plan, now }: { found: Found; plan: Plan; now: Date },
  request: Request,
  iam: Iam,
): Promise<Plan> {
  const { owner, recorded, intentAt } = request;
  if ("refusal" in plan) return plan;
  const asked = Object.keys(found.uses ?? {});
  const ids = guardedIds(plan.steps, recorded, intentAt(now)).filter((id) => !asked.includes(id));
  if (ids.length === 0) return plan;
  const seen = await askUses(found, ids, iam);
  if ("refusal" in seen) return seen;
  const reader = await readerAt(iam, owner);
  return guarded({ found: seen, now, plan: planRotation(recorded, seen, intentAt(now), reader) }, request, iam);
}

/** For the previews until then, which ask nobody. */
function noting(waits: Wait[], { retirement, ...keys }: ManagedKeys): ManagedKeys {
  const { lastUse: _, ...rest } = retirement ?? {};
  const use = waits.find((wait) => wait.use)?.use;
  return managedKeys({ ...keys, retirement: { ...rest, ...(use && { lastUse: use }) } });
}

/** The same for a resource that goes. */
export async function retire(
  userArn: string,
  owner: string,
  recorded: ManagedKeys,
  dependencies: Dependencies,
): Promise<void> {
  const { iam, say } = dependencies;
  const asked = `Can't delete the access keys of ${userArn}`;
  const look = async () => {
    const found = await observe(userArn, dependencies);
    const reader = await readerAt(iam, owner);
    return { found, now: reader.now, plan: found && planDeletion(recorded, found, reader) };
  };
  const surprises = (seen: Decision) => surprisesIn(seen, owner, recorded);
  const { found, plan } = await lookTwice(look, surprises, dependencies);
  if (!found || !plan || !isRecordedUser(recorded, found)) {
    const where = await whereKeysAre(asked, recorded, dependencies);
    if (where) throw new Renamed(asked, userArn, where, found);
    const why = found ? `is another one by now (UserId ${found.userId})` : "is not there";
    const ids = managedIds(recorded).join(" and ");
    if (ids)
      say(
        `${userArn}: the user of that name ${why}, so nobody could look for ${ids}. If it was renamed, and they are inactive, they are there still.`,
      );
    const { journal, keys = [] } = found ?? {};
    const unknown = keys.filter((key) => !journal?.strangers.includes(key.accessKeyId));
    if (journal?.phase === "open" && journal.owner === owner && unknown.length > 0)
      say(
        `${userArn}: an operation of this resource was interrupted when it made a key of that user, and there is ${listKeys(unknown)}. Delete what nobody uses.`,
      );
    return;
  }
  if ("refusal" in plan) throw await refused(asked, plan.refusal, iam);
  if (plan.left) say(`${userArn}: keys are left on the user: ${plan.left.found}`);
  const operation = { userArn, owner, found };
  await runSteps(plan.steps, recorded, operation, dependencies).catch((error) => {
    if (!(error instanceof StepFailure)) throw error;
    // The keys are gone, which is what was asked for; without the last word the next creation may only ask once more.
    const isLast = plan.steps.at(-1) === error.step;
    if (error.step.do !== "close" || !isLast) throw error.cause;
  });
}

async function readerAt(iam: Iam, owner: string): Promise<Reader> {
  const signer = await iam.signer();
  return { owner, now: iam.time(), ...(signer && { signer }) };
}

interface Decision {
  found: Found | undefined;
  now: Date;
  plan: Plan | undefined;
}

/** How late a tag may be read, in milliseconds: a key younger than this may have a journal that can't be seen yet. */
const LATE = 15_000;

/**
 * What has to be seen twice, since lists and tags can be late: a user or a key that is gone; a key that nobody has the secret
 * of; a key that the journal names and the list lacks; an open journal of ours, whose key may be listed late; another
 * journal than the one that we could not close; a key that was activated again; and a stranger's key so young that the tag
 * may not tell of it yet.
 */
function surprisesIn({ found, now, plan }: Decision, owner: string, recorded?: ManagedKeys): string {
  if (!found || !plan) return "no such user";
  if ("refusal" in plan) return "";
  const gone = plan.steps.flatMap((step) => (step.do === "forget" || step.do === "discard" ? [step.accessKeyId] : []));
  const adopted = plan.steps.flatMap((step) => (step.do === "adopt" ? [step.key.accessKeyId] : []));
  const ours = [...adopted, ...(recorded ? managedIds(recorded) : [])];
  const { journal, keys } = found;
  const isAnother = journal?.operationId !== recorded?.operationId;
  // What its word says of no key that is there is about to be written over.
  const midway = isAnother && journal?.owner === owner && journal.phase === "open" ? [journal.operationId] : [];
  const replaced = recorded?.journalOpen && journal?.operationId !== recorded.operationId ? ["another journal"] : [];
  const named = isAnother && journal?.made ? [journal.made] : [];
  const unlisted = named.filter((id) => !keys.some((key) => key.accessKeyId === id));
  const isYoung = (at: string) => now.getTime() - Date.parse(at) < LATE;
  const young = keys.filter((key) => isYoung(key.createdAt) && ![...ours, ...gone].includes(key.accessKeyId));
  const woken = plan.steps.some((step) => step.do === "wake") ? ["activated again"] : [];
  return [...gone, ...woken, ...unlisted, ...replaced, ...midway, ...young.map((key) => key.accessKeyId)].join();
}

function anotherUser(asked: string, found: Found): RotationError {
  return new RotationError({
    asked,
    found: `it is another user (UserId ${found.userId}), and not the one whose keys this resource keeps.`,
    todo: "Nothing was changed. Run again: the preview then shows a replacement, which makes a key of the new user and deletes those of the old one.",
  });
}

async function refused(asked: string, { found, todo, keys = [] }: Refusal, iam: Iam): Promise<RotationError> {
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
    made.length > 0 && `${are(made, "was", "were")} made or adopted`,
    gone.length > 0 && `${are(gone)} gone`,
    now.current ? `current is ${now.current.accessKeyId}` : "there is no current key",
    now.previous ? `previous is ${now.previous.accessKeyId}` : "there is no previous key",
    now.retired.length > 0 && `${are(now.retired)} still to be deleted`,
  ].filter((part) => typeof part === "string");
  return `Where it stands: ${parts.join(", ")}. This is saved, and the next update goes on from there.`;
}

function are(ids: string[], one = "is", more = "are"): string {
  return `${ids.join(" and ")} ${ids.length > 1 ? more : one}`;
}
