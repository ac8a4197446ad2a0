import { inWords } from "./duration";
import type { Retirement } from "./managedKeys";
import { parseUserArn } from "./userArn";

/** What the report tells of one key. */
export interface ReportRow {
  userArn: string;
  currentAccessKeyId?: string | undefined;
  previousAccessKeyId?: string | undefined;
  rotatedAt?: string | undefined;
  rotationDueAt?: string | undefined;
  previousUntil?: string | undefined;
  retirement?: Retirement | undefined;
  waitsFor?: string | undefined;
}

/** The table of rotationReport: the key that is due first on top. */
export function reportTable(keys: ReportRow[], now: Date): string {
  const rows = [...keys].sort((a, b) => (a.rotationDueAt ?? LAST).localeCompare(b.rotationDueAt ?? LAST));
  const cells = [HEAD, ...rows.map((row) => cellsOf(row, now))];
  // Where nothing waits there is no such column.
  return table(keys.some((key) => key.waitsFor) ? cells : cells.map((row) => row.slice(0, -1)));
}

const LAST = "9999";
const HEAD = ["User", "Current key", "Age", "Rotation due", "Previous key", "Waits, because"];

function cellsOf(key: ReportRow, now: Date): string[] {
  const { userArn, currentAccessKeyId, previousAccessKeyId, rotatedAt, rotationDueAt: due, waitsFor } = key;
  const isOverdue = due && Date.parse(due) <= now.getTime();
  return [
    // By mocks a RotatedUser may have no ARN.
    parseUserArn(userArn)?.userName ?? userArn ?? "–",
    // After a refresh that found the current key gone there is none, until the next update has made one.
    currentAccessKeyId ?? "none",
    rotatedAt ? inWords(now.getTime() - Date.parse(rotatedAt)) : "–",
    isOverdue ? `**due since ${due}**` : (due ?? "–"),
    previousAccessKeyId ? `${previousAccessKeyId} ${lasts(key)}` : "–",
    waitsFor ?? "–",
  ];
}

function lasts({ previousUntil: until, retirement }: ReportRow): string {
  if (retirement?.deactivatedAt) return `asleep since ${retirement.deactivatedAt}`;
  return until ? `until ${until}` : "until the next rotation";
}

/** Columns as wide as their widest cell, so that it reads in a terminal as well. */
function table(rows: string[][]): string {
  const [head = [], ...body] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}
