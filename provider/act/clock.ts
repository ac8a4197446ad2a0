/** Time as a parameter: everything that reads a clock or waits takes one of these. */
export interface Clock {
  now(): Date;
  sleep(milliseconds: number): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/**
 * Calls `attempt` until it returns a value, with growing pauses, until `limit` has passed. The first pauses are short,
 * because most waits end early; the last attempt comes at the limit.
 * @returns the value, or `undefined` when time ran out
 */
export async function poll<T>(
  clock: Clock,
  limit: number,
  attempt: () => Promise<T | undefined>,
  firstPause = 250,
  longestPause = 3_000,
): Promise<T | undefined> {
  const start = clock.now().getTime();
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    const value = await attempt();
    if (value !== undefined) return value;
    const left = limit - (clock.now().getTime() - start);
    if (left <= 0) return undefined;
    await clock.sleep(Math.min(pause, left));
  }
}
