import type { Observed, Refusal } from "../decide/plan";
import { IamError } from "../model/errors";
import type { Iam } from "./dependencies";

/**
 * Asks when keys were last used, before anything is changed. AWS tells a use some minutes late.
 * @returns what was found, with the uses; or a refusal, if AWS may not be asked
 */
export async function askUses(observed: Observed, ids: string[], iam: Iam): Promise<Observed | { refusal: Refusal }> {
  const uses = { ...observed.uses };
  for (const id of ids) {
    try {
      uses[id] = await iam.lastUse(id);
    } catch (error) {
      if (error instanceof IamError && error.kind === "denied") return { refusal: mayNotAsk(id, error) };
      throw error;
    }
  }
  return { ...observed, uses };
}

function mayNotAsk(accessKeyId: string, { action, code }: IamError): Refusal {
  return {
    because: "denied",
    found: `\`lastUsedGuard\` needs to know when ${accessKeyId}, which would go, was last used, and ${action} failed with ${code}.`,
    todo: `Nothing was changed. Allow ${action} on this user (\`rotationPolicy(userArn, { lastUsedGuard: true })\` makes the whole policy document), or leave \`lastUsedGuard\` out; then run again.`,
  };
}
