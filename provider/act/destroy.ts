import type { Done } from "../decide/apply";
import { planDeletion } from "../decide/deletion";
import { listKeys } from "../model/accessKey";
import { isRecordedUser, type ManagedKeys, managedIds } from "../model/managedKeys";
import type { Dependencies } from "./dependencies";
import { lookTwice, observe, Renamed, whereKeysAre } from "./observe";
import { refused } from "./refused";
import { deciderAt } from "./rotate";
import { runSteps } from "./run";
import { surprisesIn } from "./surprises";

/**
 * Observes, decides, applies, for a resource that goes.
 * @param held ids of keys that other resources of the same program hold
 * @throws RotationError if it is refused, or failed
 */
export async function destroy(
  userArn: string,
  owner: string,
  recorded: ManagedKeys,
  held: string[],
  dependencies: Dependencies,
): Promise<Done[]> {
  const { iam, say } = dependencies;
  const attempted = `Can't delete the access keys of ${userArn}`;
  const look = async () => {
    const observed = await observe(userArn, dependencies);
    const decider = await deciderAt(iam, owner);
    return { observed, decider, plan: observed && planDeletion(recorded, observed, decider, held) };
  };
  const surprises = (seen: Awaited<ReturnType<typeof look>>) => surprisesIn(seen, recorded, dependencies.patience);
  const { observed, plan } = await lookTwice(look, surprises, dependencies);
  if (!observed || !plan || !isRecordedUser(recorded, observed)) {
    const where = await whereKeysAre(attempted, recorded, dependencies);
    if (where) throw new Renamed(attempted, userArn, where, observed);
    const why = observed ? `is another one by now (UserId ${observed.userId})` : "is not there";
    const ids = managedIds(recorded).join(" and ");
    if (ids)
      say(
        `the user of that name ${why}, so nobody could look for ${ids}. If it was renamed, and they are inactive, they are there still.`,
        "warning",
      );
    const { journal, keys = [] } = observed ?? {};
    const unknown = keys.filter((key) => !journal?.strangers.includes(key.accessKeyId));
    if (journal?.phase === "open" && journal.owner === owner && unknown.length > 0)
      say(
        `an operation of this resource was interrupted when it made a key of that user, and there is ${listKeys(unknown)}. Delete what nobody uses.`,
        "warning",
      );
    return [];
  }
  if ("refusal" in plan) throw await refused(attempted, plan.refusal, iam);
  for (const reason of plan.left) say(`keys are left on the user: ${reason}`, "warning");
  const { did, failure } = await runSteps(plan.steps, recorded, { userArn, owner, observed }, dependencies);
  // The keys are gone, which is what was asked for; without the last word the next creation may only ask once more.
  if (failure && !(failure.step.do === "close" && plan.steps.at(-1) === failure.step)) throw failure.cause;
  return did;
}
