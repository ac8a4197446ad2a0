import { planRotation } from "../decide/decide";
import type { Drift } from "../decide/drift";
import type { Found, Intent, Refusal, Step, Wait } from "../decide/plan";
import type { FoundKey } from "../model/accessKey";
import { after } from "../model/duration";
import type { ManagedKeys } from "../model/managedKeys";

export interface Preview {
  /** What the update will do; `undefined` if no key will be made, adopted or deleted. */
  line?: string;
  /** What is asked for and has to wait. */
  waits: string[];
}

/** What an update will do, from what is recorded alone: a preview asks AWS nothing. A refusal if that is certain already. */
export function previewUpdate(
  recorded: ManagedKeys,
  drift: Drift,
  intent: Intent,
  now: Date,
): Preview | { refusal: Refusal } {
  const plan = planRotation(recorded, presumed(recorded, drift, intent), intent, { owner: "", now });
  if ("refusal" in plan) return plan;
  const { waits: waiting = [] } = plan;
  const waits = waiting.map((wait) => waitInWords(wait, recorded));
  const ofKind = <K extends Step["do"]>(kind: K) =>
    plan.steps.filter((step): step is Extract<Step, { do: K }> => step.do === kind);
  const [makes] = ofKind("create");
  const adopted = ofKind("adopt");
  const deleted = [...ofKind("makeRoom"), ...ofKind("delete")].map((step) => step.accessKeyId);
  const until = makes && after(now.toISOString(), intent.gracePeriod);
  const parts = [
    adopted.length > 0 && `adopts ${adopted.map((step) => `${step.key.accessKeyId} as ${step.as}`).join(" and ")}`,
    makes && "makes a new access key as current",
    makes?.previousId && `keeps ${makes.previousId} valid as previous${until ? ` until ${until}` : ""}`,
    deleted.length > 0 && `deletes ${deleted.join(" and ")}`,
  ].filter((part) => typeof part === "string");
  const takesOver = "this update takes the user over, if another resource rotates it by now (state changed).";
  if (parts.length === 0)
    return { ...(intent.takesOver && waiting.every(({ what }) => what !== "adoption") && { line: takesOver }), waits };
  const why = makes
    ? (intent.revoke ?? intent.rotate ?? "current no longer works")
    : adopted.length > 0
      ? "state changed"
      : (plan.retires ?? "an earlier run left it");
  return { line: `this update ${parts.join(", ")} (${why}).`, waits };
}

export function waitInWords({ what, why, until }: Wait, { previous }: ManagedKeys): string {
  if (!until) return `a rotation (${why}) waits for the next run: this one adopts a key.`;
  const which = previous ? `${previous.accessKeyId} is in its grace period` : "a key is in its grace period";
  return `${what === "rotation" ? "a rotation" : "the adoption"} (${why}) waits until ${until}: ${which}. It comes by itself, in the first run after that.`;
}

/** The user as the last run or refresh left it, with the keys to adopt there and active. */
function presumed(recorded: ManagedKeys, drift: Drift, { adopt }: Intent): Found {
  const { current, previous, retired } = recorded;
  const ids = [
    ...retired,
    previous?.accessKeyId,
    current?.accessKeyId,
    adopt?.previous?.accessKeyId,
    adopt?.current?.accessKeyId,
  ].filter((id) => id !== undefined);
  const asleep = [drift.current && current?.accessKeyId, drift.previous && previous?.accessKeyId];
  const keys = [...new Set(ids)].map((accessKeyId): FoundKey => {
    return { accessKeyId, status: asleep.includes(accessKeyId) ? "Inactive" : "Active", createdAt: "" };
  });
  return { userId: recorded.userId, arn: "", keys };
}
