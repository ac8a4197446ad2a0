import type { AdoptedKeys, FoundKey, ManagedKey } from "./accessKey";
import { type ManagedKeys, managedIds, managedKeys, withCurrent, without } from "./managedKeys";

/** What is on the user now, as AWS tells it. */
export interface Found {
  userId: string;
  arn: string;
  /** Oldest first. */
  keys: FoundKey[];
}

/** What the inputs ask for, beyond "keep what is there in order". */
export interface Wish {
  /** Why a new key is wanted, in words; absent when no rotation is asked for. */
  rotate?: string;
  adopt?: AdoptedKeys;
}

export type Step =
  /** State only: a key that somebody else deleted. */
  | { do: "forget"; accessKeyId: string }
  /** State only: a key that the user made, and hands over. */
  | { do: "adopt"; key: ManagedKey; as: "current" | "previous" }
  /** Signs a call with an adopted key, to see that its secret is the right one. */
  | { do: "tryAdopted"; key: ManagedKey }
  | { do: "delete"; accessKeyId: string; why: string }
  /** The new key becomes current, `previousId` stays as previous, all others are retired. */
  | { do: "create"; previousId?: string; before: string[]; strangers: FoundKey[] }
  | { do: "tryCurrent" };

export interface Refusal {
  found: string;
  todo: string;
}

export type Plan = { steps: Step[] } | { refusal: Refusal };

/**
 * The whole decision: from what the state records, what AWS shows and what the inputs ask for, to the ordered steps,
 * or to a refusal before anything is changed.
 *
 * - A key is deleted only if it is recorded as ours.
 * - With a free slot the new key comes first. Only when the slots may all be taken does the key that leaves go first.
 * - `current` never leaves while it works: it becomes `previous`.
 */
export function planRotation(recorded: ManagedKeys | undefined, found: Found, wish: Wish): Plan {
  const adopted = planAdoption(forgetLost(recorded, found), found, wish.adopt);
  if ("refusal" in adopted) return adopted;
  const { keys, steps } = adopted;

  const status = (key: ManagedKey | undefined) => found.keys.find((at) => at.accessKeyId === key?.accessKeyId)?.status;
  const currentWorks = status(keys.current) === "Active";
  if (!wish.rotate && currentWorks) {
    return { steps: [...steps, ...keys.retired.map(deletion("its successor is in use"))] };
  }

  // A current that someone deactivated is not ours to activate; a previous that still works is worth more than it.
  const stays = currentWorks || status(keys.previous) !== "Active" ? (keys.current ?? keys.previous) : keys.previous;
  const leaving = [...keys.retired, ...managedIds(keys).filter((id) => !keys.retired.includes(id))].filter(
    (id) => id !== stays?.accessKeyId,
  );
  const strangers = strangersAmong(found, keys);
  const create: Step = {
    do: "create",
    ...(stays && { previousId: stays.accessKeyId }),
    before: found.keys.map((key) => key.accessKeyId),
    strangers,
  };

  // How many slots an account gives a user is not ours to read. With two keys there may be no free one, so a key that
  // leaves anyway goes first; where none leaves, AWS's answer to CreateAccessKey tells, and changes nothing.
  const first = found.keys.length >= 2 ? leaving.slice(0, 1) : [];
  return {
    steps: [
      ...steps,
      ...first.map(deletion("its slot is needed for the new key")),
      create,
      { do: "tryCurrent" },
      ...leaving.slice(first.length).map(deletion("its successor is in use")),
    ],
  };
}

function deletion(why: string) {
  return (accessKeyId: string): Step => ({ do: "delete", accessKeyId, why });
}

export function strangersAmong(found: Found, keys: ManagedKeys): FoundKey[] {
  const ours = managedIds(keys);
  return found.keys.filter((key) => !ours.includes(key.accessKeyId));
}

interface Sketch {
  keys: ManagedKeys;
  steps: Step[];
}

/** Keys that are recorded and not there any more. All of them, if the user was deleted and made again. */
function forgetLost(recorded: ManagedKeys | undefined, found: Found): Sketch {
  if (!recorded) return { keys: managedKeys(found.userId, undefined, undefined), steps: [] };
  const there = recorded.userId === found.userId ? found.keys.map((key) => key.accessKeyId) : [];
  const lost = managedIds(recorded).filter((id) => !there.includes(id));
  return {
    keys: { ...lost.reduce(without, recorded), userId: found.userId },
    steps: lost.map((accessKeyId) => ({ do: "forget", accessKeyId })),
  };
}

function planAdoption(sketch: Sketch, found: Found, adopt: AdoptedKeys = {}): Sketch | { refusal: Refusal } {
  const ours = managedIds(sketch.keys);
  const [current, previous] = [adopt.current, adopt.previous].map((key) =>
    key && !ours.includes(key.accessKeyId) ? key : undefined,
  );
  const wanted = [current, previous].filter((key) => key !== undefined);
  const missing = wanted.filter((key) => !found.keys.some((at) => at.accessKeyId === key.accessKeyId));
  if (missing.length > 0) return { refusal: notThere(missing, found) };
  const asleep = found.keys.find((key) => key.accessKeyId === current?.accessKeyId && key.status !== "Active");
  if (asleep) {
    return {
      refusal: {
        found: `the key ${asleep.accessKeyId} of \`state.current\` is ${asleep.status}.`,
        todo: "Activate it, or leave `state.current` out: then a new key is made.",
      },
    };
  }

  const createdAt = (id: string) => found.keys.find((at) => at.accessKeyId === id)?.createdAt ?? "";
  const managed = (key: { accessKeyId: string; secretAccessKey?: string }): ManagedKey => ({
    accessKeyId: key.accessKeyId,
    ...(key.secretAccessKey && { secretAccessKey: key.secretAccessKey }),
    createdAt: createdAt(key.accessKeyId),
  });
  const adoption = (key: ManagedKey, as: "current" | "previous"): Step => ({ do: "adopt", key, as });
  const steps: Step[] = wanted
    .map(managed)
    .filter((key) => key.secretAccessKey)
    .map((key) => ({ do: "tryAdopted", key }));
  if (previous) steps.push(adoption(managed(previous), "previous"));
  if (current) steps.push(adoption(managed(current), "current"));
  return {
    keys: steps.reduce((keys, step) => (step.do === "adopt" ? afterAdoption(keys, step) : keys), sketch.keys),
    steps: [...sketch.steps, ...steps],
  };
}

/** An adopted current pushes the one before it to previous, as a rotation would, unless a previous was adopted with it. */
export function afterAdoption(keys: ManagedKeys, step: { key: ManagedKey; as: "current" | "previous" }): ManagedKeys {
  if (step.as === "current") return withCurrent(keys, step.key, (keys.current ?? keys.previous)?.accessKeyId);
  const retired = [...keys.retired, ...(keys.previous ? [keys.previous.accessKeyId] : [])];
  return managedKeys(keys.userId, keys.current, step.key, retired);
}

function notThere(missing: { accessKeyId: string }[], found: Found): Refusal {
  const ids = missing.map((key) => key.accessKeyId).join(" and ");
  return {
    found: `\`state\` names ${ids}, and the user has ${listKeys(found.keys)}.`,
    todo: "Name keys of this user in `state`, or leave it out: then a new key is made.",
  };
}

/** Keys in words: ids, dates and states, never secrets. */
export function listKeys(keys: FoundKey[]): string {
  if (keys.length === 0) return "no access keys";
  return keys.map((key) => `${key.accessKeyId} (${key.status}, made ${key.createdAt})`).join(", ");
}
