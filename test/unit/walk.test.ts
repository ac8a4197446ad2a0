import assert from "node:assert/strict";
import { type Crime, walk } from "../support/world/walk";

// Beside the random histories, which go far: every history that is short, over the real plan and executor.
describe("every short history", function () {
  this.timeout(7_200_000);
  // `npm run test:soak` goes one event further, which takes about an hour.
  const depth = Number(process.env.WALK_DEPTH ?? 3);

  for (const [slots, events] of [
    [2, depth],
    [3, depth - 1],
  ] as const) {
    it(`of up to ${events} events with ${slots} slots, each fault at each call: no crime, and each comes to rest`, async () => {
      const found: Crime[] = [];
      const { histories, steps, states } = await walk(events, slots, (crime) => found.push(crime));
      console.log(`      ${histories} histories of ${events} events, by ${steps} steps through ${states} states`);
      assert.deepEqual(found.slice(0, 3), [], `${found.length} histories go wrong`);
    });
  }
});
