import { withHeartbeat } from "../../test/harness/commands";

/** How often everything is measured; `BENCH_RUNS` names another number. */
export const RUNS = Math.max(1, Number(process.env.BENCH_RUNS) || 5);

/**
 * Measures all variants once to warm up, then `runs` times side by side: each round takes every variant, every other
 * round in reverse, so that what drifts on the machine meets all of them.
 * @returns the values of each variant, in the order of the rounds
 */
export async function alternate<T>(
  log: (line: string) => void,
  what: string,
  variants: Record<string, () => Promise<T>>,
  runs = RUNS,
): Promise<Record<string, T[]>> {
  const names = Object.keys(variants);
  const taken: Record<string, T[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round <= runs; round++) {
    const work = async () => {
      for (const name of round % 2 === 0 ? names : [...names].reverse()) {
        const value = await (variants[name] as () => Promise<T>)();
        if (round > 0) taken[name]?.push(value);
      }
    };
    await withHeartbeat(log, `${what}, ${round === 0 ? "warm-up" : `round ${round} of ${runs}`}`, work());
  }
  return taken;
}

/** Seconds that some work takes. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}
