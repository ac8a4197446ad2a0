import { after } from "./duration";
import type { Iam } from "./iam";
import type { Plan, Refusal, Wish } from "./steps";

/**
 * Looks at the last use of the keys that a plan would delete, before anything is changed. A revocation is not guarded: a
 * leaked key is in use by definition. AWS tells a use some minutes late.
 * @returns a refusal if one of them was used within the guard's time
 */
export async function guardLastUse(plan: Plan, wish: Wish, iam: Iam): Promise<Refusal | undefined> {
  if (!wish.lastUsedGuard || wish.revoke || "refusal" in plan) return undefined;
  for (const step of plan.steps) {
    if (step.do !== "delete") continue;
    const use = await iam.lastUse(step.accessKeyId);
    const free = after(use?.at, wish.lastUsedGuard);
    if (!use || !free || Date.parse(free) <= iam.time().getTime()) continue;
    return {
      found: `${step.accessKeyId}, which would be deleted, was last used ${use.at} (${use.service}, ${use.region}), less than lastUsedGuard (${wish.lastUsedGuard}) ago.`,
      todo: `Nothing was changed. Give its user the current key, and run again after ${free}; or change \`lastUsedGuard\`, or to end all older keys now \`revocationTrigger\`.`,
    };
  }
  return undefined;
}
