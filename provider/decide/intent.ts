import { after } from "../model/duration";
import { type ManagedKeys, managedIds } from "../model/managedKeys";
import { hasUnknowns, type Inputs, sameValue } from "./inputs";
import type { Wish } from "./plan";

/** The values of the triggers for which a key was made already. */
export type Served = Pick<Inputs, "rotationTrigger" | "revocationTrigger">;

export interface Change {
  /** As recorded. */
  olds: Inputs;
  /** The triggers that a failed run has answered already. */
  served?: Served | undefined;
  news: Inputs;
}

/** What the inputs ask for now: by a change of theirs, or because a time has come. */
export function wishFor({ olds, served, news }: Change, keys: ManagedKeys, now: Date): Wish {
  const wish: Wish = {};
  const changed = (name: keyof Served) =>
    !sameValue(olds[name], news[name]) && !(served && sameValue(served[name], news[name]));
  const due = after(keys.current?.createdAt, news.rotateEvery);
  if (changed("rotationTrigger")) wish.rotate = "rotationTrigger changed";
  else if (due && isPast(due, now)) wish.rotate = `due since ${due}`;
  // Taking the trigger out of a program is tidying up, and no reason to delete keys at once.
  if (news.revocationTrigger !== undefined && changed("revocationTrigger")) wish.revoke = "revocationTrigger changed";
  const over = after(keys.current?.createdAt, news.gracePeriod);
  if (keys.previous && over && isPast(over, now)) wish.retire = `its grace period ended ${over}`;
  if (keys.previous && over && !isPast(over, now)) wish.graceUntil = over;
  if (news.gracePeriod) wish.gracePeriod = news.gracePeriod;
  if (news.lastUsedGuard) wish.lastUsedGuard = news.lastUsedGuard;
  if (news.state && isAdoption(olds, news, keys)) wish.adopt = news.state;
  return wish;
}

/** Adoption happens once: keys that were adopted, and rotated away since, stay in the program's text. */
function isAdoption(olds: Inputs, news: Inputs, keys: ManagedKeys): boolean {
  const ids = [news.state?.current?.accessKeyId, news.state?.previous?.accessKeyId].filter((id) => id !== undefined);
  const fresh = ids.some((id) => !managedIds(keys).includes(id));
  return fresh && !hasUnknowns(news.state) && !sameValue(olds.state, news.state);
}

function isPast(moment: string, now: Date): boolean {
  return Date.parse(moment) <= now.getTime();
}
