import { apply, doneBy, FORESEEN } from "../decide/apply";
import { planRotation } from "../decide/decide";
import { type Drift, driftLeft } from "../decide/drift";
import { intentOf, unknownIn, unknownPeriods } from "../decide/intent";
import { blockedBy } from "../decide/pending";
import type { Intent, Observed, Plan, Step } from "../decide/plan";
import { guardedIds } from "../decide/retirement";
import type { FoundKey } from "../model/accessKey";
import { after } from "../model/duration";
import { type Inputs, inputsThatAre } from "../model/inputs";
import { sameValue } from "../model/json";
import { type ManagedKeys, managedIds, managedKeys } from "../model/managedKeys";
import type { Message } from "../model/message";
import { outputsThatAre } from "../model/outputs";
import { isBlocked, type Pending } from "../model/pending";
import { hasUnknowns, UNKNOWN } from "../model/unknowns";
import { type Answer, answer } from "./answer";
import {
  datesOf,
  echo,
  lasting,
  type Notes,
  type Outputs,
  pickInputs,
  stillAnswered,
  toAnswered,
  toDrift,
  toManagedKeys,
  toOutputs,
  toPending,
  toUnmanaged,
} from "./record";
import { planInWords } from "./words";

type Props = Record<string, unknown>;

/** What an update would answer, from what is recorded alone: it asks AWS nothing. */
export interface Foreseen extends Answer {
  outputs: Outputs;
  /** How that differs from what is recorded. `derived`: in dates and words alone, for which nobody has to ask AWS. */
  changes: "none" | "derived" | "work";
}

/** What the inputs of a new resource ask for. */
export function intentOfCreation({ state, deactivatePeriod }: Inputs): Intent {
  return {
    ...(state && { adopt: state, takesOver: true }),
    // Its permission is asked for before there is a key.
    ...(deactivatePeriod && { deactivatePeriod }),
  };
}

/** The answer to a creation. */
export function foreseeCreation(inputs: Inputs, now: Date): Foreseen {
  const none = managedKeys({ userId: UNKNOWN, operationId: UNKNOWN });
  const news = { unmanagedAccessKeyIds: UNKNOWN } as unknown as Props;
  if (hasUnknowns(inputs.state))
    return { ...answer({ ...anyKeys(toOutputs(inputs, none)), ...news }), changes: "work" } as Foreseen;
  const intent = intentOfCreation(inputs);
  const plan = planRotation(undefined, presumed(none, {}, [], intent), intent, { owner: "", now });
  if ("refusal" in plan)
    return { ...answer({ ...anyKeys(toOutputs(inputs, none)), ...news }), changes: "work" } as Foreseen;
  const did = plan.steps.flatMap((step) => doneBy(step, FORESEEN));
  const keys = plan.steps.reduce((so, step) => apply(so, step, FORESEEN), none);
  const text = planInWords("creation", did, { why: inputs.state && "state" });
  const outputs = { ...toOutputs(inputs, keys, { pending: plan.pending }), ...news } as Outputs;
  return { ...answer(outputs, { did, messages: [{ severity: "info", text }] }), outputs, changes: "work" };
}

/** The answer to an update, or to nothing, where nothing changes. */
export function foresee(olds: Props, news: Inputs, now: Date, published?: string[]): Foreseen {
  const recorded = toManagedKeys(olds);
  const drift = toDrift(olds);
  const unmanaged = toUnmanaged(olds);
  const change = { olds: pickInputs(olds), answered: toAnswered(olds), news, published };
  const intent = intentOf(change, recorded, now);
  const observed = presumed(recorded, drift, unmanaged, intent);
  const plan = planRotation(recorded, observed, intent, { owner: "", now });
  const unknown = [...unknownIn(news), ...unknownPeriods(news)];
  const seen = "refusal" in plan ? refusedBy(plan, olds, news) : planned(plan, olds, news, { intent, observed, now });
  // With a period that is not known yet nothing is promised; nor that nothing is due.
  const mayEnd = recorded.previous && (hasUnknowns(news.gracePeriod) || hasUnknowns(news.deactivatePeriod));
  const mayChange = unknownIn(news).length > 0 || hasUnknowns(news.rotateEvery) || mayEnd || seen.did.length > 0;
  if (unknown.length > 0 && mayChange) {
    const text = `this update may change keys: ${unknown.join(" and ")} is not known yet.`;
    return {
      ...seen,
      outputs: anyEnd(seen.outputs, olds, news),
      messages: [{ severity: "info", text }],
      changes: "work",
    };
  }
  return { ...seen, changes: differences(olds, seen.outputs) };
}

type Steps = Exclude<Plan, { refusal: unknown }>;

interface Presumed {
  intent: Intent;
  observed: Observed;
  now: Date;
}

