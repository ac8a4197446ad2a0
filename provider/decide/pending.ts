// In words: what is asked for or due, and does not happen in this run.
import type { LastUse } from "../model/accessKey";
import type { ManagedKeys } from "../model/managedKeys";
import type { Pending } from "../model/pending";

/** Something that is asked for, and not done by a plan. */
export interface Wait {
  what: Pending["what"];
  /** Why it is asked for, in words. */
  why: string;
  because: "grace" | "use" | "deactivated" | "activatedAgain" | "adoption" | "unpublished";
  /** RFC 3339; absent where nobody can know. */
  until?: string;
  use?: LastUse;
}

const WAITING = { rotation: "a rotation", adoption: "the adoption", retirement: "the end of an older key" };

export function pendingOf(wait: Wait, keys: ManagedKeys): Pending {
  const { what, because, until } = wait;
  const accessKeyId = because === "adoption" ? undefined : keys.previous?.accessKeyId;
  return {
    what,
    because,
    message: sentence(wait, keys),
    ...(until && { until }),
    ...(accessKeyId && { accessKeyId }),
    ...((because === "activatedAgain" || because === "unpublished") && { blocked: true }),
  };
}

function sentence({ what, why, because, until, use }: Wait, { current, previous, fate }: ManagedKeys): string {
  const id = previous?.accessKeyId ?? "a key";
  const waits = `${WAITING[what]} (${why}) waits`;
  const later = "It comes by itself, in the first run after that.";
  switch (because) {
    case "adoption":
      return `${waits} for the next run: this one adopts a key.`;
    case "grace":
      return `${waits} until ${until}: ${id} is in its grace period. ${later}`;
    case "use":
      return `${waits} until ${until}: ${id} was last used ${use?.at} (${use?.service}, ${use?.region}), within lastUsedGuard. Give its user the current key. ${later}`;
    case "deactivated":
      return `${id} was deactivated ${fate?.deactivatedAt ?? "by this resource"}: ${until ? `the first run after ${until}, or a rotation,` : "the next rotation"} deletes it. If somebody needs it, activate it again.`;
    case "activatedAgain":
      return `${waits}: ${id} was deactivated, and somebody activated it again. Give its user the current key, and deactivate it; or change revocationTrigger, which deletes it.`;
    case "unpublished":
      return `${waits}: the outputs that this stack has published still name ${id}, and not ${current?.accessKeyId}, which replaced it, so whoever reads them may have nothing else. Mend what makes the runs of this stack fail, and export the current key wherever an older one is exported: the first run that publishes ${current?.accessKeyId} has ${id} begin its grace period anew.`;
  }
}

/** What is blocked by a refusal: why, and the ways out. */
export function blockedBy(
  what: Pending["what"],
  because: Pending["because"],
  found: string,
  todo: string,
  accessKeyId?: string,
): Pending {
  const message = `${WAITING[what]} is blocked: ${found} ${todo}`;
  return { what, because, message, ...(accessKeyId && { accessKeyId }), blocked: true };
}
