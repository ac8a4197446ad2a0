import { listKeys } from "../model/accessKey";
import { JOURNAL_TAG, type Journal } from "../model/journal";
import { LONGEST_OPERATION, type Verdict } from "./judge";
import type { Refusal } from "./plan";

type Refused = Extract<Verdict, { refusal: string }>;

/** What the journal's verdict means for the user, and the ways out. */
export function explainVerdict(refused: Refused, owner: string): Refusal {
  return { because: refused.refusal, keys: refused.keys, ...explained(refused, owner) };
}

function explained({ refusal, journal, keys, alsoLost = [] }: Refused, owner: string): Pick<Refusal, "found" | "todo"> {
  const operation = `operation ${journal.operationId} (${journal.kind}, begun ${journal.at})`;
  const ids = keys.map((key) => key.accessKeyId).join(" or ");
  const [made] = alsoLost;
  const first = made ? `delete ${made}, which was made by that operation and whose secret nobody has, and ` : "";
  const adoptOrLeave = `or adopt one with \`state: { previous: { accessKeyId } }\`: a later rotation deletes it, once \`gracePeriod\` is over; or, if it is somebody else's and stays, ${first}remove the tag ${JOURNAL_TAG} from the user, after which no key that this state does not know counts as its own. Then run again.`;
  switch (refusal) {
    case "atWork":
      return {
        found: `another resource is at work on this user: ${operation} is open, by the tag on the user; its owner is ${journal.owner}, here it is ${owner}.`,
        todo: `Nothing was changed. Rotate a user in one place only: let that run end and take this resource out; or if it was killed, run again after ${untilOld(journal)} for what to do.`,
      };
    case "otherOwner":
      return {
        found: `another stack, or a resource in another place, rotates this user's keys: the owner of ${operation} is ${journal.owner}, here it is ${owner}. The user has ${keys.length > 0 ? listKeys(keys) : "no other keys than those recorded here"}.`,
        todo: `Nothing was changed. Rotate a user in one place only. If this resource was renamed or moved below another parent, give it the option \`aliases\` with its old name or parent. To find the other, look for ${journal.owner} in the output of \`pulumi stack export\`; to take the user over from it, name every key of the user in \`state\` (delete what nobody uses, where there are more than two), run again, then take the other resource out of its stack with \`pulumi state delete\`. Where \`state\` named them before, or the other is gone for good, take that one out of its stack, and remove the tag ${JOURNAL_TAG} from the user: then keys that are not recorded here count as not managed.`,
      };
    case "otherInstance":
      return {
        found: `another resource of the same project, stack and name rotates this user's keys: ${operation} is not of the resource that this state holds. It is the same stack in another backend, or a stack that took the name after this one was renamed; or this state is older than a replacement of the resource. The user has ${keys.length > 0 ? listKeys(keys) : "no other keys than those recorded here"}.`,
        todo: `Nothing was changed. Rotate a user in one place only: take the resource out of the other stack with \`pulumi state delete\`, or out of this one. To go on here, name every key of the user in \`state\` (delete what nobody uses, where there are more than two), and run again.`,
      };
    case "handedOut":
      return {
        found: `${listKeys(keys)} ${keys.length > 1 ? "were" : "was"} made and handed out by ${operation} of this resource, and this state does not know ${keys.length > 1 ? "them" : "it"}: the state was lost, restored from a backup or could not be written; or this is a forced replacement; or a stack of the same name, in another backend or before a rename, rotates this user. It may be in use.`,
        todo: `Nothing was changed. If you have its secret, adopt it with \`state: { current: { accessKeyId, secretAccessKey } }\`; if not, replace it where it is used and delete ${ids} once nobody uses it; ${adoptOrLeave}`,
      };
    case "unclear":
      return {
        found: `${operation} of this resource was interrupted in the moment in which it made a key, and there is ${listKeys(keys)}. It may be that key, with a secret that nobody has; or somebody else's.`,
        todo: `Nothing was changed. Delete ${ids} if nobody uses it; ${adoptOrLeave}`,
      };
  }
}

function untilOld({ at }: Journal): string {
  return new Date(Date.parse(at) + LONGEST_OPERATION).toISOString().replace(/\.\d+Z$/, "Z");
}

/** What comes after could be signed by nobody. */
export function signerLeaves(signer: string): Refusal {
  return {
    because: "signer",
    found: `the credentials in use are ${signer}, an access key of this user that would be deleted or deactivated, and no other one that works can sign the rest.`,
    todo: "Nothing was changed. Sign with credentials of another user or role, or with a key of this user that stays; then run again.",
  };
}
