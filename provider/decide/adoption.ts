import {
  type AdoptedKeys,
  type FoundKey,
  type KnownKey,
  listKeys,
  type ManagedKey,
  timestamp,
} from "../model/accessKey";
import { type ManagedKeys, managedIds } from "../model/managedKeys";
import { apply, FORESEEN } from "./apply";
import type { Refusal, Step } from "./plan";

type Adopt = Extract<Step, { do: "adopt" }>;

export interface Adoption {
  keys: ManagedKeys;
  /** Before anything is changed. */
  trials: Step[];
  adopts: Adopt[];
}

/** Plans the taking over of keys that exist already. Keys that are ours already are passed over. */
export function planAdoption(
  keys: ManagedKeys,
  found: FoundKey[],
  now: Date,
  adopt: AdoptedKeys = {},
): Adoption | { refusal: Refusal } {
  const ours = managedIds(keys);
  const [current, previous] = [adopt.current, adopt.previous].map((key): KnownKey | undefined =>
    key && !ours.includes(key.accessKeyId) ? key : undefined,
  );
  const at = (key: KnownKey | undefined) => found.find(({ accessKeyId }) => accessKeyId === key?.accessKeyId);
  const missing = [current, previous].filter((key) => key !== undefined).filter((key) => !at(key));
  if (missing.length > 0) return { refusal: notThere(missing, found) };
  const status = at(current)?.status;
  if (current && status !== "Active") {
    return {
      refusal: {
        because: "state",
        found: `the key ${current.accessKeyId} of \`state.current\` is ${status}.`,
        todo: "Activate it, or leave `state.current` out: then a new key is made.",
      },
    };
  }
  // Two take the places of current and previous: the key in use would have none, and be deleted at once.
  if (current && previous && at(keys.current)) {
    return {
      refusal: {
        because: "state",
        found: `\`state\` names two keys, and ${keys.current?.accessKeyId} is current: it would have to be deleted at once.`,
        todo: `Adopt ${current.accessKeyId} as \`state.current\` alone, and ${keys.current?.accessKeyId} becomes previous; or ${previous.accessKeyId} as \`state.previous\` alone.`,
      },
    };
  }
  // The key beside a broken current is all that works: nothing takes its place before there is another one.
  const isActive = (key: KnownKey | undefined) => at(key)?.status === "Active";
  if (previous && isActive(keys.previous) && !isActive(keys.current)) {
    return {
      refusal: {
        because: "state",
        found: `${keys.previous?.accessKeyId} is previous, and all that works: \`state.previous\` would have it deleted before there is a new key.`,
        todo: `Leave ${previous.accessKeyId} out for now; or, if you have its secret, adopt it as \`state.current\` alone. Delete it, if nobody uses it and there is no room for a new key. Then run again.`,
      },
    };
  }

  const managed = ({ accessKeyId, secretAccessKey }: KnownKey): ManagedKey => ({
    accessKeyId,
    ...(secretAccessKey && { secretAccessKey }),
    createdAt: at({ accessKeyId })?.createdAt ?? "",
  });
  const adopts: Adopt[] = [];
  if (previous) adopts.push({ do: "adopt", key: managed(previous), as: "previous" });
  if (current) adopts.push({ do: "adopt", key: managed(current), as: "current" });
  // AWS accepts no key that is not active, whatever its secret.
  const tried = adopts.map(({ key }) => key).filter((key) => key.secretAccessKey && at(key)?.status === "Active");
  const trials: Step[] = tried.length > 0 ? [{ do: "tryAdopted", keys: tried }] : [];
  return {
    keys: adopts.reduce((so, step) => apply(so, step, { ...FORESEEN, at: timestamp(now) }), keys),
    trials,
    adopts,
  };
}

function notThere(missing: KnownKey[], found: FoundKey[]): Refusal {
  const ids = missing.map((key) => key.accessKeyId).join(" and ");
  return {
    because: "state",
    found: `\`state\` names ${ids}, and the user has ${listKeys(found)}.`,
    todo: "Name keys of this user in `state`, or leave it out: then a new key is made.",
  };
}
