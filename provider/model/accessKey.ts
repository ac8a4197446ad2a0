/** An access key as AWS hands it out: what a program needs to sign requests. */
export interface AccessKeyPair {
  /** The key's id, `AKIA…`. Not a secret. */
  accessKeyId: string;
  /** The key's secret. AWS shows it once, when it makes the key. */
  secretAccessKey: string;
}

/** A key that this package keeps for you. */
export interface RotatedKey extends AccessKeyPair {
  /** When AWS made the key: RFC 3339, UTC, for example `2026-11-23T09:30:00Z`. */
  createdAt: string;
}

/** Credentials to call AWS with. */
export interface Login extends AccessKeyPair {
  /** The session token of temporary credentials. A new one is never a reason to rotate, nor shown as a change. */
  sessionToken?: string;
}

/** A key to adopt whose secret nobody knows any more: it can be phased out, and not be handed on. */
export interface KnownKey {
  /** The key's id, `AKIA…`. Not a secret. */
  accessKeyId: string;
  /** The key's secret. Absent if nobody knows it. */
  secretAccessKey?: string;
}

/** Keys that the user has already. */
export interface AdoptedKeys {
  /** The key in use. Without it the resource makes a new one as `current`. */
  current?: AccessKeyPair;
  /** The older key, deleted at the next rotation. Its secret may be left out. */
  previous?: KnownKey;
}

/** A managed key as the state records it. Only an adopted `previous` can lack its secret. */
export interface ManagedKey extends KnownKey {
  createdAt: string;
}

/** An access key as AWS lists it. */
export interface FoundKey {
  accessKeyId: string;
  status: "Active" | "Inactive" | "Expired";
  createdAt: string;
}

/** When, and where, a key was last used, as AWS tells it. */
export interface LastUse {
  /** When: RFC 3339. */
  at: string;
  /** The service that was called, for example `s3`. */
  service: string;
  /** Its region. */
  region: string;
}

const KEY_ID = /\bA[KS]IA[A-Z0-9]{12,124}\b/g;

/** Ids of access keys, wherever they stand in a value; but in what is pending, which hands out none. */
export function keyIdsIn(value: unknown): string[] {
  if (typeof value === "string") return value.match(KEY_ID) ?? [];
  if (typeof value !== "object" || value === null) return [];
  if ("because" in value && "message" in value) return [];
  return [...new Set(Object.entries(value).flatMap(([name, item]) => [...keyIdsIn(name), ...keyIdsIn(item)]))];
}

/** RFC 3339 in UTC, in whole seconds, which is all that IAM tells. */
export function timestamp(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}

/** Keys in words: ids, dates and states, never secrets. */
export function listKeys(keys: FoundKey[]): string {
  if (keys.length === 0) return "no access keys";
  return keys.map((key) => `${key.accessKeyId} (${key.status}, made ${key.createdAt})`).join(", ");
}
