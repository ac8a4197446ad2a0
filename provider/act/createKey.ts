import type { Step } from "../decide/plan";
import { listKeys, type RotatedKey } from "../model/accessKey";
import { IamError, RotationError } from "../model/errors";
import { poll } from "./clock";
import type { Iam, Ports } from "./dependencies";

type CreateStep = Extract<Step, { do: "create" }>;

/** A key that is gone already is what was wanted. */
export async function deleteKey(accessKeyId: string, iam: Iam): Promise<void> {
  try {
    await iam.deleteAccessKey(accessKeyId);
  } catch (error) {
    if (!(error instanceof IamError && error.kind === "noSuchEntity")) throw error;
  }
}

/** A key may have been made, and nobody knows its secret: the journal stays open, and the next run cleans up. */
export function isDoubtful(error: unknown): boolean {
  return error instanceof IamError && error.kind === "doubtful";
}

/**
 * Makes a key, although the reply that holds its secret can get lost. After a doubtful failure the list tells whether
 * AWS made one: it is deleted, since nobody can know its secret, and another is made.
 * @param ours asked before anything is deleted: whether the journal is still this operation's
 */
export async function createKey(
  step: CreateStep,
  freedSlot: boolean,
  ours: () => Promise<boolean>,
  ports: Ports,
): Promise<RotatedKey> {
  let doubt: IamError | undefined;
  for (let doubts = 0; ; doubts++) {
    try {
      const key = await createInSlot(freedSlot || doubts > 0, ports);
      // A key that was listed late. Whatever this finds or fails with, the new key is not thrown away for it.
      if (doubt) await removeLostKey([...step.before, key.accessKeyId], 0, ours, ports, doubt).catch(() => {});
      return key;
    } catch (error) {
      if (!(error instanceof IamError)) throw error;
      if (error.kind === "limitExceeded") throw noSlot(step, error);
      if (error.kind !== "doubtful" || doubts >= 2) throw doubt ?? error;
      doubt = error;
      await removeLostKey(step.before, ports.patience.lostReply, ours, ports, error).catch((reason) => {
        // As long as the list can't be had, the doubt stands.
        throw reason instanceof IamError ? error : reason;
      });
    }
  }
}

/** A slot freed a moment ago may still count as taken. */
async function createInSlot(freed: boolean, { iam, clock, patience }: Ports): Promise<RotatedKey> {
  let full: IamError | undefined;
  const key = await poll(clock, freed ? patience.freedSlot : 0, async () => {
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

/** Deletes the one key that was not there before the doubtful call, once it shows in the list. */
async function removeLostKey(
  before: string[],
  patience: number,
  ours: () => Promise<boolean>,
  { iam, clock }: Ports,
  cause: IamError,
): Promise<void> {
  const lost = await poll(clock, patience, async () => {
    const extra = (await iam.listAccessKeys()).filter((key) => !before.includes(key.accessKeyId));
    return extra.length > 0 ? extra : undefined;
  });
  const [only, ...others] = lost ?? [];
  if (!only || !lost) return;
  if (others.length > 0 || !(await ours())) {
    throw new RotationError(
      {
        asked: "Can't tell which key was made",
        found: `AWS gave no clear answer to iam:CreateAccessKey (${cause.code}), and there are keys that were not there before: ${listKeys(lost)}.`,
        todo: "Some may be somebody else's. Delete those that nobody uses, then run again.",
      },
      { cause },
    );
  }
  await deleteKey(only.accessKeyId, iam);
}

function noSlot(step: CreateStep, cause: IamError): Error {
  const others = step.strangers;
  const [one] = others;
  if (!one) {
    return new RotationError(
      {
        asked: "Can't make a new access key",
        found: `AWS allows no further one for this user (${cause.code}), although no key is there that is not managed here.`,
        todo: "A key deleted a moment ago may still count: run again in a minute.",
      },
      { cause },
    );
  }
  return new RotationError(
    {
      asked: "Can't make a new access key",
      found: `the user has as many access keys as AWS allows it, and of these ${listKeys(others)} ${others.length === 1 ? "is" : "are"} not managed here.`,
      todo: `Adopt ${others.length === 1 ? "it" : "one"} with \`state: { previous: { accessKeyId: "${one.accessKeyId}" } }\`, and it is phased out; or delete it, if nobody uses it. Then run again.`,
    },
    { cause },
  );
}
