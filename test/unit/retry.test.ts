import assert from "node:assert/strict";
import { mock } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Pace, RetryAnything, RetryThrottled } from "../../provider/aws/retry";
import { TokenBucket } from "../harness/aws/bucket";

type ErrorInfo = Parameters<RetryAnything["refreshRetryTokenForRetry"]>[1];
type Token = Parameters<RetryAnything["refreshRetryTokenForRetry"]>[0];

/** What the SDK takes for throttling, as it hands it to the strategy. */
function throttling(name: string): ErrorInfo {
  return { error: Object.assign(new Error(name), { name }) as Error & { cause: Error }, errorType: "THROTTLING" };
}

const BEGIN = Date.parse("2026-11-01T00:00:00Z");

/** In simulated time, so that minutes cost nothing, and nothing depends on how busy the machine is. */
describe("many calls that AWS throttles", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"], now: BEGIN }));
  afterEach(() => mock.timers.reset());

  /** Lets time pass until the work is done. */
  async function pass<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = () => {
      done = true;
    };
    work.then(end, end);
    while (!done) {
      for (let turns = 0; turns < 5; turns++) await turn();
      mock.timers.tick(20);
    }
    return work;
  }

  /** Sends a call as the SDK does, with its strategy between the attempts. */
  async function call(strategy: RetryAnything, send: () => boolean): Promise<void> {
    let token = await strategy.acquireInitialRetryToken("");
    while (!send()) token = await strategy.refreshRetryTokenForRetry(token as Token, throttling("Throttling"));
    strategy.recordSuccess(token as Token);
  }

  it("all succeed, at nearly the pace that AWS allows, and few are sent in vain", async () => {
    const bucket = new TokenBucket(5, 40);
    const pace = new Pace();
    const strategies = [new RetryAnything(pace), new RetryThrottled(pace)] as const;
    const [operations, callsOfEach] = [40, 15];
    const needed = operations * callsOfEach;
    let sent = 0;
    const send = () => {
      sent += 1;
      return bucket.take();
    };
    const operation = async () => {
      for (let calls = 0; calls < callsOfEach; calls++) await call(strategies[calls % 2 ? 1 : 0], send);
    };
    await pass(Promise.all(Array.from({ length: operations }, operation)));
    assert.ok(sent > needed, "there was throttling");
    assert.ok(sent / needed < 1.3, `${sent} sent, ${needed} needed`);
    const [took, allowed] = [(Date.now() - BEGIN) / 1000, bucket.secondsFor(needed)];
    assert.ok(took / allowed < 1.2, `${took} s of simulated time, and AWS allows ${allowed} s`);
  });

  it("go out in the order in which they came", async () => {
    const pace = new Pace();
    const order: number[] = [];
    const calls: Promise<number>[] = [];
    pace.updateClientSendingRate(throttling("Throttling"));
    for (let i = 0; i < 12; i++) {
      calls.push(pace.getSendToken().then(() => order.push(i)));
      await pass(new Promise((done) => setTimeout(done, 300)));
      // Other calls succeed, so the pace quickens: who comes then must not overtake those who wait already.
      pace.updateClientSendingRate({});
    }
    await pass(Promise.all(calls));
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it("do not wait as long as nothing was throttled", async () => {
    const pace = new Pace();
    for (let calls = 0; calls < 1_000; calls++) {
      await pace.getSendToken();
      pace.updateClientSendingRate({});
    }
    assert.equal(Date.now(), BEGIN);
  });

  it("do not wait for a quota either: LimitExceeded is an answer, which the SDK takes for throttling", async () => {
    const told: unknown[] = [];
    const pace = { getSendToken: async () => {}, updateClientSendingRate: (result: unknown) => told.push(result) };
    for (const strategy of [new RetryAnything(pace), new RetryThrottled(pace)]) {
      const token = (await strategy.acquireInitialRetryToken("")) as Token;
      const quota = throttling("LimitExceededException");
      await assert.rejects(pass(strategy.refreshRetryTokenForRetry(token, quota)), /AWS has answered/);
    }
    assert.deepEqual(told, []);
  });
});
