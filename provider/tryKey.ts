import type { ManagedKey } from "./accessKey";
import { poll } from "./clock";
import { IamError, RotationError } from "./errors";
import type { Ports } from "./ports";

/** Polls until AWS knows the new key. Past the limit it is kept all the same: its secret is known only here. */
export async function tryNewKey(key: ManagedKey, userArn: string, { iam, clock, say, patience }: Ports): Promise<void> {
  const { accessKeyId, secretAccessKey } = key;
  if (!secretAccessKey) return;
  let last = "";
  const accepted = await poll(clock, patience.newKey, async () => {
    try {
      const trial = await iam.tryKey({ accessKeyId, secretAccessKey });
      if (trial.accepted) return true;
      last = trial.code;
    } catch (error) {
      last = error instanceof IamError ? error.code : "no answer";
    }
    return undefined;
  });
  if (accepted) return;
  say(
    `The new access key ${accessKeyId} of ${userArn} is made and saved, but AWS did not accept it within ${patience.newKey / 1000} s (${last}). Try it before you rely on it.`,
  );
}

/** Nothing has been changed yet, so a key that does not work as given is a refusal. */
export async function tryAdoptedKey(key: ManagedKey, { iam, clock, patience }: Ports): Promise<void> {
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
