import assert from "node:assert/strict";
import type { Event } from "../harness/world/events";
import { type Crime, walk } from "../harness/world/walk";

// Beside the random histories, which go far: every history that is short, over the real plan and executor.
describe("every short history", function () {
  this.timeout(7_200_000);
  // `npm run test:soak` goes one event further.
  const depth = Number(process.env.WALK_DEPTH ?? 2);

  const up = (trigger: number): Event => ({
    do: "runs",
    runs: [
      { stack: "A", kind: "up", resources: ["one"], trigger, policy: { gracePeriod: "1h", deactivatePeriod: "1h" } },
    ],
  });
  const hours: Event = { do: "wait", minutes: 70 };
  for (const [slots, events, title, before] of [
    [2, depth, "", []],
    [3, depth - 1, "", []],
    [2, depth - 1, " once a grace period is over", [up(0), up(1), hours]],
    [2, depth - 1, " once a key is asleep", [up(0), up(1), hours, up(1)]],
    [
      2,
      depth - 1,
      " once a key was activated again",
      [up(0), up(1), hours, up(1), { do: "act", act: { do: "activateKey", nth: 0 } }, hours],
    ],
  ] as [number, number, string, Event[]][]) {
    it(`of up to ${events} events with ${slots} slots${title}, each fault at each call: no crime, and each comes to rest`, async () => {
      const found: Crime[] = [];
      const { histories, steps, states } = await walk(events, slots, (crime) => found.push(crime), before);
      console.log(`      ${histories} histories of ${events} events, by ${steps} steps through ${states} states`);
      assert.deepEqual(found.slice(0, 3), [], `${found.length} histories go wrong`);
    });
  }
});
