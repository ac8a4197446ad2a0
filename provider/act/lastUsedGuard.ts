import type { Plan, Refusal, Wish } from "../decide/plan";
import { after } from "../model/duration";
import { IamError } from "../model/errors";
import type { Iam, LastUse } from "./dependencies";

/**
 * Looks at the last use of the keys that a plan would delete, before anything is changed. A revocation is not guarded,
 * nor what it left to the next run: a leaked key is in use by definition. AWS tells a use some minutes late.
 * @returns a refusal if one of them was used within the guard's time, or if AWS may not be asked
 */
export async function guardLastUse(plan: Plan, wish: Wish, iam: Iam): Promise<Refusal | undefined> {
  if (!wish.lastUsedGuard || wish.revoke || "refusal" in plan) return undefined;
  // What leaves with no new key, end of grace or adoption was given up by an earlier run, which asked if it had to.
  const isLeftover = !wish.retire && !plan.steps.some((step) => step.do === "create" || step.do === "adopt");
  if (isLeftover) return undefined;
  for (const step of plan.steps) {
    if (step.do !== "delete") continue;
    let use: LastUse | undefined;
    try {
      use = await iam.lastUse(step.accessKeyId);
    } catch (error) {
      if (error instanceof IamError && error.kind === "denied") return mayNotAsk(step.accessKeyId, error);
      throw error;
    }
    const free = after(use?.at, wish.lastUsedGuard);
    if (!use || !free || Date.parse(free) <= iam.time().getTime()) continue;
    return {
      found: `${step.accessKeyId}, which would be deleted, was last used ${use.at} (${use.service}, ${use.region}), less than lastUsedGuard (${wish.lastUsedGuard}) ago.`,
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
