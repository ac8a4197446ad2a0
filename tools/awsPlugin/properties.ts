import { isDeepStrictEqual } from "node:util";
import type { Bag } from "./standIn";

/** What a user is made from: the inputs of `aws:iam/user:User`. */
export interface UserProperties {
  name: string;
  path: string;
  forceDestroy: boolean;
  permissionsBoundary?: string;
  tags?: Record<string, string>;
}

/** How the engine marks a secret on the wire. */
export const SECRET = "4dabf18193072939515e22adb298388d";
const DEFAULTS: Bag = { path: "/", forceDestroy: false };

/** Fills in what is absent; a name that was made up before stays. */
export function withDefaults(urn: string, olds: Bag, news: Bag, suffix: () => string): Bag {
  const given = Object.fromEntries(Object.entries(news).filter(([, value]) => value !== undefined && value !== null));
  const stem = `${urn.slice(urn.lastIndexOf("::") + 2)}-`;
  const before = String(userProperties(olds).name);
  const wasMadeUp = before.startsWith(stem) && /^[0-9a-f]{7}$/.test(before.slice(stem.length));
  return { ...DEFAULTS, name: wasMadeUp ? before : stem + suffix(), ...given };
}

export function isChanged(outputs: Bag, inputs: Bag): boolean {
  return !isDeepStrictEqual(comparable(outputs), comparable(inputs));
}

/** To the user no tags and an empty set of tags are the same. */
function comparable(bag: Bag): Bag {
  const { name, path, forceDestroy, permissionsBoundary, tags } = userProperties(bag);
  return { name, path, forceDestroy, permissionsBoundary: permissionsBoundary ?? "", tags: tags ?? {} };
}

export function userProperties(bag: Bag): UserProperties {
  return { ...DEFAULTS, ...(withoutSecretMarks(bag) as Bag) } as unknown as UserProperties;
}

/** What AWS told, with the marks of secrets that the state has at the same values. */
export function withMarksOf(olds: Bag, found: Bag): Bag {
  const marked = ([key, value]: [string, unknown]) => {
    return [key, isDeepStrictEqual(withoutSecretMarks(olds[key]), value) ? olds[key] : value];
  };
  return Object.fromEntries(Object.entries(found).map(marked));
}

/** The engine marks a secret by wrapping its value: state must keep the mark, AWS wants the value. */
export function withoutSecretMarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecretMarks);
  if (typeof value !== "object" || value === null) return value;
  if (SECRET in value) return withoutSecretMarks((value as Bag).value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecretMarks(inner)]));
}
