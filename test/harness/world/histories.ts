import fc from "fast-check";
import { followAdvice } from "./advice";
import type { Act, Event, RunSpec } from "./events";
import { comesToRest } from "./rest";
import type { Order } from "./schedule";
import { World } from "./world";

const maybe = <T>(value: fc.Arbitrary<T>, freq: number) => fc.option(value, { nil: undefined, freq });
const nth = fc.nat({ max: 2 });

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ do: "addKey" as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("deleteKey" as const, "deactivateKey" as const, "activateKey" as const, "useKey" as const),
      nth,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("rename" as const, "renameBack" as const, "move" as const, "removeTag" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("giveNameAway" as const, "remakeUser" as const) }),
  },
);

const strike = fc.record({
  at: fc.nat({ max: 9 }),
  fault: fc.constantFrom(
    "before" as const,
    "lostReply" as const,
    "killBefore" as const,
    "killAfter" as const,
    "denied" as const,
    "throttled" as const,
    "expired" as const,
    "engineDies" as const,
    "stale" as const,
  ),
});

const policy = fc
  .record({
    gracePeriod: maybe(fc.constantFrom("1h", "3d"), 2),
    deactivatePeriod: maybe(fc.constantFrom("1h", "1d"), 2),
    rotateEvery: maybe(fc.constantFrom("1d", "4d"), 4),
    revocationTrigger: maybe(fc.nat({ max: 1 }), 4),
    lastUsedGuard: maybe(fc.constantFrom("2h", "2d"), 5),
  })
  .map(({ deactivatePeriod, ...rest }) => ({ ...rest, ...(rest.gracePeriod && { deactivatePeriod }) }));

const spec: fc.Arbitrary<RunSpec> = fc.record({
  stack: fc.constantFrom("A" as const, "A" as const, "A" as const, "B" as const),
  kind: fc.constantFrom("up", "up", "up", "up", "up", "up", "refresh", "destroy", "replace") as fc.Arbitrary<
    RunSpec["kind"]
  >,
  resources: fc.oneof(
    { weight: 6, arbitrary: fc.constant(["one"] as RunSpec["resources"]) },
    { weight: 1, arbitrary: fc.constant(["one", "two"] as RunSpec["resources"]) },
    { weight: 1, arbitrary: fc.constant(["two"] as RunSpec["resources"]) },
  ),
  trigger: fc.nat({ max: 2 }),
  policy: maybe(policy, 4),
  adopt: maybe(fc.record({ current: maybe(nth, 2), previous: maybe(nth, 2) }), 8),
  strike: maybe(strike, 2),
  another: maybe(strike, 8),
  slow: maybe(fc.constantFrom(10, 90), 6),
  tuned: maybe(fc.constantFrom(0.1, 5), 6),
  signer: maybe(fc.constantFrom("current" as const, "previous" as const), 10),
  late: maybe(fc.array(fc.constantFrom(0, 5, 20, 60), { minLength: 1, maxLength: 4 }), 6),
  fails: maybe(fc.constant(true as const), 6),
  skew: maybe(fc.constantFrom(-40, 0.02, 40), 10),
});

const order: fc.Arbitrary<Order> = fc.record({
  turns: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 5 }),
  swaps: fc.array(fc.boolean(), { maxLength: 12 }),
});

export const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant("runs" as const), runs: fc.tuple(spec) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("runs" as const),
      runs: fc.array(spec, { minLength: 1, maxLength: 2 }),
      acts: fc.array(fc.record({ step: fc.nat({ max: 14 }), act }), { maxLength: 2 }),
      order,
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("act" as const), act }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("loseState" as const, "backup" as const, "restore" as const),
      stack: fc.constantFrom("A" as const, "B" as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "follow" as const }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("wait" as const), minutes: fc.constantFrom(3, 15, 90, 4_000, 6_000) }),
  },
);

/** One resource and time, and little else: here periods come to their ends. */
const quiet: fc.Arbitrary<Event> = fc
  .record({ spec, policy, minutes: fc.constantFrom(0, 0, 90, 1_500, 6_000) })
  .map(({ spec: { trigger, strike, slow }, policy: periods, minutes }) =>
    minutes > 0
      ? { do: "wait", minutes }
      : { do: "runs", runs: [{ stack: "A", kind: "up", resources: ["one"], trigger, policy: periods, strike, slow }] },
  );

export function historyOf(maxLength = 8): fc.Arbitrary<Event[]> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.array(event, { maxLength }) },
    { weight: 1, arbitrary: fc.array(quiet, { maxLength }) },
  );
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