function planned(
  plan: Steps,
  olds: Props,
  news: Inputs,
  { intent, observed, now }: Presumed,
): Omit<Foreseen, "changes"> {
  const recorded = toManagedKeys(olds);
  const { steps, pending, why } = plan;
  const did = steps.flatMap((step) => doneBy(step, FORESEEN));
  const keys = steps.reduce((so, step) => apply(so, step, FORESEEN), recorded);
  // What ended well has closed its journal, and has noted no use but what it waits for.
  const { lastUse: _, ...fate } = keys.fate ?? {};
  const use = pending.some(({ because }) => because === "use") ? recorded.fate?.lastUse : undefined;
  const ended = managedKeys({ ...keys, journalOpen: undefined, fate: { ...fate, ...(use && { lastUse: use }) } });
  const touched = [...managedIds(ended), ...did.map(({ accessKeyId }) => accessKeyId)];
  const unmanaged = toUnmanaged(olds).filter((id) => !touched.includes(id));
  const outputs = updated(olds, news, ended, { pending, unmanaged, drift: driftLeft(ended, observed) });
  const guarded = guardedIds(steps, recorded, intent).join(" and ");
  const makes = steps.find((step) => step.do === "create");
  const until = makes && after(now.toISOString(), intent.gracePeriod);
  const takesOver = intent.takesOver && pending.every(({ what }) => what !== "adoption");
  const line =
    did.length > 0
      ? planInWords("update", did, { why, until })
      : takesOver && "this update takes the user over, if another resource rotates it by now (state changed).";
  const texts = [
    line,
    guarded && `It waits if ${guarded} was used within lastUsedGuard (${intent.lastUsedGuard}).`,
    inTheWay(steps),
    did.length > 0 &&
      toPending(olds)
        .filter(({ blocked, because }) => blocked && !pending.some((now) => now.because === because))
        .map(({ message }) => `The last run could not: ${message}`)
        .join(" "),
  ].filter((text) => typeof text === "string" && text !== "");
  const told: Omit<Message, "severity">[] = [
    ...(texts.length > 0 ? [{ text: texts.join(" ") }] : []),
    ...pending.map(({ message, because }) => ({ text: message, because })),
  ];
  return {
    ...answer(outputs, { did, messages: told.map((one) => ({ severity: "info", ...one })) }),
    outputs: guarded ? anyEnd(outputs, olds, news) : steps.some(isOpenEnded) ? anyPending(outputs) : outputs,
    undone: undoneBy(pending, news),
  };
}

/** A known key that is unmanaged may take the slot that a new one needs. */
function inTheWay(steps: Step[]): string {
  const makes = steps.find((step) => step.do === "create");
  const ids = (makes?.unmanaged ?? []).map(({ accessKeyId }) => accessKeyId);
  const hasRoom = steps.some((step) => step.do === "makeRoom") || (makes?.ifFull ?? []).length > 0;
  if (ids.length === 0 || hasRoom) return "";
  return `It is blocked if an unmanaged key (${ids.join(" and ")}) takes the slot that the new key needs.`;
}

/** What is recorded may be out of date: the update looks, and refuses what it has to. */
function refusedBy(
  { refusal }: Extract<Plan, { refusal: unknown }>,
  olds: Props,
  news: Inputs,
): Omit<Foreseen, "changes"> {
  const { because, found, todo } = refusal;
  const outputs = blockedOutputs(olds, news, blockedBy("adoption", because, found, todo));
  const text = `by what is recorded, this update will be refused: ${found} ${todo}`;
  return { ...answer(outputs, { messages: [{ severity: "warning", text }] }), outputs };
}

/** What an update leaves that ended well, perhaps with something that waits. */
export function updated(olds: Props, news: Inputs, keys: ManagedKeys, notes: Omit<Notes, "answered">): Outputs {
  const undone = undoneBy(notes.pending ?? [], news);
  const answered = undone.includes("rotationTrigger") ? toAnswered(olds) : stillAnswered(olds, news);
  return toOutputs(echo(olds, news, undone), keys, { ...notes, answered });
}

/** What is pending from here on, as the next run would say it: a key deactivated just now, for one. */
export function withDerived(outputs: Outputs, news: Inputs, now: Date): Outputs {
  const next = foresee(outputs, news, now);
  return next.changes === "derived" ? next.outputs : outputs;
}

/** The dates and what is pending as they are now, by today's inputs, without an update. */
export function shownNow(olds: Props, news: Inputs, now: Date, published?: string[]) {
  const seen = foresee(olds, news, now, published);
  if (seen.changes !== "work") return seen.outputs;
  // Work that is left was done by the last run as far as it could: what that has said of it counts, and its keys.
  const { current, previousSince } = toManagedKeys(olds);
  return { ...datesOf(news, current?.createdAt, previousSince), pending: toPending(olds) };
}

