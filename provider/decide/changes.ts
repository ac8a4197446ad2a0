import type { ManagedKey } from "../model/accessKey";
import { type ManagedKeys, managedIds } from "../model/managedKeys";
import { deletion, unknownAmong, works } from "./observedKeys";
import type { Intent, Observed, Step } from "./plan";

interface Circumstances {
  /** What comes next for `previous` without a rotation. */
  retires: { is: "deactivate" | "delete" } | undefined;
  /** Ids of lost keys, which are gone by then. */
  lost: string[];
  /** The key that the saved state calls current: it goes after its successor has been seen to work. */
  inUse: ManagedKey | undefined;
}

const TRY_FIRST: Step = { do: "tryCurrent", required: true };

/**
 * The steps that change something in AWS, in their order, once lost keys are gone.
 *
 * | asked for | current works | previous works | new key | stays as previous | leave |
 * |---|---|---|---|---|---|
 * | nothing | yes | | no | | what is to be deleted already |
 * | retire | yes | | no | | the same, and previous |
 * | deactivate | yes | | no | previous, deactivated | the same |
 * | rotate | yes | | yes | current | all others |
 * | rotate, retire, nothing | no | yes | yes | previous | all others |
 * | rotate, retire, nothing | no | no | yes | current, which is not ours to activate | all others |
 * | revoke | | | yes | none | all |
 */
export function planChanges(
  keys: ManagedKeys,
  observed: Observed,
  intent: Intent,
  circumstances: Circumstances,
): Step[] {
  const { retires, lost, inUse } = circumstances;
  const currentWorks = works(keys.current, observed);
  if (!intent.rotate && !intent.revoke && currentWorks) {
    const last = retires && keys.previous;
    const steps = [
      ...keys.toDelete.map(deletion),
      ...(last ? [{ do: retires.is, accessKeyId: last.accessKeyId }] : []),
    ];
    // Nothing older goes before the key that replaced it has been seen to work.
    return steps.length > 0 ? [TRY_FIRST, ...steps] : [];
  }
  const kept = currentWorks || !works(keys.previous, observed) ? (keys.current ?? keys.previous) : keys.previous;
  const stays = intent.revoke ? undefined : kept;
  // Oldest first.
  const leaving = managedIds(keys)
    .reverse()
    .filter((id) => id !== stays?.accessKeyId);
  const create: Extract<Step, { do: "create" }> = {
    do: "create",
    ...(stays && { previousId: stays.accessKeyId }),
    ...(((stays && stays === keys.previous) || !keys.current) && { mends: true }),
    before: observed.keys.map((key) => key.accessKeyId),
    unmanaged: unknownAmong(observed, keys).filter((key) => !lost.includes(key.accessKeyId)),
  };
  // All of them go, and none before AWS has shown that a new one may be made.
  if (intent.revoke)
    return [{ ...create, ifFull: byUse(inUse, observed, leaving) }, TRY_FIRST, ...leaving.map(deletion)];
  const room = makesRoom(inUse, observed, leaving, lost);
  // Keys to be deleted that are still there may be all that AWS accepts: current is tried before one of them makes room.
  const unproven = room && currentWorks && keys.toDelete.includes(room);
  return [
    ...(unproven ? [TRY_FIRST] : []),
    ...(room ? [{ do: "makeRoom", accessKeyId: room } as const] : []),
    create,
    { do: "tryCurrent" },
    ...leaving.filter((id) => id !== room).map(deletion),
  ];
}

/**
 * How many slots an account gives a user is not ours to read. With two keys there may be no free one, so a key that
 * leaves anyway goes first; where none leaves, AWS's answer to CreateAccessKey tells, and changes nothing.
 */
function makesRoom(inUse: ManagedKey | undefined, observed: Observed, leaving: string[], lost: string[]) {
  if (observed.keys.length - lost.length < 2) return undefined;
  const [first] = byUse(inUse, observed, leaving);
  return first === inUse?.accessKeyId && works(inUse, observed) ? undefined : first;
}

/** In which order keys that leave make room: what works for nobody first, and last the key in use. */
function byUse(inUse: ManagedKey | undefined, observed: Observed, leaving: string[]): string[] {
  const rank = (accessKeyId: string) => {
    if (!works({ accessKeyId, createdAt: "" }, observed)) return 0;
    return accessKeyId === inUse?.accessKeyId ? 2 : 1;
  };
  return [...leaving].sort((a, b) => rank(a) - rank(b));
}
