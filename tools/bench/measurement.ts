/** One thing that was measured several times in one run. */
export interface Row {
  what: string;
  /** `s`, `MB`, `bytes`, `calls`, … */
  unit: string;
  /** One value a run, in the order in which they were taken: the runs of rows that are compared alternate. */
  values: number[];
}

/** A row against another one of the same measurement, pair by pair. */
export interface Ratio {
  what: string;
  of: Row;
  over: Row;
  /** What the median of the ratios should not exceed. */
  goal?: number;
}

/** A value that should not exceed a limit by itself. */
export interface Limit {
  what: string;
  row: Row;
  goal: number;
}

/** How a cost grows with a size: of each thing that is compared, a row for each size. */
export interface Growth {
  what: string;
  unit: string;
  lines: { name: string; points: { size: number; row: Row }[] }[];
}

/** One question, and its answer in figures. */
export interface Measurement {
  /** Unique, short: what `npm run bench -- NAME` asks for. */
  name: string;
  title: string;
  /** What was run, and how to read it: a sentence or two. */
  text: string;
  rows: Row[];
  ratios: Ratio[];
  limits: Limit[];
  /** What the plot shows instead of all rows. */
  growth?: Growth[];
  /** What was seen beside the figures: where a goal is missed, why. */
  notes: string[];
}

/** A file of this folder exports one, and index.ts lists it. */
export interface Benchmark {
  name: string;
  title: string;
  /** @param log tells what goes on, on stderr */
  run(log: (line: string) => void): Promise<Measurement>;
}

export interface Summary {
  median: number;
  min: number;
  max: number;
}

export function summarize(values: number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/** Pair by pair: what disturbs a run disturbs its neighbour as well. */
export function ratiosOf({ of, over }: Ratio): number[] {
  return of.values.map((value, index) => value / (over.values[index] ?? Number.NaN));
}
