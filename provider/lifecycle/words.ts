// In words: what a run will do to keys, and what it did, by their ids.
import type { Done } from "../decide/apply";
import type { FoundKey } from "../model/accessKey";
import { isUnknown } from "../model/unknowns";

const VERBS = {
  made: "makes",
  adopted: "adopts",
  kept: "keeps",
  deactivated: "deactivates",
  deleted: "deletes",
} as const;

interface About {
  why?: string | undefined;
  /** Until when the key that is kept stays valid. */
  until?: string | undefined;
}

/** What was done. */
export function doneInWords(did: Done[], { why, until }: About): string {
  return `${phrase(did, until, (verb) => verb)}${why ? ` (${why})` : ""}.`;
}

/** What will be. */
export function planInWords(what: "creation" | "update", did: Done[], { why, until }: About): string {
  return `this ${what} ${phrase(did, until, (verb) => VERBS[verb])}${why ? ` (${why})` : ""}.`;
}

function phrase(did: Done[], until: string | undefined, verb: (did: Done["did"]) => string): string {
  const order = Object.keys(VERBS) as Done["did"][];
  const parts = order.flatMap((kind) => {
    const ones = did.filter((one) => one.did === kind);
    if (ones.length === 0) return [];
    const objects = ones.map(({ accessKeyId, as, lost }) => {
      const key = isUnknown(accessKeyId) ? "a new access key" : accessKeyId;
      if (kind === "kept") return `${key} valid as previous${until && !isUnknown(until) ? ` until ${until}` : ""}`;
      return `${key}${as ? ` as ${as}` : ""}${lost ? ", which an interrupted run had made and whose secret nobody has" : ""}`;
    });
    return [`${verb(kind)} ${objects.join(" and ")}`];
  });
  return parts.join(", ");
}

/** What is on the user and not ours is told before the day on which it stands in the way. */
export function unmanagedInWords(keys: FoundKey[]): string {
  const ids = keys.map(({ accessKeyId }) => accessKeyId).join(" and ");
  const takes = keys.length === 1 ? "is unmanaged, and takes" : "are unmanaged, and each takes";
  return `${ids} on this user ${takes} a slot: where all are taken, the next rotation is blocked. Adopt it as \`state.previous\`, or delete it if nobody uses it.`;
}
