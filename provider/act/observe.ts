import type { Found } from "../decide/plan";
import { IamError, RotationError } from "../model/errors";
import { parseJournal } from "../model/journal";
import { parseUserArn } from "../model/userArn";
import { type Clock, poll } from "./clock";
import type { Iam, Ports } from "./dependencies";

/**
 * Reads the user and its keys, side by side.
 * @param patience how long, in milliseconds, a user that AWS does not know yet is asked for again
 * @returns `undefined` if there is no such user in the account of the ARN
 * @throws RotationError if the credentials belong to another account: there, "no such key" would say nothing
 */
export async function observe(iam: Iam, userArn: string, clock: Clock, patience = 0): Promise<Found | undefined> {
  return poll(clock, patience, () => read(iam, userArn), 500);
}

/** The same, where nothing can be done without the user. */
export async function observeUser(iam: Iam, userArn: string, clock: Clock, patience = 0): Promise<Found> {
  const found = await observe(iam, userArn, clock, patience);
  if (found?.arn === userArn) return found;
  throw new RotationError({
    asked: `Can't rotate the access keys of ${userArn}`,
    found: found ? `the user of that name is ${found.arn}.` : "there is no such user in that account.",
    todo: "Correct `userArn`, or make the user first; then run again.",
  });
}

async function read(iam: Iam, userArn: string): Promise<Found | undefined> {
  try {
    const [user, keys] = await Promise.all([iam.getUser(), iam.listAccessKeys()]);
    requireAccount(userArn, parseUserArn(user.arn)?.accountId);
    const journal = parseJournal(user.journal);
    return { userId: user.userId, arn: user.arn, keys, ...(journal && { journal }) };
  } catch (error) {
    if (!(error instanceof IamError && error.kind === "noSuchEntity")) throw error;
    requireAccount(userArn, await iam.callerAccount());
    return undefined;
  }
}

function requireAccount(userArn: string, accountId: string | undefined): void {
  const wanted = parseUserArn(userArn)?.accountId;
  if (!accountId || accountId === wanted) return;
  throw new RotationError({
    asked: `Can't look at the access keys of ${userArn}`,
    found: `the credentials in use belong to account ${accountId}, the user to ${wanted}.`,
    todo: "Use credentials of the user's account: the `login` input, the resource's AWS provider, the stack's aws:* configuration, or the environment.",
  });
}

/**
 * IAM is eventually consistent. What rests on a key being gone, or on nobody having its secret, counts only when two
 * looks in a row, some seconds apart, say the same.
 * @param surprise what has to be seen twice; empty if there is nothing
 * @throws RotationError if no two looks in a row agree
 */
export async function lookTwice<T>(
  look: () => Promise<T>,
  surprise: (seen: T) => string,
  { clock, patience }: Pick<Ports, "clock" | "patience">,
  first?: T,
): Promise<T> {
  let seen = first ?? (await look());
  for (let looks = 1; surprise(seen) !== ""; looks++) {
    if (looks === 4) {
      throw new RotationError({
        asked: "Can't tell which keys are there",
        found: "AWS lists other keys each time it is asked.",
        todo: "It is still catching up with a change: run again in a minute.",
      });
    }
    await clock.sleep(patience.secondLook);
    const next = await look();
    if (surprise(next) === surprise(seen)) return next;
    seen = next;
  }
  return seen;
}
