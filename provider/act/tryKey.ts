import type { ManagedKey } from "../model/accessKey";
import { IamError, RotationError } from "../model/errors";
import { poll } from "./clock";
import type { Ports } from "./dependencies";

/** In milliseconds. The engine waits for each rotation, and STS, unlike IAM, answers hundreds of calls a second. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 1_000;

/** Polls until AWS knows the new key. Past the limit it is kept all the same: its secret is known only here. */
export async function tryNewKey(key: ManagedKey, userArn: string, ports: Ports): Promise<void> {
  const refused = await untilAccepted(key, ports);
  if (refused === undefined) return;
  ports.say(
    `The new access key ${key.accessKeyId} of ${userArn} is made and saved, but AWS did not accept it within ${ports.patience.newKey / 1000} s (${refused}). Try it before you rely on it.`,
  );
}

/** The same, where older keys are deleted next: an outage would be a worse answer than a little delay. */
export async function requireNewKey(key: ManagedKey, older: string[], ports: Ports): Promise<void> {
  const refused = await untilAccepted(key, ports);
  if (refused === undefined) return;
  throw new RotationError({
    asked: "Can't delete older keys yet",
    found: `AWS did not accept the new key ${key.accessKeyId} within ${ports.patience.newKey / 1000} s (${refused}), so ${older.join(" and ") || "the key before it"} still works.`,
    todo: "The new key is kept. Run again: the next update tries it, and then deletes the older ones.",
  });
}

/** @returns why AWS refuses the key even at the end of our patience; `undefined` as soon as it accepts it */
async function untilAccepted(key: ManagedKey, { iam, clock, patience }: Ports): Promise<string | undefined> {
  const { accessKeyId, secretAccessKey } = key;
  if (!secretAccessKey) return undefined;
  let last = "";
  const attempt = async () => {
    try {
      const trial = await iam.tryKey({ accessKeyId, secretAccessKey });
      if (trial.accepted) return true;
      last = trial.code;
    } catch (error) {
      last = error instanceof IamError ? error.code : "no answer";
    }
    return undefined;
  };
  const accepted = await poll(clock, patience.newKey, attempt, FIRST_PAUSE, LONGEST_PAUSE);
  return accepted ? undefined : last;
}

/** Nothing has been changed yet, so a key that does not work as given is a refusal. */
export async function tryAdoptedKeys(keys: ManagedKey[], ports: Ports): Promise<void> {
  const trials = await Promise.allSettled(keys.map((key) => tryAdoptedKey(key, ports)));
  for (const trial of trials) if (trial.status === "rejected") throw trial.reason;
}

async function tryAdoptedKey(key: ManagedKey, { iam, clock, patience }: Ports): Promise<void> {
  const { accessKeyId, secretAccessKey } = key;
  if (!secretAccessKey) return;
  let last = "";
  const verdict = await poll(clock, patience.adoptedKey, async () => {
    const trial = await iam.tryKey({ accessKeyId, secretAccessKey });
    if (trial.accepted || trial.wrongSecret) return trial;
    last = trial.code;
    return undefined;
  });
  if (verdict?.accepted) return;
  throw new RotationError({
    asked: `Can't adopt the access key ${accessKeyId}`,
    found: verdict ? "the secret given for it in `state` is not its own." : `AWS does not accept it (${last}).`,
    todo: "Nothing was changed. Correct the secret in `state`, or leave the key out; then run again.",
  });
}
