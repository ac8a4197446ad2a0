import assert from "node:assert/strict";
import fc from "fast-check";
import { historyOf, live } from "../support/world/histories";

const SEED = 7;

describe("random histories", function () {
  this.timeout(3_600_000);
  // `npm run test:soak` goes on for as long as it is told; an ordinary run does a fixed number.
  const minutes = Number(process.env.SOAK_MINUTES ?? 0);
  const bound = minutes > 0 ? { interruptAfterTimeLimit: minutes * 60_000 } : {};
  const runs = minutes > 0 ? 1_000_000_000 : Number(process.env.HISTORIES ?? 10_000);

  it(`of ${minutes > 0 ? `${minutes} minutes` : `${runs} accounts`}: no crime, and each comes to rest`, async () => {
    const history = fc.record({ events: historyOf(), slots: fc.constantFrom(2, 2, 3) });
    await fc.assert(
      fc.asyncProperty(history, async ({ events, slots }) => {
        const { crimes } = await live(events, slots);
        assert.deepEqual(crimes, []);
      }),
      // An ordinary run is the same each time; the soak goes where none was before.
      { numRuns: runs, ...(minutes > 0 ? bound : { seed: SEED }) },
    );
  });
});
