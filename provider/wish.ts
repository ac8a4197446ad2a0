import { after } from "./duration";
import { hasUnknowns, type Inputs, sameValue } from "./inputs";
import { type ManagedKeys, managedIds } from "./managedKeys";
import type { Wish } from "./steps";

/** What the inputs ask for now: by a change of theirs, or because a time has come. */
export function wishFor(olds: Inputs, news: Inputs, keys: ManagedKeys, now: Date): Wish {
  const wish: Wish = {};
  const why = rotationReason(olds, news, keys, now);
  if (why) wish.rotate = why;
  if (isRevoked(olds, news)) wish.revoke = "revocationTrigger changed";
  const over = after(keys.current?.createdAt, news.gracePeriod);
  if (keys.previous && over && isPast(over, now)) wish.retire = `its grace period ended ${over}`;
  if (keys.previous && over && !isPast(over, now)) wish.graceUntil = over;
  if (news.gracePeriod) wish.gracePeriod = news.gracePeriod;
  if (news.lastUsedGuard) wish.lastUsedGuard = news.lastUsedGuard;
  if (news.state && isAdoption(olds, news, keys)) wish.adopt = news.state;
  return wish;
}

function rotationReason(olds: Inputs, news: Inputs, keys: ManagedKeys, now: Date): string | undefined {
  if (!sameValue(olds.rotationTrigger, news.rotationTrigger)) return "rotationTrigger changed";
  const due = after(keys.current?.createdAt, news.rotateEvery);
  return due && isPast(due, now) ? `due since ${due}` : undefined;
}

/** Taking the trigger out of a program is tidying up, and no reason to delete keys at once. */
function isRevoked(olds: Inputs, news: Inputs): boolean {
  return news.revocationTrigger !== undefined && !sameValue(olds.revocationTrigger, news.revocationTrigger);
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
