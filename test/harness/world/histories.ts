import fc from "fast-check";
import { followAdvice } from "./advice";
import type { Act, Event, RunSpec } from "./events";
import { comesToRest } from "./rest";
import type { Order } from "./schedule";
import { World } from "./world";

const pick = <const T>(...values: T[]) => fc.constantFrom(...values);
const maybe = <T>(value: fc.Arbitrary<T>, freq: number) => fc.option(value, { nil: undefined, freq });
const weighted = <T>(...of: [weight: number, arbitrary: fc.Arbitrary<T>][]) =>
  fc.oneof(...of.map(([weight, arbitrary]) => ({ weight, arbitrary })));
const nth = fc.nat({ max: 2 });

const act = weighted<Act>(
  [3, fc.constant({ do: "addKey" })],
  [3, fc.record({ do: pick("deleteKey", "deactivateKey", "activateKey", "useKey"), nth })],
  [2, fc.record({ do: pick("rename", "renameBack", "move", "removeTag") })],
  [1, fc.record({ do: pick("giveNameAway", "remakeUser") })],
);

const strike = fc.record({
  at: fc.nat({ max: 9 }),
  fault: pick(
    "before",
    "lostReply",
    "killBefore",
    "killAfter",
    "denied",
    "throttled",
    "expired",
    "engineDies",
    "stale",
  ),
});

const policy = fc
  .record({
    gracePeriod: maybe(pick("1h", "3d"), 2),
    deactivatePeriod: maybe(pick("1h", "1d"), 2),
    rotateEvery: maybe(pick("1d", "4d"), 4),
    revocationTrigger: maybe(fc.nat({ max: 1 }), 4),
    lastUsedGuard: maybe(pick("2h", "2d"), 5),
  })
  .map(({ deactivatePeriod, ...rest }) => ({ ...rest, ...(rest.gracePeriod && { deactivatePeriod }) }));

const spec: fc.Arbitrary<RunSpec> = fc.record({
  stack: pick("A", "A", "A", "B"),
  kind: pick("up", "up", "up", "up", "up", "up", "refresh", "destroy", "replace"),
  resources: weighted<RunSpec["resources"]>(
    [6, fc.constant(["one"])],
    [1, fc.constant(["one", "two"])],
    [1, fc.constant(["two"])],
  ),
  trigger: fc.nat({ max: 2 }),
  policy: maybe(policy, 4),
  adopt: maybe(fc.record({ current: maybe(nth, 2), previous: maybe(nth, 2) }), 8),
  strike: maybe(strike, 2),
  another: maybe(strike, 8),
  slow: maybe(pick(10, 90), 6),
  tuned: maybe(pick(0.1, 5), 6),
  signer: maybe(pick("current", "previous"), 10),
  late: maybe(fc.array(pick(0, 5, 20, 60), { minLength: 1, maxLength: 4 }), 6),
  fails: maybe(pick(true), 6),
  skew: maybe(pick(-40, 0.02, 40), 10),
});

const order: fc.Arbitrary<Order> = fc.record({
  turns: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 5 }),
  swaps: fc.array(fc.boolean(), { maxLength: 12 }),
});
const acts = fc.array(fc.record({ step: fc.nat({ max: 14 }), act }), { maxLength: 2 });

const event = weighted<Event>(
  [12, fc.record({ do: pick("runs"), runs: fc.tuple(spec) })],
  [4, fc.record({ do: pick("runs"), runs: fc.array(spec, { minLength: 1, maxLength: 2 }), acts, order })],
  [5, fc.record({ do: pick("act"), act })],
  [2, fc.record({ do: pick("loseState", "backup", "restore"), stack: pick("A", "B") })],
  [1, fc.constant({ do: "follow" })],
  [3, fc.record({ do: pick("wait"), minutes: pick(3, 15, 90, 4_000, 6_000) })],
);

/** One resource and time, and little else: here periods come to their ends. */
const quiet: fc.Arbitrary<Event> = fc
  .record({ spec, policy, minutes: pick(0, 0, 90, 1_500, 6_000) })
  .map(({ spec: { trigger, strike, slow }, policy: periods, minutes }) =>
    minutes > 0
      ? { do: "wait", minutes }
      : { do: "runs", runs: [{ stack: "A", kind: "up", resources: ["one"], trigger, policy: periods, strike, slow }] },
  );

export function historyOf(maxLength = 8): fc.Arbitrary<Event[]> {
  return weighted([4, fc.array(event, { maxLength })], [1, fc.array(quiet, { maxLength })]);
}

/**
 * Lives through a history, and then lets the world come to rest.
 * @param advice whoever is refused then follows the message, and where it gives several ways out, the one of this number
 */
export async function live(
  events: Event[],
  slots: number,
  advice?: number,
  twins = false,
): Promise<{ world: World; crimes: string[] }> {
  const world = new World(slots);
  world.data.twins = twins;
  const { crimes } = world.oracle;
  for (const at of events) {
    await world.run(at);
    if (crimes.length > 0) return { world, crimes };
  }
  const refusing = await comesToRest(world);
  // Of keys that a late read has hidden a message may say too little to lead anywhere at once.
  if (advice !== undefined && !world.hasReadLate && refusing[0] && crimes.length === 0)
    await followAdvice(world, refusing[0], advice);
  if (crimes.length === 0) await comesToRest(world, { rotationTrigger: 9 });
  return { world, crimes };
}
