import type { FoundKey } from "./accessKey";
import type { Drift } from "./drift";
import type { Reader } from "./journal";
import type { ManagedKeys } from "./managedKeys";
import { planRotation } from "./rotationPlan";
import type { Found, Wish } from "./steps";

/**
 * What an update will do, in one line, from what is recorded alone: a preview asks AWS nothing.
 * @returns `undefined` if no key will be made, adopted or deleted
 */
export function previewLine(recorded: ManagedKeys, drift: Drift, wish: Wish, userArn: string): string | undefined {
  const plan = planRotation(recorded, presumed(recorded, drift, wish), wish, NO_JOURNAL);
  if ("refusal" in plan) return `${userArn}: ${plan.refusal.found} ${plan.refusal.todo}`;
  const makes = plan.steps.find((step) => step.do === "create");
  const deleted = plan.steps.filter((step) => step.do === "delete").map((step) => step.accessKeyId);
  const adopted = plan.steps
    .filter((step) => step.do === "adopt")
    .map((step) => `${step.key.accessKeyId} as ${step.as}`);
  const parts = [
    adopted.length > 0 && `adopts ${adopted.join(" and ")}`,
    makes && "makes a new access key as current",
    makes?.previousId && `keeps ${makes.previousId} valid as previous`,
    deleted.length > 0 && `deletes ${deleted.join(" and ")}`,
  ].filter((part) => typeof part === "string");
  if (parts.length === 0) return undefined;
  const why =
    wish.rotate ??
    (makes ? "current no longer works" : adopted.length > 0 ? "state changed" : "an earlier run left it");
  return `${userArn}: this update ${parts.join(", ")} (${why}).`;
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
