import { setTimeout as wait } from "node:timers/promises";

/** In milliseconds. */
export interface Pace {
  /** Between two looks. */
  interval: number;
  /** How long an answer is asked for. */
  limit: number;
  /** How long it is watched after that: AWS has many servers, and they catch up one by one. */
  watch: number;
}

export const PACE: Pace = { interval: 500, limit: 60_000, watch: 10_000 };

export interface Watched {
  /** Seconds from the change to the first answer that was wanted; `undefined` if it did not come. */
  after: number | undefined;
  /** The answers before it, each once. */
  before: string[];
  last: string;
  /** Other answers after it. */
  relapses: string[];
  /** How often it was asked after it. */
  looks: number;
}

/** Asks until the wanted answer comes, and then goes on asking for a while. */
export async function watch(
  ask: () => Promise<string>,
  wanted: string,
  { interval, limit, watch }: Pace,
  signal: AbortSignal,
): Promise<Watched> {
  const start = Date.now();
  const before = new Set<string>();
  let last = await ask();
  while (last !== wanted) {
    before.add(last);
    if (Date.now() - start > limit) return { after: undefined, before: [...before], last, relapses: [], looks: 0 };
    await wait(interval, undefined, { signal });
    last = await ask();
  }
  const came = Date.now();
  const after = (came - start) / 1000;
  const relapses: string[] = [];
  let looks = 0;
  while (Date.now() - came < watch) {
    await wait(interval, undefined, { signal });
    last = await ask();
    looks++;
    if (last !== wanted) relapses.push(last);
  }
  return { after, before: [...before], last, relapses, looks };
}
