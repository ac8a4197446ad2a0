import { isOverdue, type ReportRow, reportTable } from "../functions/report";
import { shownNow } from "../lifecycle/foresee";
import { pickInputs, toDrift } from "../lifecycle/record";
import { inputsThatAre } from "../model/inputs";
import { isObject } from "../model/json";
import { isSecret } from "../model/secretValue";

type Props = Record<string, unknown>;

const TYPES = [
  "pulumi-nodejs:dynamic/pulumi-aws-iam-rotator:RotatedAccessKey",
  "aws-iam-rotator:index:RotatedAccessKey",
];
const TRIGGERS = inputsThatAre("trigger");

export interface Report {
  table: string;
  /** What needs somebody, a line each. */
  alarms: string[];
}

/**
 * The report of today, whatever the last run has published.
 * @param exported what `pulumi stack export` prints
 * @throws Error for what is no such text, without a word of it
 */
export function reportOf(exported: string, now: Date): Report {
  const rows = resourcesIn(exported).map((resource) => rowOf(resource, now));
  if (rows.length === 0)
    return { table: "no rotated keys", alarms: ["This stack has no keys of pulumi-aws-iam-rotator."] };
  const alarms = rows.flatMap((row) => [
    ...(row.pending ?? []).filter(({ blocked }) => blocked).map(({ message }) => `${row.userArn}: ${message}`),
    ...(row.currentAccessKeyId && !row.isBroken ? [] : [`${row.userArn}: there is no current key that works.`]),
    ...(isOverdue(row, now) && !isPromised(row)
      ? [`${row.userArn}: a rotation is due since ${row.rotationDueAt}.`]
      : []),
  ]);
  return { table: reportTable(rows, now), alarms };
}

/** A rotation that waits for a grace period comes on its day. One that waits for a key in use may wait for ever. */
function isPromised({ pending = [] }: ReportRow): boolean {
  return pending.some(({ what, because }) => what === "rotation" && because === "grace");
}

function resourcesIn(exported: string): Props[] {
  let state: unknown;
  try {
    state = JSON.parse(exported);
  } catch {
    state = undefined;
  }
  const deployment = isObject(state) ? state.deployment : undefined;
  if (!isObject(deployment))
    throw new Error("The input is no state: pipe the output of `pulumi stack export` into this command.");
  const resources = Array.isArray(deployment.resources) ? deployment.resources.filter(isObject) : [];
  // What is about to be deleted has a successor.
  return resources.filter(({ type, delete: isGoing }) => TYPES.includes(String(type)) && isGoing !== true);
}

/** As a program would see it now: dates and waits follow from today's inputs and time. */
function rowOf({ inputs, outputs }: Props, now: Date): ReportRow & { isBroken: boolean } {
  const [news, olds] = [readable(inputs), readable(outputs)];
  // What is encrypted on either side can't be compared here: it asks for nothing.
  const hidden = TRIGGERS.filter((name) => [inputs, outputs].some((props) => isObject(props) && hides(props[name])));
  for (const name of hidden) for (const props of [news, olds]) delete props[name];
  const key = (id: unknown, createdAt: unknown) => (typeof id === "string" ? { accessKeyId: id, createdAt } : null);
  const recorded: Props = {
    ...olds,
    current: key(olds.currentAccessKeyId, olds.currentCreatedAt),
    previous: key(olds.previousAccessKeyId, ""),
  };
  const today = pickInputs({ ...pickInputs(olds), ...news });
  const { rotationDueAt, previousUntil, pending } = shownNow(recorded, today, now);
  return {
    ...(olds as unknown as ReportRow),
    isBroken: toDrift(olds).current !== undefined,
    rotationDueAt,
    previousUntil,
    pending,
  };
}

/** Without what is absent, and without what is encrypted. */
function readable(props: unknown): Props {
  const given = Object.entries(isObject(props) ? props : {});
  return Object.fromEntries(given.filter(([, value]) => value !== null && !hides(value)));
}

function hides(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return isSecret(value) || Object.values(value).some(hides);
}
