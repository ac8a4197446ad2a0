import { afterAdoption } from "../decide/adoption";
import { intentOf, unknownIn, unknownPeriods } from "../decide/intent";
import type { Step } from "../decide/plan";
import { previewUpdate } from "../lifecycle/preview";
import { type Outputs, pickInputs, toAnswered, toDrift, toManagedKeys, toOutputs, waiting } from "../lifecycle/state";
import { after } from "../model/duration";
import type { Inputs } from "../model/inputs";
import { type ManagedKeys, managedKeys, withCurrent, without } from "../model/managedKeys";
import { hasUnknowns, isUnknown, UNKNOWN } from "../model/unknowns";
import { waitsFor } from "../model/waitsFor";
import type { Bag } from "./wire";

const FRESH = { accessKeyId: UNKNOWN, secretAccessKey: UNKNOWN, createdAt: UNKNOWN };

/** The outputs of a new resource, as far as a preview can tell. */
export function foreseeCreate(inputs: Inputs, now: Date): Outputs {
  const none = managedKeys({ userId: UNKNOWN, operationId: UNKNOWN });
  if (hasUnknowns(inputs.state)) return anyKeys(toOutputs(inputs, none));
  const { steps = [] } = previewUpdate(none, {}, { ...(inputs.state && { adopt: inputs.state }) }, now);
  return toOutputs(inputs, steps.reduce(afterStep, none));
}

/** The outputs of an update: exact, where the plan is; with unknown keys where only the update can tell. */
export function foreseeUpdate(olds: Bag, inputs: Inputs, now: Date): Bag {
  const recorded = toManagedKeys(olds);
  if ([...unknownIn(inputs), ...unknownPeriods(inputs)].length > 0) return anyEnd(toOutputs(inputs, recorded));
  const intent = intentOf({ olds: pickInputs(olds), answered: toAnswered(olds), news: inputs }, recorded, now);
  const { steps = [], waits, mayWait } = previewUpdate(recorded, toDrift(olds), intent, now);
  if (mayWait) return anyEnd(toOutputs(inputs, recorded));
  const { journalOpen: _, ...closed } = steps.reduce(afterStep, recorded);
  const { lastUse: __, ...retirement } = closed.retirement ?? {};
  const use = waits.find((wait) => wait.use)?.use;
  const keys = managedKeys({ ...closed, retirement: { ...retirement, ...(use && { lastUse: use }) } });
  return waits.length > 0 ? waiting(olds, inputs, keys, waits) : toOutputs(inputs, keys);
}

function afterStep(keys: ManagedKeys, step: Step): ManagedKeys {
  switch (step.do) {
    case "create":
      return withCurrent(keys, FRESH, step.previousId, UNKNOWN);
    case "adopt":
      return afterAdoption(keys, { ...step, key: { ...step.key, createdAt: UNKNOWN }, since: UNKNOWN });
    case "forget":
    case "discard":
    case "makeRoom":
    case "delete":
      return without(keys, step.accessKeyId);
    case "deactivate":
      return { ...keys, retirement: { deactivatedAt: UNKNOWN } };
    case "close":
      return { ...keys, operationId: UNKNOWN };
    default:
      return keys;
  }
}

function anyKeys(outputs: Outputs): Outputs {
  const unknown = ["current", "previous", "currentAccessKeyId", "previousAccessKeyId", "rotatedAt", "previousSince"];
  return { ...outputs, ...Object.fromEntries(unknown.map((name) => [name, UNKNOWN])) };
}

/** What is asked for may have to wait: then it is not recorded as answered, and why is noted. */
function anyEnd({ unfinished: _, ...outputs }: Outputs): Bag {
  const asked = outputs.rotationTrigger !== undefined && { rotationTrigger: UNKNOWN };
  return { ...anyKeys(outputs), ...asked, operationId: UNKNOWN, retirement: UNKNOWN };
}

/** What RotatedAccessKey of TypeScript computes in the program, and other languages' classes can't. */
export function withDates(outputs: Bag, asked: unknown, now: Date): Bag {
  const { rotatedAt, previousSince, previousAccessKeyId, rotateEvery, gracePeriod, retirement } = outputs as Outputs;
  const later = (moment: unknown, period: unknown) => {
    if (!moment || !period) return null;
    return isUnknown(moment) || isUnknown(period) ? UNKNOWN : (after(String(moment), String(period)) ?? null);
  };
  const rotationDueAt = later(rotatedAt, rotateEvery);
  const previousUntil = later(previousAccessKeyId && previousSince, gracePeriod);
  const isAsked = JSON.stringify(asked ?? null) !== JSON.stringify(outputs.rotationTrigger ?? null);
  const known = (value: unknown) => (typeof value === "string" && !isUnknown(value) ? value : undefined);
  const waits = waitsFor(
    {
      isAsked,
      rotationDueAt: known(rotationDueAt),
      previousUntil: known(previousUntil),
      previousAccessKeyId: known(previousAccessKeyId),
      retirement,
    },
    now.toISOString(),
  );
  const mayWait = isAsked || retirement?.activatedAgain || retirement?.lastUse;
  const isOpen = isUnknown(retirement) || (mayWait && [asked, previousAccessKeyId, previousUntil].some(hasUnknowns));
  return { ...outputs, rotationDueAt, previousUntil, waitsFor: isOpen ? UNKNOWN : (waits ?? null) };
}
