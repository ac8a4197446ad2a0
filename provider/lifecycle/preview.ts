import { planRotation } from "../decide/decide";
import type { Drift } from "../decide/drift";
import type { Found, Intent, Step, Wait } from "../decide/plan";
import { guardedIds } from "../decide/retirement";
import type { FoundKey } from "../model/accessKey";
import { after } from "../model/duration";
import type { ManagedKeys } from "../model/managedKeys";

export interface Preview {
  /** What the update will do; `undefined` if no key will be made, adopted or deleted. */
  line?: string;
  /** What is asked for and has to wait. */
  waits: Wait[];
  /** What it does, step by step; absent where it will be refused. */
  steps?: Step[];
  /** Only the update can tell whether a key is in use, and some of it waits. */
  mayWait?: boolean;
}

/** What an update will do, from what is recorded alone: a preview asks AWS nothing. */
export function previewUpdate(recorded: ManagedKeys, drift: Drift, intent: Intent, now: Date): Preview {
  const plan = planRotation(recorded, presumed(recorded, drift, intent), intent, { owner: "", now });
  // What is recorded may be out of date: the update looks, and refuses what it has to.
  if ("refusal" in plan) {
    return {
      line: `by what is recorded, this update will be refused: ${plan.refusal.found} ${plan.refusal.todo}`,
      waits: [],
    };
  }
  const { waits = [] } = plan;
  const ofKind = <K extends Step["do"]>(kind: K) =>
    plan.steps.filter((step): step is Extract<Step, { do: K }> => step.do === kind);
  const [makes] = ofKind("create");
  const adopted = ofKind("adopt");
  const deleted = [...ofKind("makeRoom"), ...ofKind("delete")].map((step) => step.accessKeyId);
  const [deactivates] = ofKind("deactivate");
  const mayWait = guardedIds(plan.steps, recorded, intent).join(" and ");
  const until = makes && after(now.toISOString(), intent.gracePeriod);
  const parts = [
    adopted.length > 0 && `adopts ${adopted.map((step) => `${step.key.accessKeyId} as ${step.as}`).join(" and ")}`,
    makes && "makes a new access key as current",
    makes?.previousId && `keeps ${makes.previousId} valid as previous${until ? ` until ${until}` : ""}`,
    deleted.length > 0 && `deletes ${deleted.join(" and ")}`,
    deactivates && `deactivates ${deactivates.accessKeyId}`,
  ].filter((part) => typeof part === "string");
  const more = { waits, steps: plan.steps, mayWait: mayWait !== "" };
  const takesOver = "this update takes the user over, if another resource rotates it by now (state changed).";
  if (parts.length === 0)
    return {
      ...(intent.takesOver && waits.every(({ what }) => what !== "adoption") && { line: takesOver }),
      ...more,
    };
  const why = makes
    ? (intent.revoke ?? intent.rotate ?? "current no longer works")
    : adopted.length > 0
      ? "state changed"
      : (plan.retires ?? "an earlier run left it");
  const unless = mayWait && ` It waits if ${mayWait} was used within lastUsedGuard (${intent.lastUsedGuard}).`;
  return { line: `this update ${parts.join(", ")} (${why}).${unless}`, ...more };
}

const WAITING = { rotation: "a rotation", adoption: "the adoption", retirement: "the end of an older key" };

export function waitInWords(wait: Wait, { previous, retirement }: ManagedKeys): string {
  const { what, why, because, until, use } = wait;
  const id = previous?.accessKeyId ?? "a key";
  const waits = `${WAITING[what]} (${why}) waits`;
  const later = `It comes by itself, in the first run after that.`;
  switch (because) {
    case "adoption":
      return `${waits} for the next run: this one adopts a key.`;
    case "grace":
      return `${waits} until ${until}: ${id} is in its grace period. ${later}`;
    case "use":
      return `${waits} until ${until}: ${id} was last used ${use?.at} (${use?.service}, ${use?.region}), within lastUsedGuard. Give its user the current key. ${later}`;
    case "asleep":
      return `${id} is asleep: it was deactivated ${retirement?.deactivatedAt ?? "by this resource"}, and ${until ? `the first run after ${until}, or a rotation,` : "the next rotation"} deletes it. If somebody needs it, activate it again.`;
    case "needed":
      return `${waits}: ${id} was deactivated, and somebody activated it again. Give its user the current key, and deactivate it; or change revocationTrigger, which deletes it.`;
  }
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
  const isAsleep = drift.previous || recorded.retirement?.deactivatedAt;
  const asleep = [drift.current && current?.accessKeyId, isAsleep && previous?.accessKeyId];
  const keys = [...new Set(ids)].map((accessKeyId): FoundKey => {
    return { accessKeyId, status: asleep.includes(accessKeyId) ? "Inactive" : "Active", createdAt: "" };
  });
  const use = recorded.retirement?.lastUse;
  return { userId: recorded.userId, arn: "", keys, ...(use && previous && { uses: { [previous.accessKeyId]: use } }) };
}
