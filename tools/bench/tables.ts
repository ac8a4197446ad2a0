import { type Measurement, type Ratio, ratiosOf, type Summary, summarize } from "./measurement";

/** What was aimed at, and what came out. */
export interface Verdict extends Summary {
  what: string;
  /** Empty for a ratio. */
  unit: string;
  goal?: number;
  /** Only where there is a goal: whether the median keeps to it. */
  met?: boolean;
}

/** Ratios first, then limits, in the order of the measurement. */
export function verdicts({ ratios, limits }: Measurement): Verdict[] {
  const judge = (what: string, unit: string, values: number[], goal: number | undefined): Verdict => {
    const summary = summarize(values);
    return { what, unit, ...summary, ...(goal !== undefined && { goal, met: summary.median <= goal }) };
  };
  return [
    ...ratios.map((ratio) => judge(ratio.what, "", comparable(ratio), ratio.goal)),
    ...limits.map(({ what, row, goal }) => judge(what, row.unit, row.values, goal)),
  ];
}

/** @throws Error if the rows are not pairs */
function comparable(ratio: Ratio): number[] {
  const { of, over } = ratio;
  if (of.values.length !== over.values.length || of.unit !== over.unit) {
    throw new Error(
      `${ratio.what}: ${of.values.length} ${of.unit} can't be compared with ${over.values.length} ${over.unit}`,
    );
  }
  return ratiosOf(ratio);
}

/** Three digits that count, and all of those before the point. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const options = Math.abs(value) >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 };
  const text = new Intl.NumberFormat("en-US", options).format(value);
  return text === "-0" ? "0" : text;
}

/** What was measured. */
export function valuesTable({ rows }: Measurement): string {
  return table(
    ["", "unit", "median", "min", "max"],
    rows.map(({ what, unit, values }) => {
      const { median, min, max } = summarize(values);
      return [what, unit, figure(median), figure(min), figure(max)];
    }),
  );
}

/** What it was compared with, pair by pair, and the goals; empty if there is neither. */
export function verdictsTable(measurement: Measurement): string {
  const all = verdicts(measurement);
  if (all.length === 0) return "";
  return table(
    ["compared", "unit", "median", "min", "max", "goal", ""],
    all.map(({ what, unit, median, min, max, goal, met }) => [
      what,
      unit || "ratio",
      ...[median, min, max].map(figure),
      goal === undefined ? "" : `≤ ${figure(goal)}`,
      met === undefined ? "" : met ? "met" : "**missed**",
    ]),
  );
}

/** A Markdown table that can be read as text as well: figures to the right, words to the left. */
export function table(header: string[], rows: string[][]): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = header.map((_, i) => Math.max(3, ...cells.map((row) => [...(row[i] ?? "")].length)));
  const isFigure = header.map((name) => ["median", "min", "max", "goal"].includes(name));
  const line = (row: string[]) =>
    `| ${widths.map((width, i) => pad(row[i] ?? "", width, isFigure[i] === true)).join(" | ")} |`;
  const rule = widths.map((width, i) => (isFigure[i] ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
  const [head = [], ...body] = cells;
  return [line(head), `| ${rule.join(" | ")} |`, ...body.map(line)].join("\n");
}

function pad(text: string, width: number, right: boolean): string {
  const space = " ".repeat(Math.max(0, width - [...text].length));
  return right ? space + text : text + space;
}
