import * as pulumi from "@pulumi/pulumi";
import type { Retirement } from "../model/managedKeys";
import { reportTable } from "../model/report";

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
  const rows = keys.map(
    ({
      userArn,
      currentAccessKeyId,
      previousAccessKeyId,
      rotatedAt,
      rotationDueAt,
      previousUntil,
      retirement,
      waitsFor,
    }) => {
      const dates = { rotatedAt, rotationDueAt, previousUntil };
      return pulumi.output({ userArn, currentAccessKeyId, previousAccessKeyId, ...dates, retirement, waitsFor });
    },
  );
  return pulumi.all(rows).apply((known) => reportTable(known, now));
}