/** What is blocked leaves the resource as it was. */
export function blockedOutputs(olds: Props, news: Inputs, pending: Pending): Outputs {
  return toOutputs(echo(olds, news, ALL_UNDONE), toManagedKeys(olds), {
    pending: [pending],
    unmanaged: [...new Set([...toUnmanaged(olds), ...inTheWayBy(pending)])],
    drift: toDrift(olds),
    answered: toAnswered(olds),
  });
}

function inTheWayBy({ because, accessKeyId }: Pending): string[] {
  return because === "unmanagedKey" && accessKeyId ? [accessKeyId] : [];
}

const MAY_WAIT = [...inputsThatAre("trigger"), "state"] as (keyof Inputs)[];
export const ALL_UNDONE: (keyof Inputs)[] = ["userArn", ...MAY_WAIT];

/**
 * What waits is not answered, and asked for again by each run. A revocation that is taken out of the program is no change, and
 * asks for nothing when it is put back.
 */
export function undoneBy(pending: Pending[], { revocationTrigger }: Inputs): (keyof Inputs)[] {
  const waits = (what: Pending["what"]) => pending.some((wait) => wait.what === what);
  return [
    ...(waits("rotation") ? ["rotationTrigger" as const] : []),
    ...(waits("adoption") ? ["state" as const] : []),
    ...(revocationTrigger === undefined ? ["revocationTrigger" as const] : []),
  ];
}

const DERIVED: readonly string[] = [...outputsThatAre("derived"), ...inputsThatAre("period")];

/** What is blocked is tried again by each run: only AWS can tell when that is over. */
function differences(olds: Props, outputs: Outputs): Foreseen["changes"] {
  const { __provider: _, ...recorded } = olds;
  const [before, now] = [lasting(recorded), lasting(outputs)];
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
    (name) => !sameValue(before[name], now[name]),
  );
  if (isBlocked(toPending(olds)) || isBlocked(toPending(outputs))) return "work";
  if (names.some((name) => !DERIVED.includes(name))) return "work";
  return names.length > 0 ? "derived" : "none";
}

/** What is on the user, by what is recorded. */
function presumed(recorded: ManagedKeys, drift: Drift, unmanaged: string[], { adopt }: Intent): Observed {
  const { current, previous, toDelete, fate } = recorded;
  const ids = [
    ...unmanaged,
    ...toDelete,
    previous?.accessKeyId,
    current?.accessKeyId,
    adopt?.previous?.accessKeyId,
    adopt?.current?.accessKeyId,
  ].filter((id) => id !== undefined);
  const statusOf = (id: string): FoundKey["status"] => {
    const isPrevious = id === previous?.accessKeyId;
    const seen = isPrevious ? (drift.previous ?? (fate?.deactivatedAt ? "Inactive" : undefined)) : undefined;
    const status = id === current?.accessKeyId ? drift.current : seen;
    return status === undefined || status === "deleted" || status === "none" ? "Active" : status;
  };
  const keys = [...new Set(ids)].map((accessKeyId): FoundKey => {
    return { accessKeyId, status: statusOf(accessKeyId), createdAt: UNKNOWN };
  });
  const use = fate?.lastUse;
  return { userId: recorded.userId, arn: "", keys, ...(use && previous && { uses: { [previous.accessKeyId]: use } }) };
}

/** Only the update can tell until when a deactivated key stays, and whether an adopted current is due. */
function isOpenEnded(step: Step): boolean {
  return step.do === "deactivate" || (step.do === "adopt" && step.as === "current");
}

function anyPending(outputs: Outputs): Outputs {
  return { ...outputs, pending: UNKNOWN } as unknown as Outputs;
}

function anyKeys(outputs: Outputs): Outputs {
  const names = [
    "current",
    "previous",
    "currentAccessKeyId",
    "previousAccessKeyId",
    "currentCreatedAt",
    "previousSince",
    "rotationDueAt",
    "previousUntil",
  ];
  return { ...outputs, ...Object.fromEntries(names.map((name) => [name, UNKNOWN])) };
}

/** What is asked for may have to wait: then it is recorded as it was before, and why is noted. */
function anyEnd({ unfinished: _, ...outputs }: Outputs, olds: Props, news: Inputs): Outputs {
  const before = pickInputs(olds);
  const differ = MAY_WAIT.filter((name) => !sameValue(before[name], news[name]) && !undoneBy([], news).includes(name));
  const noted = outputs.answered || olds.answered ? ["answered"] : [];
  const names = ["operationId", "previousFate", "previousDeactivatedAt", "pending", "unmanagedAccessKeyIds", "drift"];
  const open = Object.fromEntries([...differ, ...noted, ...names].map((name) => [name, UNKNOWN]));
  return { ...anyKeys(outputs as Outputs), ...open } as unknown as Outputs;
}
