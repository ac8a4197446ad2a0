import { after } from "../model/duration";
import { type Inputs, inputsThatAre } from "../model/inputs";
import { sameValue } from "../model/json";
import { type ManagedKeys, managedIds } from "../model/managedKeys";
import { hasUnknowns } from "../model/unknowns";
import type { Intent } from "./plan";

/** The values of the triggers for which a key was made already. */
export type Triggers = Pick<Inputs, "rotationTrigger" | "revocationTrigger">;

export interface Change {
  /** As recorded. */
  olds: Inputs;
  /** The triggers that a failed run has answered already. */
  answered?: Triggers | undefined;
  news: Inputs;
  /** Ids of the keys that the stack's published outputs name; absent where nobody could look. */
  published?: string[] | undefined;
}

/** What the inputs ask for now: by a change of theirs, or because a time has come. */
export function intentOf({ olds, answered, news, published }: Change, keys: ManagedKeys, now: Date): Intent {
  const intent: Intent = {};
  // What a preview can't know is no change yet.
  const changed = (name: keyof Triggers) =>
    !hasUnknowns(news[name]) &&
    !sameTrigger(olds[name], news[name]) &&
    !(answered && sameTrigger(answered[name], news[name]));
  const due = after(keys.current?.createdAt, news.rotateEvery);
  if (changed("rotationTrigger")) intent.rotate = "rotationTrigger changed";
  else if (due && Date.parse(due) <= now.getTime()) intent.rotate = `due since ${due}`;
  // Taking the trigger out of a program is tidying up, and no reason to delete keys at once.
  if (news.revocationTrigger !== undefined && changed("revocationTrigger")) intent.revoke = "revocationTrigger changed";
  if (news.gracePeriod) intent.gracePeriod = news.gracePeriod;
  if (news.deactivatePeriod) intent.deactivatePeriod = news.deactivatePeriod;
  if (news.lastUsedGuard) intent.lastUsedGuard = news.lastUsedGuard;
  if (published) intent.published = published;
  const isNamed = news.state && !hasUnknowns(news.state) && !sameValue(olds.state, news.state);
  if (isNamed) intent.takesOver = true;
  // Adoption happens once: keys that were adopted, and rotated away since, stay in the program's text.
  const ids = [news.state?.current?.accessKeyId, news.state?.previous?.accessKeyId].filter((id) => id !== undefined);
  if (news.state && isNamed && ids.some((id) => !managedIds(keys).includes(id))) intent.adopt = news.state;
  return intent;
}

/** The trigger as far as a difference in it is one: YAML makes a number of text that looks like one, and other languages don't. */
export function asTrigger(value: unknown): unknown {
  const textual = (_: string, part: unknown) =>
    typeof part === "number" || typeof part === "boolean" ? String(part) : part;
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value), textual);
}

export function sameTrigger(a: unknown, b: unknown): boolean {
  return sameValue(asTrigger(a), asTrigger(b));
}

/** Names of the inputs that may ask for a change of keys, and that a preview can't know yet. */
export function unknownIn(news: Inputs): string[] {
  return ([...inputsThatAre("trigger"), "state"] as const).filter((name) => hasUnknowns(news[name]));
}

/** The same of the inputs that say when: with one of these unknown, nobody can tell what comes. */
export function unknownPeriods(news: Inputs): string[] {
  return inputsThatAre("period").filter((name) => hasUnknowns(news[name]));
}
