import { hasUnknowns, type Inputs, sameValue } from "./inputs";
import { type ManagedKeys, managedIds } from "./managedKeys";
import type { Wish } from "./steps";

/** What a change of the inputs asks for. */
export function wishFor(olds: Inputs, news: Inputs, keys: ManagedKeys): Wish {
  const wish: Wish = {};
  if (!sameValue(olds.rotationTrigger, news.rotationTrigger)) wish.rotate = "rotationTrigger changed";
  const ids = [news.state?.current?.accessKeyId, news.state?.previous?.accessKeyId].filter((id) => id !== undefined);
  const fresh = ids.some((id) => !managedIds(keys).includes(id));
  // Adoption happens once: keys that were adopted, and rotated away since, stay in the program's text.
  if (news.state && fresh && !hasUnknowns(news.state) && !sameValue(olds.state, news.state)) wish.adopt = news.state;
  return wish;
}
