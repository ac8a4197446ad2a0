import type { ManagedKey, RotatedKey } from "./accessKey";
import { type Clock, poll } from "./clock";
import { explain, IamError, RotationError } from "./errors";
import type { Iam } from "./iam";
import { type ManagedKeys, withCurrent, without } from "./managedKeys";
import { afterAdoption, listKeys, type Step } from "./rotationPlan";

/** How long to wait for AWS to catch up with itself, in milliseconds. */
export const PATIENCE = {
  /** A user made a moment ago may be unknown for some seconds. */
  newUser: 20_000,
  /** A new key takes 5 to 15 s to work everywhere. */
  newKey: 60_000,
  /** A deleted key may hold its slot for some seconds. */
  freedSlot: 20_000,
  /** A key whose reply got lost may take some seconds to be listed. */
  lostReply: 8_000,
};

export interface Ports {
  iam: Iam;
  clock: Clock;
  /** Tells the user something that is not a failure. */
  say(line: string): void;
}

/** A step failed: what the earlier ones did stays done, and `keys` are the managed keys as they are now. */
export class StepFailure extends Error {
  override readonly name = "StepFailure";
  constructor(
    readonly keys: ManagedKeys,
    /** Whether an earlier step changed something in AWS, so that the state has to follow. */
    readonly changedAws: boolean,
    override readonly cause: Error,
  ) {
    super(cause.message, { cause });
  }
}

/** Runs the steps in order, and knows after each which keys are ours. */
export async function applyPlan(
  steps: Step[],
  start: ManagedKeys,
  userArn: string,
  ports: Ports,
): Promise<ManagedKeys> {
  let keys = start;
  let [freed, changed] = [false, false];
  for (const step of steps) {
    try {
      keys = await run(step, keys, userArn, freed, ports);
      freed ||= step.do === "delete";
      changed ||= step.do === "delete" || step.do === "create";
    } catch (error) {
      throw new StepFailure(keys, changed, explain(`Can't ${inWords(step)} of ${userArn}`, userArn, error));
    }
  }
  return keys;
}

async function run(step: Step, keys: ManagedKeys, userArn: string, freed: boolean, ports: Ports): Promise<ManagedKeys> {
  switch (step.do) {
    case "forget":
      return without(keys, step.accessKeyId);
    case "adopt":
      return afterAdoption(keys, step);
    case "tryAdopted":
      await tryAdopted(step.key, ports);
      return keys;
    case "delete":
      await deleteKey(step.accessKeyId, ports.iam);
      return without(keys, step.accessKeyId);
    case "create":
      return withCurrent(keys, await createKey(step, freed, ports), step.previousId);
    case "tryCurrent":
      if (keys.current) await tryNewKey(keys.current, userArn, ports);
      return keys;
  }
}

function inWords(step: Step): string {
  switch (step.do) {
    case "delete":
      return `delete the access key ${step.accessKeyId}`;
    case "tryAdopted":
      return `adopt the access key ${step.key.accessKeyId}`;
    case "create":
      return "make a new access key";
    default:
      return "take over the access keys";
  }
}

/** A key that is gone already is what was wanted. */
export async function deleteKey(accessKeyId: string, iam: Iam): Promise<void> {
  try {
    await iam.deleteAccessKey(accessKeyId);
  } catch (error) {
    if (!(error instanceof IamError && error.kind === "noSuchEntity")) throw error;
  }
}

type CreateStep = Extract<Step, { do: "create" }>;

/**
 * Makes a key, although the reply that holds its secret can get lost. After a doubtful failure the list tells whether
 * AWS made one: it is deleted, since nobody can know its secret, and another is made.
 */
async function createKey(step: CreateStep, freed: boolean, ports: Ports): Promise<RotatedKey> {
  for (let doubts = 0; ; doubts++) {
    try {
      const key = await createInFreeSlot(freed, ports);
      if (doubts > 0) await removeLostKey([...step.before, key.accessKeyId], 0, ports).catch(() => {});
      return key;
    } catch (error) {
      if (!(error instanceof IamError)) throw error;
      if (error.kind === "limitExceeded") throw noSlot(step, error);
      if (error.kind !== "doubtful" || doubts >= 2) throw error;
      await removeLostKey(step.before, PATIENCE.lostReply, ports, error);
    }
  }
}

/** A slot freed a moment ago may still count as taken. */
async function createInFreeSlot(freed: boolean, { iam, clock }: Ports): Promise<RotatedKey> {
  let full: IamError | undefined;
  const key = await poll(clock, freed ? PATIENCE.freedSlot : 0, async () => {
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
  { iam, clock }: Ports,
  cause?: IamError,
): Promise<void> {
  const lost = await poll(clock, patience, async () => {
    const extra = (await iam.listAccessKeys()).filter((key) => !before.includes(key.accessKeyId));
    return extra.length > 0 ? extra : undefined;
  });
  if (!lost) return;
  const [only, ...others] = lost;
  if (!only || others.length > 0) {
    throw new RotationError(
      {
        asked: "Can't tell which key was made",
        found: `AWS gave no clear answer to iam:CreateAccessKey, and now there are ${listKeys(lost)}, which were not there before.`,
        todo: "One of them may be somebody else's. Delete those that nobody uses, then run again.",
      },
      { cause },
    );
  }
  await deleteKey(only.accessKeyId, iam);
}

function noSlot(step: CreateStep, cause: IamError): Error {
  const others = step.strangers;
  if (others.length === 0) return cause;
  const one = others[0]?.accessKeyId;
  return new RotationError(
    {
      asked: "Can't make a new access key",
      found: `the user has as many access keys as AWS allows it, and of these ${listKeys(others)} ${others.length === 1 ? "is" : "are"} not managed here.`,
      todo: `Nothing was changed. Adopt one with \`state: { previous: { accessKeyId: "${one}" } }\`, and it is phased out; or delete it, if nobody uses it. Then run again.`,
    },
    { cause },
  );
}

/** Polls until AWS knows the new key. Past the limit it is kept all the same: its secret is known only here. */
async function tryNewKey(key: ManagedKey, userArn: string, { iam, clock, say }: Ports): Promise<void> {
  const { accessKeyId, secretAccessKey } = key;
  if (!secretAccessKey) return;
  let last = "";
  const accepted = await poll(clock, PATIENCE.newKey, async () => {
    const trial = await iam
      .tryKey({ accessKeyId, secretAccessKey })
      .catch((error: Error) => ({ accepted: false as const, message: error.message }));
    if (trial.accepted) return true;
    last = trial.message;
    return undefined;
  });
  if (accepted) return;
  say(
    `The new access key ${accessKeyId} of ${userArn} is made and saved, but AWS did not accept it within ${PATIENCE.newKey / 1000} s (${last}). Try it before you rely on it; the key before it still works.`,
  );
}

async function tryAdopted(key: ManagedKey, { iam, clock }: Ports): Promise<void> {
  const { accessKeyId, secretAccessKey } = key;
  if (!secretAccessKey) return;
  let last = "";
  const verdict = await poll(clock, PATIENCE.newKey / 4, async () => {
    const trial = await iam.tryKey({ accessKeyId, secretAccessKey });
    if (trial.accepted || trial.wrongSecret) return trial;
    last = trial.message;
    return undefined;
  });
  if (verdict?.accepted) return;
  throw new RotationError({
    asked: `Can't adopt the access key ${accessKeyId}`,
    found: verdict ? "the secret given for it in `state` is not its own." : `AWS does not accept it (${last}).`,
    todo: "Nothing was changed. Correct the secret in `state`, or leave the key out.",
  });
}
