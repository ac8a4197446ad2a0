import { withHeartbeat } from "../../test/harness/commands";

/** How often everything is measured; `BENCH_RUNS` names another number. */
export const RUNS = Math.max(1, Number(process.env.BENCH_RUNS) || 5);

/** One thing that was measured several times in one run. */
export interface Row {
  what: string;
  /** `s`, `bytes`, `calls`, … */
  unit: string;
  /** One value a run, in the order in which they were taken: the runs of rows that are compared alternate. */
  values: number[];
  /** What the median should not exceed. */
  goal?: number;
}

/** One question, and its answer in figures. */
export interface Measurement {
  rows: Row[];
  /** What was seen beside the figures: where a goal is missed, why. */
  notes: string[];
}

/** A file of this folder exports one, and index.ts lists it. */
export interface Benchmark {
  /** Unique, short: what `npm run bench -- NAME` asks for. */
  name: string;
  /** What is run, and how to read it: a sentence or two. */
  text: string;
  /** @param log tells what goes on, on stderr */
  run(log: (line: string) => void): Promise<Measurement>;
}

/** A row against another one, pair by pair: what disturbs a run disturbs its neighbour as well. */
export function ratio(what: string, of: Row, over: Row, goal?: number): Row {
  if (of.values.length !== over.values.length || of.unit !== over.unit) {
    const [left, right] = [of, over].map(({ values, unit }) => `${values.length} ${unit}`);
    throw new Error(`${what}: ${left} can't be compared with ${right}`);
  }
  const values = of.values.map((value, index) => value / (over.values[index] ?? Number.NaN));
  return { what, unit: "ratio", values, ...(goal !== undefined && { goal }) };
}

/** Of none it is NaN, which meets no goal. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/**
 * Measures all variants once to warm up, then `runs` times side by side: each round takes every variant, every other
 * round in reverse, so that what drifts on the machine meets all of them.
 * @returns the values of each variant, in the order of the rounds
 */
export async function alternate<Name extends string>(
  log: (line: string) => void,
  what: string,
  variants: Record<Name, () => Promise<number>>,
  runs = RUNS,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(variants) as Name[];
  const taken = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = 0; round <= runs; round++) {
    const work = async () => {
      for (const name of round % 2 === 0 ? names : [...names].reverse()) {
        const value = await variants[name]();
        if (round > 0) taken[name].push(value);
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
