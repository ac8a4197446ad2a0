import type { Intent, Refusal, Steps } from "../decide/plan";
import { after } from "../model/duration";
import { IamError } from "../model/errors";
import type { Iam, LastUse } from "./dependencies";

/**
 * Looks at the last use of the keys that a plan would delete, before anything is changed. A revocation is not guarded: a
 * leaked key is in use by definition. AWS tells a use some minutes late.
 * @param retired keys that an earlier run gave up, which asked if it had to
 * @returns a refusal if one of them was used within the guard's time, or if AWS may not be asked
 */
export async function guardLastUse(
  { steps }: Steps,
  retired: string[],
  { lastUsedGuard, revoke }: Intent,
  iam: Iam,
): Promise<Refusal | undefined> {
  if (!lastUsedGuard || revoke) return undefined;
  for (const step of steps) {
    if ((step.do !== "delete" && step.do !== "makeRoom") || retired.includes(step.accessKeyId)) continue;
    let use: LastUse | undefined;
    try {
      use = await iam.lastUse(step.accessKeyId);
    } catch (error) {
      if (error instanceof IamError && error.kind === "denied") return mayNotAsk(step.accessKeyId, error);
      throw error;
    }
    const free = after(use?.at, lastUsedGuard);
    if (!use || !free || Date.parse(free) <= iam.time().getTime()) continue;
    return {
      found: `${step.accessKeyId}, which would be deleted, was last used ${use.at} (${use.service}, ${use.region}), less than lastUsedGuard (${lastUsedGuard}) ago.`,
      todo: `Nothing was changed. Give its user the current key, and run again after ${free}; or change \`lastUsedGuard\`, or to end all older keys now \`revocationTrigger\`.`,
    };
  }
  return undefined;
}

function mayNotAsk(accessKeyId: string, { action, code }: IamError): Refusal {
  return {
    found: `\`lastUsedGuard\` needs to know when ${accessKeyId}, which would be deleted, was last used, and ${action} failed with ${code}.`,
    todo: `Nothing was changed. Allow ${action} on this user (\`rotationPolicy(userArn, { lastUsedGuard: true })\` makes the whole policy document), or leave \`lastUsedGuard\` out; then run again.`,
  };
}
