import { listKeys } from "../model/accessKey";
import type { Verdict } from "../model/journal";
import type { Refusal } from "./plan";

type Refused = Extract<Verdict, { refusal: string }>;

/** What the journal's verdict means for the user, and the ways out. */
export function explainVerdict({ refusal, journal, keys, until, elsewhere }: Refused, owner: string): Refusal {
  const operation = `operation ${journal.operationId} (${journal.kind}, begun ${journal.at})`;
  const ids = keys.map((key) => key.accessKeyId).join(" or ");
  switch (refusal) {
    case "running":
      return {
        found: `${operation} of this resource has not ended, by the tag on the user, and ${elsewhere ? "ran on another machine" : "its process still runs"}.`,
        todo: `Let it end, then run again; or if it was killed, run again after ${until?.toISOString()}: then what it left is cleaned up.`,
      };
    case "handedOut":
      return {
        found: `${listKeys(keys)} was made and handed out by ${operation} of this resource, and this state does not know it: the state was lost, restored from a backup or could not be written, or this is a forced replacement. It may be in use.`,
        todo: `Nothing was changed. If you have its secret, adopt it with \`state: { current: { accessKeyId, secretAccessKey } }\`; if not, replace it where it is used and adopt it with \`state: { previous: { accessKeyId } }\`, which phases it out; or delete ${ids} once nobody uses it. Then run again.`,
        keys,
      };
    case "otherOwner":
      return {
        found: `another stack, or a resource of another name, rotates this user's keys: the owner of ${operation} is ${journal.owner}, here it is ${owner}. The user has ${keys.length > 0 ? listKeys(keys) : "no other keys than those recorded here"}.`,
        todo: "Nothing was changed. Rotate a user in one place only. If this resource was renamed, give it an alias of its old name; to take the user over, adopt its keys with `state`, then destroy the other resource, which leaves adopted keys alone. Then run again.",
        keys,
      };
    case "severalLost":
      return {
        found: `${operation} of this resource was interrupted, and since then there are ${listKeys(keys)}. One may be of that operation, its secret lost; another was made by somebody else.`,
        todo: `Nothing was changed. Delete ${ids} where nobody uses it, or adopt one with \`state: { previous: { accessKeyId } }\`. Then run again.`,
        keys,
        journal: { ...journal, phase: "void" },
      };
  }
}
