import type { Drift } from "../act/drift";
import { planRotation } from "../decide/decide";
import type { Found, Refusal, Wish } from "../decide/plan";
import type { FoundKey } from "../model/accessKey";
import { after } from "../model/duration";
import type { Reader } from "../model/journal";
import type { ManagedKeys } from "../model/managedKeys";

/**
 * What an update will do, in one line, from what is recorded alone: a preview asks AWS nothing.
 * @returns `undefined` if no key will be made, adopted or deleted; a refusal if that is certain already
 */
export function previewUpdate(
  recorded: ManagedKeys,
  drift: Drift,
  wish: Wish,
  now: Date,
): { line: string } | { refusal: Refusal } | undefined {
  const plan = planRotation(recorded, presumed(recorded, drift, wish), wish, NO_JOURNAL);
  if ("refusal" in plan) return plan;
  const makes = plan.steps.find((step) => step.do === "create");
  const deleted = plan.steps.filter((step) => step.do === "delete").map((step) => step.accessKeyId);
  const adopted = plan.steps.filter((step) => step.do === "adopt");
  const until = makes && after(now.toISOString(), wish.gracePeriod);
  const parts = [
    adopted.length > 0 && `adopts ${adopted.map((step) => `${step.key.accessKeyId} as ${step.as}`).join(" and ")}`,
    makes && "makes a new access key as current",
    makes?.previousId && `keeps ${makes.previousId} valid as previous${until ? ` until ${until}` : ""}`,
    deleted.length > 0 && `deletes ${deleted.join(" and ")}`,
  ].filter((part) => typeof part === "string");
  if (parts.length === 0) return undefined;
  return { line: `this update ${parts.join(", ")} (${reason(wish, makes !== undefined, adopted.length > 0)}).` };
}

function reason(wish: Wish, makes: boolean, adopts: boolean): string {
  if (makes) return wish.revoke ?? wish.rotate ?? "current no longer works";
  return adopts ? "state changed" : (wish.retire ?? "an earlier run left it");
}

const NO_JOURNAL: Reader = { owners: [], now: new Date(0), isRunning: () => undefined };

/** The user as the last run or refresh left it, with the keys to adopt there and active. */
function presumed(recorded: ManagedKeys, drift: Drift, wish: Wish): Found {
  const { current, previous, retired } = recorded;
  const ids = [
    ...retired,
    previous?.accessKeyId,
    current?.accessKeyId,
    wish.adopt?.previous?.accessKeyId,
    wish.adopt?.current?.accessKeyId,
  ].filter((id) => id !== undefined);
  const asleep = [drift.current && current?.accessKeyId, drift.previous && previous?.accessKeyId];
  const keys = [...new Set(ids)].map((accessKeyId): FoundKey => {
    return { accessKeyId, status: asleep.includes(accessKeyId) ? "Inactive" : "Active", createdAt: "" };
  });
  return { userId: recorded.userId, arn: "", keys };
}
