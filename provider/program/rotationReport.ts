import * as pulumi from "@pulumi/pulumi";
import { reportTable } from "../functions/report";
import type { Pending } from "../model/pending";

/** What the report reads of a RotatedAccessKey or a RotatedUser. */
export interface ReportedKey {
  /** ARN of the user, whose name the table shows. */
  userArn: pulumi.Output<string>;
  /** Id of the key in use. */
  currentAccessKeyId: pulumi.Output<string>;
  /** Id of the key before it, if there is one. */
  previousAccessKeyId: pulumi.Output<string | undefined>;
  /** When AWS made the key in use: RFC 3339. */
  currentCreatedAt: pulumi.Output<string>;
  /** When the next rotation is due: RFC 3339. Absent if by no date. */
  rotationDueAt: pulumi.Output<string | undefined>;
  /** Until when the key before stays valid: RFC 3339. Absent if until the next rotation. */
  previousUntil: pulumi.Output<string | undefined>;
  /** Since when the key before is deactivated by the rotation: RFC 3339. */
  previousDeactivatedAt?: pulumi.Output<string | undefined>;
  /** What is asked for or due and has not happened. */
  pending?: pulumi.Output<Pending[]>;
  /** Ids of the unmanaged keys on the user. */
  unmanagedAccessKeyIds?: pulumi.Output<string[]>;
}

/**
 * A Markdown table of keys, the one that is due first on top: user, key id, when it was made, due date, until when the key
 * before it stays valid, what is pending, and unmanaged keys. Good as a stack's `readme` output, and in a terminal. It holds no
 * secret, and changes only with what it tells.
 *
 * @param keys the keys of a fleet: RotatedAccessKey and RotatedUser alike
 * @param now the time by which a rotation is overdue; default: now
 */
export function rotationReport(keys: ReportedKey[], now: Date = new Date()): pulumi.Output<string> {
  const rows = keys.map((key) =>
    pulumi.output({
      userArn: key.userArn,
      currentAccessKeyId: key.currentAccessKeyId,
      previousAccessKeyId: key.previousAccessKeyId,
      currentCreatedAt: key.currentCreatedAt,
      rotationDueAt: key.rotationDueAt,
      previousUntil: key.previousUntil,
      previousDeactivatedAt: key.previousDeactivatedAt,
      pending: key.pending,
      unmanagedAccessKeyIds: key.unmanagedAccessKeyIds,
    }),
  );
  return pulumi.all(rows).apply((known) => reportTable(known, now));
}
