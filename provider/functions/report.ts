import type { Pending } from "../model/pending";
import { parseUserArn } from "../model/userArn";

/** What the report tells of one key. */
export interface ReportRow {
  userArn: string;
  currentAccessKeyId?: string | undefined;
  previousAccessKeyId?: string | undefined;
  currentCreatedAt?: string | undefined;
  rotationDueAt?: string | undefined;
  previousUntil?: string | undefined;
  previousDeactivatedAt?: string | undefined;
  pending?: Pending[] | undefined;
  unmanagedAccessKeyIds?: string[] | undefined;
}

/** The table of rotationReport: the key that is due first on top. */
export function reportTable(keys: ReportRow[], now: Date): string {
  const rows = [...keys].sort((a, b) => (a.rotationDueAt ?? LAST).localeCompare(b.rotationDueAt ?? LAST));
  const cells = [HEAD, ...rows.map((row) => cellsOf(row, now))];
  // Where nothing is pending, or unmanaged, there is no such column.
  const kept = HEAD.map((_, column) => column < ALWAYS || cells.slice(1).some((row) => row[column] !== NONE));
  return table(cells.map((row) => row.filter((_, column) => kept[column])));
}

export function isOverdue({ rotationDueAt }: ReportRow, now: Date): boolean {
  return rotationDueAt !== undefined && Date.parse(rotationDueAt) <= now.getTime();
}

const LAST = "9999";
const NONE = "–";
const HEAD = ["User", "Current key", "Made", "Rotation due", "Previous key", "Pending", "Unmanaged"];
const ALWAYS = 5;

function cellsOf(key: ReportRow, now: Date): string[] {
  const { userArn, currentAccessKeyId, previousAccessKeyId, currentCreatedAt, rotationDueAt: due } = key;
  const { pending = [], unmanagedAccessKeyIds = [] } = key;
  return [
    // By mocks a RotatedUser may have no ARN.
    parseUserArn(userArn)?.userName ?? userArn ?? "–",
    // After a refresh that found the current key gone there is none, until the next update has made one.
    currentAccessKeyId ?? "none",
    currentCreatedAt ?? NONE,
    isOverdue(key, now) ? `**due since ${due}**` : (due ?? NONE),
    previousAccessKeyId ? `${previousAccessKeyId} ${lasts(key)}` : NONE,
    pending.map(inShort).join("; ") || NONE,
    unmanagedAccessKeyIds.join(", ") || NONE,
  ];
}

/** The whole sentence stands in `pending`, and in what the last run printed. */
function inShort({ what, because, until, accessKeyId, blocked }: Pending): string {
  const about = [because, accessKeyId, until && `until ${until}`].filter(Boolean).join(" ");
  return `${blocked ? "**blocked**: " : ""}${what} (${about})`;
}

function lasts({ previousUntil: until, previousDeactivatedAt: deactivated }: ReportRow): string {
  if (deactivated) return `deactivated since ${deactivated}`;
  return until ? `until ${until}` : "until the next rotation";
}

/** Columns as wide as their widest cell, so that it reads in a terminal as well. */
function table(rows: string[][]): string {
  const [head = [], ...body] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}
