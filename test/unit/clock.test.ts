import assert from "node:assert/strict";
import { poll, systemClock } from "../../provider/act/clock";
import { FakeClock } from "../harness/aws/memoryIam";

describe("waiting", () => {
  /** When it was tried, in milliseconds since the beginning. */
  async function triedAt(limit: number, succeeds = Number.POSITIVE_INFINITY): Promise<[number[], number | undefined]> {
    const clock = new FakeClock();
    const start = clock.time;
    const times: number[] = [];
    const attempt = async () => {
      times.push(clock.time - start);
      return clock.time - start >= succeeds ? times.length : undefined;
    };
    return [times, await poll(clock, limit, attempt, 500, 2_000)];
  }

  it("begins at once, with pauses that grow to the longest one, and a last attempt at the limit", async () => {
    assert.deepEqual(await triedAt(8_000), [[0, 500, 1_500, 3_500, 5_500, 7_500, 8_000], undefined]);
  });
  it("ends with the first value", async () => assert.deepEqual(await triedAt(8_000, 1_000), [[0, 500, 1_500], 3]));
  it("without patience asks once", async () => assert.deepEqual(await triedAt(0), [[0], undefined]));
  it("takes what is false for a value", async () =>
    assert.equal(await poll(new FakeClock(), 9, async () => false), false));
});

describe("the machine's clock", () => {
  it("tells the time, and sleeps for as long as it is told", async () => {
    const before = Date.now();
    await systemClock.sleep(30);
    const now = systemClock.now().getTime();
    assert.ok(now - before >= 25 && now <= Date.now(), `${now - before} ms`);
  });
});
