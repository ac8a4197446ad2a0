import { type AdoptedKeys, type KnownKey, listKeys, type ManagedKey } from "../model/accessKey";
import { type ManagedKeys, managedIds, withCurrent, withPrevious } from "../model/managedKeys";
import type { Found, Refusal, Step } from "./plan";

export interface Adoption {
  keys: ManagedKeys;
  steps: Step[];
}

/** Plans the taking over of keys that exist already. Keys that are ours already are passed over. */
export function planAdoption(
  keys: ManagedKeys,
  found: Found,
  adopt: AdoptedKeys = {},
): Adoption | { refusal: Refusal } {
  const ours = managedIds(keys);
  const [current, previous] = [adopt.current, adopt.previous].map((key): KnownKey | undefined =>
    key && !ours.includes(key.accessKeyId) ? key : undefined,
  );
  const at = (key: KnownKey | undefined) => found.keys.find(({ accessKeyId }) => accessKeyId === key?.accessKeyId);
  const missing = [current, previous].filter((key) => key !== undefined).filter((key) => !at(key));
  if (missing.length > 0) return { refusal: notThere(missing, found) };
  const status = at(current)?.status;
  if (current && status !== "Active") {
    return {
      refusal: {
        found: `the key ${current.accessKeyId} of \`state.current\` is ${status}.`,
        todo: "Activate it, or leave `state.current` out: then a new key is made.",
      },
    };
  }

  const managed = ({ accessKeyId, secretAccessKey }: KnownKey): ManagedKey => ({
    accessKeyId,
    ...(secretAccessKey && { secretAccessKey }),
    createdAt: at({ accessKeyId })?.createdAt ?? "",
  });
  const adoptions: Extract<Step, { do: "adopt" }>[] = [];
  if (previous) adoptions.push({ do: "adopt", key: managed(previous), as: "previous" });
  if (current) adoptions.push({ do: "adopt", key: managed(current), as: "current" });
  const tried = adoptions.map(({ key }) => key).filter((key) => key.secretAccessKey);
  const trials: Step[] = tried.length > 0 ? [{ do: "tryAdopted", keys: tried }] : [];
  return { keys: adoptions.reduce(afterAdoption, keys), steps: [...trials, ...adoptions] };
}

/** An adopted current pushes the one before it to previous, as a rotation would, unless a previous was adopted with it. */
export function afterAdoption(keys: ManagedKeys, step: { key: ManagedKey; as: "current" | "previous" }): ManagedKeys {
  if (step.as === "previous") return withPrevious(keys, step.key);
  return withCurrent(keys, step.key, (keys.current ?? keys.previous)?.accessKeyId);
}

function notThere(missing: KnownKey[], found: Found): Refusal {
  const ids = missing.map((key) => key.accessKeyId).join(" and ");
  return {
    found: `\`state\` names ${ids}, and the user has ${listKeys(found.keys)}.`,
    todo: "Name keys of this user in `state`, or leave it out: then a new key is made.",
  };
}
