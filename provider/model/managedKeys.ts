import type { FoundKey, LastUse, ManagedKey } from "./accessKey";

/** The keys that are ours, as the state records them: what may be deleted, and nothing else. */
export interface ManagedKeys {
  /** The user's immutable id: a user made again under the same name is another one. */
  userId: string;
  current?: ManagedKey;
  previous?: ManagedKey;
  /** Since when `previous` is the older key, RFC 3339: its grace period counts from here. */
  previousSince?: string;
  /** What became of `previous` since its grace period ended. */
  fate?: PreviousFate;
  /** Ids of keys that are neither current nor previous any more, and still have to be deleted. */
  toDelete: string[];
  /** The operation that made this state what it is; the journal on the user names it too. */
  operationId?: string;
  /** That operation could not close its journal. */
  journalOpen?: true;
}

/** What became of a `previous` whose time is over. */
export interface PreviousFate {
  /** When it was deactivated here: RFC 3339. */
  deactivatedAt?: string;
  /** Somebody activated it again since: it is needed. */
  activatedAgain?: true;
  /** The use for which it was left alone. */
  lastUse?: LastUse;
}

type Parts = { [Name in keyof ManagedKeys]?: ManagedKeys[Name] | undefined };

/** `undefined` must not reach the engine: what is absent is left out. */
export function managedKeys(parts: Parts): ManagedKeys {
  const { userId = "", current, previous, previousSince, fate, toDelete = [], operationId, journalOpen } = parts;
  return {
    userId,
    ...(current && { current }),
    ...(previous && {
      previous,
      ...(previousSince && { previousSince }),
      ...(fate && Object.keys(fate).length > 0 && { fate }),
    }),
    toDelete,
    ...(operationId && { operationId }),
    ...(journalOpen && { journalOpen }),
  };
}

export function managedIds(keys: ManagedKeys): string[] {
  return [keys.current?.accessKeyId, keys.previous?.accessKeyId, ...keys.toDelete].filter((id) => id !== undefined);
}

/** A user is the one that was recorded by its UserId; or if it has a key of ours, since a key never moves to another user. */
export function isRecordedUser(recorded: ManagedKeys, observed: { userId: string; keys: FoundKey[] }): boolean {
  const ids = managedIds(recorded);
  return recorded.userId === observed.userId || observed.keys.some(({ accessKeyId }) => ids.includes(accessKeyId));
}

/** After a key is gone from AWS. */
export function without(keys: ManagedKeys, accessKeyId: string): ManagedKeys {
  const unless = (key: ManagedKey | undefined) => (key?.accessKeyId === accessKeyId ? undefined : key);
  return managedKeys({
    ...keys,
    current: unless(keys.current),
    previous: unless(keys.previous),
    toDelete: keys.toDelete.filter((id) => id !== accessKeyId),
  });
}

/** After a key has become current: one older key stays as previous, every other one is to be deleted. */
export function withCurrent(
  keys: ManagedKeys,
  current: ManagedKey,
  previousId: string | undefined,
  since: string,
): ManagedKeys {
  const previous = [keys.current, keys.previous].find((key) => key !== undefined && key.accessKeyId === previousId);
  const stay = [current.accessKeyId, previous?.accessKeyId];
  const toDelete = managedIds(keys).filter((id) => !stay.includes(id));
  // The same key that stays previous is what it was.
  const fate = previous === keys.previous ? keys.fate : undefined;
  return managedKeys({ ...keys, current, previous, previousSince: since, fate, toDelete });
}

/** After a key has become previous beside current: the one before it is to be deleted. */
export function withPrevious(keys: ManagedKeys, previous: ManagedKey, since: string): ManagedKeys {
  const toDelete = [...keys.toDelete, ...(keys.previous ? [keys.previous.accessKeyId] : [])];
  return managedKeys({ ...keys, previous, previousSince: since, fate: undefined, toDelete });
}
