import type { Measurement } from "./measurement";
import { figure, table, type Verdict, verdicts } from "./tables";

export interface Context {
  machine: string;
  /** Of the run: a day, as 2026-11-24. */
  date: string;
}

/** What docs/benchmarks.json has of one measurement: all values, so that others can judge for themselves. */
export interface Recorded extends Context {
  title: string;
  text: string;
  rows: Measurement["rows"];
  verdicts: Verdict[];
  notes: string[];
}

/** By the name of the measurement. */
export type Report = Record<string, Recorded>;

export function recorded(measurement: Measurement, context: Context): Recorded {
  const { title, text, rows, notes } = measurement;
  return { ...context, title, text, rows, verdicts: verdicts(measurement), notes };
}

const BEGIN = "<!-- goals: written by npm run bench -- --report -->";
const END = "<!-- end of goals -->";

/**
 * Puts the table of all goals in its place on the page, which is written by hand but for that.
 * @throws Error for a page without a place for it
 */
export function withGoals(page: string, report: Report): string {
  const [before, rest] = page.split(BEGIN);
  const [, after] = (rest ?? "").split(END);
  if (before === undefined || after === undefined) throw new Error(`the page has no "${BEGIN}" and "${END}"`);
  return `${before}${BEGIN}\n\n${goalsTable(report)}\n\n${END}${after}`;
}

function goalsTable(report: Report): string {
  const rows = Object.entries(report).flatMap(([name, { verdicts, date }]) =>
    verdicts
      .filter(({ goal }) => goal !== undefined)
      .map(({ what, unit, median, goal = Number.NaN, met }) => [
        what,
        unit || "ratio",
        figure(median),
        `≤ ${figure(goal)}`,
        met ? "met" : "**missed**",
        `${name}, ${date}`,
      ]),
  );
  return table(["what", "unit", "median", "goal", "", "measured by"], rows);
}
