import { median, type Row } from "./measurement";

/** What docs/benchmarks.json has of one benchmark: all values, so that others can judge for themselves. */
export interface Recorded {
  machine: string;
  /** Of the run: a day, as 2026-11-24. */
  date: string;
  rows: Row[];
}

/** By the name of the benchmark. */
export type Report = Record<string, Recorded>;

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
  const rows = Object.entries(report).flatMap(([name, { rows, date }]) =>
    rows
      .filter(({ goal }) => goal !== undefined)
      .map((row) => [row.what, row.unit, figure(median(row.values)), ...verdict(row), `${name}, ${date}`]),
  );
  const goals = table(["what", "unit", "median", "goal", "", "measured by"], rows);
  return `${before}${BEGIN}\n\n${goals}\n\n${END}${after}`;
}

/** What was measured, and which goals are met. */
export function valuesTable(rows: Row[]): string {
  const cells = rows.map((row) => {
    const figures = [median(row.values), Math.min(...row.values), Math.max(...row.values)].map(figure);
    return [row.what, row.unit, ...figures, ...verdict(row)];
  });
  return table(["", "unit", "median", "min", "max", "goal", ""], cells);
}

function verdict({ values, goal }: Row): string[] {
  return goal === undefined ? ["", ""] : [`≤ ${figure(goal)}`, median(values) <= goal ? "met" : "**missed**"];
}

/** Three digits that count, and all of those before the point. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const options = Math.abs(value) >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 };
  const text = new Intl.NumberFormat("en-US", options).format(value);
  return text === "-0" ? "0" : text;
}

/** A Markdown table that can be read as text as well: figures to the right, words to the left. */
export function table(header: string[], rows: string[][]): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = header.map((_, i) => Math.max(3, ...cells.map((row) => [...(row[i] ?? "")].length)));
  const isFigure = header.map((name) => ["median", "min", "max", "goal"].includes(name));
  const padded = (text: string, i: number) => {
    const space = " ".repeat((widths[i] ?? 0) - [...text].length);
    return isFigure[i] ? space + text : text + space;
  };
  const rule = widths.map((width, i) => (isFigure[i] ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
  const [head = [], ...body] = cells.map((row) => row.map(padded));
  return [head, rule, ...body].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
