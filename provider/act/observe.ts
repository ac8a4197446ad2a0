import type { Observed } from "../decide/plan";
import { IamError, RotationError } from "../model/errors";
import { parseJournal } from "../model/journal";
import { isRecordedUser, type ManagedKeys } from "../model/managedKeys";
import { parseUserArn } from "../model/userArn";
import { poll } from "./clock";
import type { Dependencies, Iam } from "./dependencies";

/**
 * Reads the user and its keys, side by side.
 * @param patience how long, in milliseconds, a user that AWS does not know yet, or by another ARN, is asked for again
 * @returns the user of that name, whatever its path; `undefined` if there is none in the account of the ARN
 * @throws RotationError if the credentials belong to another account: there, "no such key" would say nothing
 */
export async function observe(
  userArn: string,
  { iam, clock }: Dependencies,
  patience = 0,
): Promise<Observed | undefined> {
  let found: Observed | undefined;
  const look = async () => {
    found = await read(iam, userArn);
    return found?.arn === userArn || undefined;
  };
  await poll(clock, patience, look, 500);
  return found;
}

/** The same, where nothing can be done without the user. */
export async function observeUser(
  userArn: string,
  recorded: ManagedKeys | undefined,
  dependencies: Dependencies,
  patience = 0,
): Promise<Observed> {
  const found = await observe(userArn, dependencies, patience);
  const attempted = `Can't rotate the access keys of ${userArn}`;
  if (!found || (recorded && !isRecordedUser(recorded, found))) {
    const where = await whereKeysAre(attempted, recorded, dependencies);
    if (where) throw new Renamed(attempted, userArn, where, found);
  }
  if (found?.arn === userArn) return found;
  throw new RotationError({
    attempted,
    found: found ? `the user of that name is ${found.arn}.` : "there is no such user in that account.",
    todo: "Correct `userArn`, or make the user first; then run again.",
    because: "user",
  });
}

/**
 * A key tells whose it is, whatever name its user has by now.
 * @returns where the keys are alive, in words; `undefined` if AWS knows none of them
 * @throws RotationError if nobody could ask
 */
export async function whereKeysAre(
  attempted: string,
  recorded: ManagedKeys | undefined,
  { iam }: Dependencies,
): Promise<string | undefined> {
  for (const key of [recorded?.current, recorded?.previous]) {
    if (!key?.secretAccessKey) continue;
    const { accessKeyId, secretAccessKey } = key;
    const trial = await iam.tryKey({ accessKeyId, secretAccessKey });
    if (!trial.accepted && trial.unasked) throw nobodyCouldAsk(attempted, accessKeyId, trial.code);
    if (trial.accepted && !trial.arn) return "another name";
    if (trial.accepted && trial.userId === recorded?.userId) return trial.arn;
  }
  return undefined;
}

function nobodyCouldAsk(attempted: string, accessKeyId: string, code: string): RotationError {
  return new RotationError({
    attempted,
    found: `the user that it knew is not there under that name, and nobody could ask whether its key ${accessKeyId} is alive under another (sts:GetCallerIdentity: ${code}).`,
    todo: "Nothing was changed. Run again when STS can be reached.",
  });
}

/** The user has another name or path by now. */
export class Renamed extends RotationError {
  constructor(
    attempted: string,
    userArn: string,
    /** Its ARN now; or in words, where that can't be told. */
    readonly where: string,
    found?: Observed,
  ) {
    super({
      attempted,
      because: "user",
      found: `its keys are alive: their user is ${where} now${found ? `, and ${found.arn} is another one (UserId ${found.userId})` : ""}.`,
      todo:
        where === userArn
          ? "Nothing was changed. IAM does not show it under that name yet: run again in a minute."
          : "Nothing was changed. Set `userArn` to the ARN of the user as it is now, and the keys stay as they are; then run again.",
    });
  }
}

async function read(iam: Iam, userArn: string): Promise<Observed | undefined> {
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
    attempted: `Can't look at the access keys of ${userArn}`,
    found: `the credentials in use belong to account ${accountId}, the user to ${wanted}.`,
    todo: "Use credentials of the user's account: the `login` input, the resource's AWS provider, the stack's aws:* configuration, or the environment.",
  });
}

/** What has to be seen twice, and how long after the first look, in milliseconds. */
export interface Surprise {
  what: string;
  wait: number;
}

/**
 * IAM is eventually consistent. What rests on a key being gone, or on nobody having its secret, counts only when two
 * looks in a row say the same, the second of which can't be from before what would contradict it.
 * @param surprises what has to be seen twice
 * @throws RotationError if no two looks in a row agree
 */
export async function lookTwice<T>(
  look: () => Promise<T>,
  surprises: (seen: T) => Surprise[],
  { clock, say }: Pick<Dependencies, "clock" | "say">,
): Promise<T> {
  const inWords = (found: Surprise[]) => found.map(({ what }) => what).join();
  let seen = await look();
  for (let looks = 1; surprises(seen).length > 0; looks++) {
    const found = surprises(seen);
    if (looks === 4) {
      throw new RotationError({
        attempted: "Can't tell which keys are there",
        found: "AWS lists other keys each time it is asked.",
        todo: "It is still catching up with a change: run again in a minute.",
      });
    }
    const wait = Math.max(...found.map((surprise) => surprise.wait));
    if (wait > LONG)
      say(`looks again in ${Math.ceil(wait / 1000)} s (${inWords(found)}): AWS may show what was there a minute ago.`);
    await clock.sleep(wait);
    const next = await look();
    if (inWords(surprises(next)) === inWords(found)) return next;
    seen = next;
  }
  return seen;
}

/** A wait of so many milliseconds is told. */
const LONG = 10_000;

/** How long until no read can be from before that moment any more; at least so long that two reads count as two. */
export function untilTold(
  since: string | undefined,
  now: Date,
  { secondLook, staleRead }: Dependencies["patience"],
): number {
  const age = now.getTime() - Date.parse(since ?? "");
  return Number.isNaN(age) ? staleRead : Math.max(secondLook, Math.min(staleRead, staleRead - age));
}
