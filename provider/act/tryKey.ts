import type { ManagedKey } from "../model/accessKey";
import { IamError, RotationError } from "../model/errors";
import { poll } from "./clock";
import type { Dependencies, Iam } from "./dependencies";

/** In milliseconds. The engine waits for each rotation, and STS, unlike IAM, answers hundreds of calls a second. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 1_000;

/** Signs one call with the key. @returns why AWS refuses it; `undefined` if it accepts it, or if its secret is not known */
export async function tryOnce(key: ManagedKey, { iam }: Dependencies): Promise<string | undefined> {
  const { accessKeyId, secretAccessKey } = key;
  if (!secretAccessKey) return undefined;
  try {
    const trial = await iam.tryKey({ accessKeyId, secretAccessKey });
    return trial.accepted ? undefined : trial.code;
  } catch (error) {
    return error instanceof IamError ? error.code : "no answer";
  }
}

/** Polls until AWS knows the key, or our patience ends. @returns as `tryOnce` */
export async function untilAccepted(
  key: ManagedKey,
  dependencies: Dependencies,
  firstPause = FIRST_PAUSE,
): Promise<string | undefined> {
  const { clock, patience } = dependencies;
  let refused: string | undefined;
  const attempt = async () => {
    refused = await tryOnce(key, dependencies);
    return refused === undefined || undefined;
  };
  await clock.sleep(firstPause);
  await poll(clock, patience.newKey - firstPause, attempt, FIRST_PAUSE * 2, LONGEST_PAUSE);
  return refused;
}

/** Polls until IAM takes calls by a key that STS knows already, or our patience ends: it may know it some seconds later. */
export async function maySign(signed: Iam, { clock, patience }: Dependencies): Promise<boolean> {
  const attempt = async () => {
    try {
      await signed.getUser();
      return true;
    } catch (error) {
      if (error instanceof IamError && error.kind === "credentials") return undefined;
      throw error;
    }
  };
  return (await poll(clock, patience.newKey, attempt)) === true;
}

/** The key is kept all the same: its secret is known only here. */
export function notAccepted(key: ManagedKey, userArn: string, refused: string, { patience }: Dependencies): string {
  return `The new access key ${key.accessKeyId} of ${userArn} is made and saved, but AWS did not accept it within ${patience.newKey / 1000} s (${refused}). Try it before you rely on it.`;
}

/** Where older keys are deleted next, an outage would be a worse answer than a little delay. */
export function mustBeAccepted(key: ManagedKey, older: string[], refused: string, { patience }: Dependencies): Error {
  return new RotationError({
    attempted: "Can't delete older keys yet",
    found: `AWS did not accept the new key ${key.accessKeyId} within ${patience.newKey / 1000} s (${refused}), so ${older.join(" and ") || "the key before it"} still work${older.length > 1 ? "" : "s"}.`,
    todo: "The new key is kept. Run again: the next update tries it, and then deletes the older ones.",
  });
}

/** Nothing has been changed yet, so a key that does not work as given is a refusal. */
export async function tryAdoptedKeys(keys: ManagedKey[], userId: string, dependencies: Dependencies): Promise<void> {
  const trials = await Promise.allSettled(keys.map((key) => tryAdoptedKey(key, userId, dependencies)));
  for (const trial of trials) if (trial.status === "rejected") throw trial.reason;
}

async function tryAdoptedKey(key: ManagedKey, userId: string, { iam, clock, patience }: Dependencies): Promise<void> {
  const { accessKeyId, secretAccessKey } = key;
  if (!secretAccessKey) return;
  let last = "";
  const verdict = await poll(clock, patience.adoptedKey, async () => {
    const trial = await iam.tryKey({ accessKeyId, secretAccessKey });
    if (trial.accepted || trial.wrongSecret) return trial;
    last = trial.code;
    return undefined;
  });
  const isOthers = verdict?.accepted && verdict.userId !== undefined && verdict.userId !== userId;
  if (verdict?.accepted && !isOthers) return;
  throw new RotationError({
    because: "state",
    accessKeyId,
    attempted: `Can't adopt the access key ${accessKeyId}`,
    found: isOthers
      ? `it is a key of another user${verdict.arn ? `, ${verdict.arn}` : ""}.`
      : verdict
        ? "the secret given for it in `state` is not its own."
        : `AWS does not accept it (${last}).`,
    todo: "Nothing was changed. Correct the secret in `state`, or leave the key out; then run again.",
  });
}
