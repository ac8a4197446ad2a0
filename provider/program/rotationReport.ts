import * as pulumi from "@pulumi/pulumi";
import { inWords } from "../model/duration";
import type { Retirement } from "../model/managedKeys";
import { parseUserArn } from "../model/userArn";

/** What the report reads of a RotatedAccessKey or a RotatedUser. */
export interface ReportedKey {
  /** ARN of the user, whose name the table shows. */
  userArn: pulumi.Output<string>;
  /** Id of the key in use. */
  currentAccessKeyId: pulumi.Output<string>;
  /** Id of the key before it, if there is one. */
  previousAccessKeyId: pulumi.Output<string | undefined>;
  /** When the key in use was made: RFC 3339. */
  rotatedAt: pulumi.Output<string>;
  /** When the next rotation is due: RFC 3339. `undefined` if by no date. */
  rotationDueAt: pulumi.Output<string | undefined>;
  /** Until when the key before stays valid: RFC 3339. `undefined` if until the next rotation. */
  previousUntil: pulumi.Output<string | undefined>;
  /** What became of the key before since its grace period ended. */
  retirement?: pulumi.Output<Retirement | undefined>;
  /** Why a rotation, or the end of the key before, waits. `undefined` if nothing waits. */
  waitsFor?: pulumi.Output<string | undefined>;
}

/**
 * A Markdown table of keys, the one that is due first on top: user, key id, age, due date, until when the key before it
 * stays valid, and what waits. Good as a stack's `readme` output, and in a terminal. It holds no secret. Ages are those of
 * the run, so the text changes from day to day.
 *
 * @param keys the keys of a fleet: RotatedAccessKey and RotatedUser alike
 * @param now the time that ages are counted to; default: now
 */
export function rotationReport(keys: ReportedKey[], now: Date = new Date()): pulumi.Output<string> {
  const rows = keys.map((key) =>
    pulumi
      .all([
        key.userArn,
        key.currentAccessKeyId,
        key.previousAccessKeyId,
        key.rotatedAt,
        key.rotationDueAt,
        key.previousUntil,
        key.waitsFor,
        key.retirement,
      ])
      .apply(([userArn, id, previousId, rotatedAt, dueAt, until, waitsFor, retirement]) => ({
        due: dueAt ?? "9999",
        cells: [
          parseUserArn(userArn)?.userName ?? userArn,
          // After a refresh that found the current key gone there is none, until the next update has made one.
          id ?? "none",
          rotatedAt ? inWords(now.getTime() - Date.parse(rotatedAt)) : "–",
          dueAt ? (Date.parse(dueAt) <= now.getTime() ? `**due since ${dueAt}**` : dueAt) : "–",
          previousId ? `${previousId} ${lasts(until, retirement)}` : "–",
          waitsFor ?? "–",
        ],
      })),
  );
  return pulumi.all(rows).apply((all) => {
    const sorted = [HEAD, ...all.sort((a, b) => a.due.localeCompare(b.due)).map(({ cells }) => cells)];
    // Where nothing waits there is no such column.
    const waits = all.some(({ cells }) => cells.at(-1) !== "–");
    return table(waits ? sorted : sorted.map((cells) => cells.slice(0, -1)));
  });
}

function lasts(until: string | undefined, retirement: Retirement | undefined): string {
  if (retirement?.deactivatedAt) return `asleep since ${retirement.deactivatedAt}`;
  return until ? `until ${until}` : "until the next rotation";
}

const HEAD = ["User", "Current key", "Age", "Rotation due", "Previous key", "Waits, because"];

/** Columns as wide as their widest cell, so that it reads in a terminal as well. */
function table(rows: string[][]): string {
  const [head = [], ...body] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}
