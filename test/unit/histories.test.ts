import assert from "node:assert/strict";
import fc from "fast-check";
import { FOUND } from "../harness/world/found";
import { historyOf, live } from "../harness/world/histories";

const SEED = 20261125;

describe("random histories", function () {
  this.timeout(3_600_000);
  // `npm run test:soak` goes on for as long as it is told; an ordinary run does a fixed number.
  const minutes = Number(process.env.SOAK_MINUTES ?? 0);
  const bound = minutes > 0 ? { interruptAfterTimeLimit: minutes * 60_000 } : {};
  const runs = minutes > 0 ? 1_000_000_000 : Number(process.env.HISTORIES ?? 10_000);

  it(`of ${minutes > 0 ? `${minutes} minutes` : `${runs} accounts`}: no crime, each comes to rest, and advice helps`, async () => {
    const history = fc.record({
      events: historyOf(),
      slots: fc.constantFrom(2, 2, 3),
      advice: fc.nat({ max: 3 }),
      twins: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(history, async ({ events, slots, advice, twins }) => {
        const { crimes } = await live(events, slots, advice, twins);
        assert.deepEqual(crimes, []);
      }),
      // An ordinary run is the same each time; the soak goes where none was before.
      { numRuns: runs, ...(minutes > 0 ? bound : { seed: SEED }) },
    );
  });
});

describe("histories that once went wrong", () => {
  for (const { title, events, slots = 2 } of FOUND) {
    it(title, async () => {
      const { crimes } = await live(events, slots, 0);
      assert.deepEqual(crimes, []);
    });
  }
});
