import type { ManagedKey } from "./accessKey";

/** The keys that are ours, as the state records them: what may be deleted, and nothing else. */
export interface ManagedKeys {
  /** The user's immutable id: a user made again under the same name is another one. */
  userId: string;
  current?: ManagedKey;
  previous?: ManagedKey;
  /** Ids of keys that are neither current nor previous any more, and still have to be deleted. */
  retired: string[];
}

export function managedIds(keys: ManagedKeys): string[] {
  return [keys.current?.accessKeyId, keys.previous?.accessKeyId, ...keys.retired].filter((id) => id !== undefined);
}

/** `undefined` must not reach the engine: what is absent is left out. */
export function managedKeys(
  userId: string,
  current: ManagedKey | undefined,
  previous: ManagedKey | undefined,
  retired: string[] = [],
): ManagedKeys {
  return { userId, ...(current && { current }), ...(previous && { previous }), retired };
}

/** After a key is gone from AWS. */
export function without(keys: ManagedKeys, accessKeyId: string): ManagedKeys {
  const unless = (key: ManagedKey | undefined) => (key?.accessKeyId === accessKeyId ? undefined : key);
  return managedKeys(
    keys.userId,
    unless(keys.current),
    unless(keys.previous),
    keys.retired.filter((id) => id !== accessKeyId),
  );
}

/** After a key has become current: one older key stays as previous, every other one is retired. */
export function withCurrent(keys: ManagedKeys, current: ManagedKey, previousId: string | undefined): ManagedKeys {
  const previous = [keys.current, keys.previous].find((key) => key !== undefined && key.accessKeyId === previousId);
  const stay = [current.accessKeyId, previous?.accessKeyId];
  return managedKeys(
    keys.userId,
    current,
    previous,
    managedIds(keys).filter((id) => !stay.includes(id)),
  );
}
