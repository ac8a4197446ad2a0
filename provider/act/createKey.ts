import { LONGEST_OPERATION } from "../decide/judge";
import type { Step } from "../decide/plan";
import { type FoundKey, listKeys, type RotatedKey } from "../model/accessKey";
import { IamError, RotationError } from "../model/errors";
import { poll } from "./clock";
import type { Dependencies, Iam } from "./dependencies";

type CreateStep = Extract<Step, { do: "create" }>;

/**
 * A key that is gone already is what was wanted. But AWS says "no such entity" of a user as well: where the user was renamed
 * meanwhile, the key lives on.
 * @returns whether the key was there
 */
export async function deleteKey(accessKeyId: string, userId: string, iam: Iam): Promise<boolean> {
  return isThere(iam.deleteAccessKey(accessKeyId), userId, iam);
}

/** @returns whether the key is there */
export async function deactivateKey(accessKeyId: string, userId: string, iam: Iam): Promise<boolean> {
  return isThere(iam.deactivateAccessKey(accessKeyId), userId, iam);
}

/**
 * Whether a key may be deactivated: the id of AWS's own examples is nobody's, and without the permission AWS does not
 * even look for it.
 */
export async function requireDeactivation(userId: string, iam: Iam): Promise<void> {
  await deactivateKey("AKIAIOSFODNN7EXAMPLE", userId, iam);
}

async function isThere(change: Promise<void>, userId: string, iam: Iam): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    if (!(error instanceof IamError && error.kind === "noSuchEntity")) throw error;
    const user = await iam.getUser();
    if (user.userId !== userId) throw error;
    return false;
  }
}

/** How long after it began an operation may still make a key, in milliseconds: the rest is for that call and what follows. */
const LATEST_KEY = LONGEST_OPERATION / 2;

/** What surrounds the making of a key. */
export interface Making {
  /** A slot was freed a moment ago, and may still count as taken. */
  freedSlot: boolean;
  /** Frees a slot of a key that goes anyway, where all are taken. @returns whether there was one */
  makeRoom?: (() => Promise<boolean>) | undefined;
  /** When the operation began, by AWS's clock. */
  begun: number;
  /** Told when AWS gave no clear answer: from here on there may be a key with a secret that nobody has. */
  onDoubt(): void;
}

/**
 * Makes a key, although the reply that holds its secret can get lost. After a doubtful failure the list is read: where it
 * shows a key that was not there before, nothing tells whether AWS made it for this call or for a person at the console,
 * so it is named, and left; where it shows none, the call is made again.
 */
export async function createKey(step: CreateStep, given: Making, dependencies: Dependencies): Promise<RotatedKey> {
  let making = given;
  let doubt: IamError | undefined;
  for (let attempts = 1; ; attempts++) {
    try {
      return await createInSlot(making, dependencies);
    } catch (error) {
      if (!(error instanceof IamError)) throw error;
      if (error.kind === "limitExceeded") {
        // A key that this very call may have made can be what takes the slot, and is not listed yet.
        if (!(await making.makeRoom?.())) throw doubt ?? noSlot(step, error);
        making = { ...making, freedSlot: true, makeRoom: undefined };
        continue;
      }
      if (error.kind !== "doubtful") throw error;
      doubt = error;
      making.onDoubt();
      const appeared = await newcomers(step.before, dependencies).catch(() => undefined);
      if (appeared && appeared.length > 0) throw unclear(appeared, error);
      // As long as the list can't be had, the doubt stands.
      if (!appeared || attempts === 3) throw error;
    }
  }
}

async function createInSlot({ freedSlot, begun }: Making, { iam, clock, patience }: Dependencies) {
  let full: IamError | undefined;
  const key = await poll(clock, freedSlot ? patience.freedSlot : 0, async () => {
    requireTime(begun, iam);
    try {
      return await iam.createAccessKey();
    } catch (error) {
      if (!(error instanceof IamError && error.kind === "limitExceeded")) throw error;
      full = error;
      return undefined;
    }
  });
  if (!key) throw full;
  return key;
}

/** A key made when others believe that this operation has ended would be in their way. */
function requireTime(begun: number, iam: Iam): void {
  if (!(iam.time().getTime() - begun > LATEST_KEY)) return;
  throw new RotationError({
    attempted: "Can't make a new access key",
    found: `the steps before it took more than ${LATEST_KEY / 60_000} minutes, and no key is made so late.`,
    todo: "AWS answers slowly just now, or the machine has slept. Run again.",
  });
}

/** Keys that were not there before, as soon as the list shows some. */
async function newcomers(before: string[], { iam, clock, patience }: Dependencies): Promise<FoundKey[]> {
  const appeared = await poll(clock, patience.lostReply, async () => {
    const extra = (await iam.listAccessKeys()).filter((key) => !before.includes(key.accessKeyId));
    return extra.length > 0 ? extra : undefined;
  });
  return appeared ?? [];
}

function unclear(appeared: FoundKey[], cause: IamError): RotationError {
  const ids = appeared.map((key) => key.accessKeyId).join(" and ");
  return new RotationError(
    {
      attempted: "Can't tell which key was made",
      found: `AWS gave no clear answer to iam:CreateAccessKey (${cause.code}), and now there is ${listKeys(appeared)}. It may be the key that AWS made, with a secret that nobody has; or somebody else's.`,
      todo: `Delete ${ids} if nobody uses it, then run again; the next run names the other ways out.`,
    },
    { cause },
  );
}

function noSlot({ unmanaged, mends, previousId }: CreateStep, cause: IamError): Error {
  const [one] = unmanaged;
  if (!one) {
    return new RotationError(
      {
        attempted: "Can't make a new access key",
        found: `AWS allows no further one for this user (${cause.code}), although it has no unmanaged one.`,
        todo: "A key deleted a moment ago may still count: run again in a minute.",
      },
      { cause },
    );
  }
  const [are, it] = unmanaged.length === 1 ? ["is", "it"] : ["are", "one of them"];
  const id = one.accessKeyId;
  const adopt = !mends
    ? `Adopt ${it} with \`state: { previous: { accessKeyId: "${id}" } }\`: a later rotation deletes it, once \`gracePeriod\` is over. Or delete it, if nobody uses it.`
    : previousId || unmanaged.length === 1
      ? `If you have the secret of ${it}, adopt it with \`state: { current: { accessKeyId: "${id}", secretAccessKey } }\`. Or delete it, if nobody uses it.`
      : `If you have the secret of one, adopt that with \`state: { current: { accessKeyId, secretAccessKey } }\`. If nobody has their secrets, find the one that nobody uses (\`aws iam get-access-key-last-used --access-key-id ${id}\`), deactivate it for a while, and delete it; the other can be named as \`state: { previous: { accessKeyId } }\`, and stays until the rotation after.`;
  return new RotationError(
    {
      because: "unmanagedKey",
      accessKeyId: id,
      attempted: "Can't make a new access key",
      found: `the user has as many access keys as AWS allows it, and of these ${listKeys(unmanaged)} ${are} unmanaged.`,
      todo: `${adopt} Then run again.`,
    },
    { cause },
  );
}
