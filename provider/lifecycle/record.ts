import type { Done } from "../decide/apply";
import type { Drift } from "../decide/drift";
import { asTrigger, sameTrigger, type Triggers } from "../decide/intent";
import type { Login, ManagedKey } from "../model/accessKey";
import { after } from "../model/duration";
import { INPUT_NAMES, type Inputs, inputsThatAre } from "../model/inputs";
import { isObject } from "../model/json";
import { type ManagedKeys, managedKeys, type PreviousFate } from "../model/managedKeys";
import type { Pending } from "../model/pending";
import { isUnknown, UNKNOWN } from "../model/unknowns";

// The shape of what lies in the stack's state. Every released version's shape stays readable: test/fixtures/ keeps one each.

type Props = Record<string, unknown>;

/** The outputs as the state keeps them: every input, the keys, and what the next run needs to know. */
export interface Outputs extends Props {
  userArn: string;
  current?: ManagedKey;
  previous: ManagedKey | null;
  currentAccessKeyId?: string;
  previousAccessKeyId: string | null;
  currentCreatedAt?: string;
  rotationDueAt?: string;
  previousUntil?: string;
  previousDeactivatedAt?: string;
  pending: Pending[];
  unmanagedAccessKeyIds: string[];
  userId: string;
  /** The operation that made this state; the journal on the user names it too. */
  operationId?: string;
  /** Since when `previous` is the older key; absent if that is since `current` was made. */
  previousSince?: string;
  /** What became of `previous` since its grace period ended, beside its deactivation. */
  previousFate?: Omit<PreviousFate, "deactivatedAt">;
  /** What a failed run left, and the next update does. */
  unfinished?: Unfinished;
  /** Triggers that a failed run has answered: the echo of the inputs has the values before it. */
  answered?: Triggers;
  /** What a refresh found different from what this resource left. */
  drift?: Drift;
}

interface Unfinished {
  /** Ids of keys of ours that are still to be deleted. */
  keys?: string[];
  /** The journal on the user does not say yet that the operation has ended. */
  journal?: "open";
}

export interface Notes {
  pending?: Pending[];
  unmanaged?: string[];
  drift?: Drift;
  answered?: Triggers | undefined;
}

export function toOutputs(inputs: Inputs, keys: ManagedKeys, notes: Notes = {}): Outputs {
  const { current, previous, previousSince, fate = {}, toDelete, userId, operationId, journalOpen } = keys;
  const { pending = [], unmanaged = [], drift = {}, answered } = notes;
  const { deactivatedAt, ...previousFate } = fate;
  const unfinished: Unfinished = {
    ...(toDelete.length > 0 && { keys: toDelete }),
    ...(journalOpen && { journal: "open" }),
  };
  return plain({
    ...pickInputs(inputs),
    current,
    // Said even when there is none: to a preview, an output that is absent is unknown, and shows as a change.
    previous: previous ?? null,
    currentAccessKeyId: current?.accessKeyId,
    previousAccessKeyId: previous?.accessKeyId ?? null,
    currentCreatedAt: current?.createdAt,
    ...datesOf(inputs, current?.createdAt, previousSince),
    previousDeactivatedAt: deactivatedAt,
    pending,
    unmanagedAccessKeyIds: unmanaged,
    userId,
    operationId,
    previousSince: previousSince === current?.createdAt && !isUnknown(previousSince) ? undefined : previousSince,
    previousFate: unlessEmpty(previousFate),
    unfinished: unlessEmpty(unfinished),
    answered,
    drift: unlessEmpty(drift),
  }) as Outputs;
}

/** The dates that follow from today's inputs. */
export function datesOf(
  { rotateEvery, gracePeriod }: Pick<Inputs, "rotateEvery" | "gracePeriod">,
  currentCreatedAt: string | undefined,
  previousSince: string | undefined,
) {
  const later = (moment: string | undefined, period: string | undefined) =>
    moment && period && (isUnknown(moment) || isUnknown(period)) ? UNKNOWN : after(moment, period);
  return { rotationDueAt: later(currentCreatedAt, rotateEvery), previousUntil: later(previousSince, gracePeriod) };
}

function unlessEmpty<T extends object>(value: T): T | undefined {
  return Object.keys(value).length > 0 ? value : undefined;
}

/** The recorded keys in the outputs of an earlier run. */
export function toManagedKeys(olds: Props): ManagedKeys {
  const key = (value: unknown) => (isObject(value) ? (value as unknown as ManagedKey) : undefined);
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  const { keys, journal } = isObject(olds.unfinished) ? olds.unfinished : ({} as Props);
  const deactivatedAt = text(olds.previousDeactivatedAt);
  return managedKeys({
    userId: text(olds.userId),
    current: key(olds.current),
    previous: key(olds.previous),
    previousSince: text(olds.previousSince) ?? key(olds.current)?.createdAt,
    fate: { ...(deactivatedAt && { deactivatedAt }), ...(isObject(olds.previousFate) && olds.previousFate) },
    toDelete: Array.isArray(keys) ? keys.map(String) : [],
    operationId: text(olds.operationId),
    journalOpen: journal === "open" || undefined,
  });
}

export function toDrift(olds: Props): Drift {
  return isObject(olds.drift) ? (olds.drift as Drift) : {};
}

export function toAnswered(olds: Props): Triggers | undefined {
  return isObject(olds.answered) ? olds.answered : undefined;
}

export function toPending(olds: Props): Pending[] {
  return Array.isArray(olds.pending) ? (olds.pending as Pending[]) : [];
}

export function toUnmanaged(olds: Props): string[] {
  return Array.isArray(olds.unmanagedAccessKeyIds) ? olds.unmanagedAccessKeyIds.map(String) : [];
}

export function pickInputs(props: Props | Inputs): Inputs {
  const given = props as Props;
  return Object.fromEntries(
    INPUT_NAMES.filter((name) => given[name] !== undefined && given[name] !== null).map((name) => [name, given[name]]),
  ) as unknown as Inputs;
}

/** What of today's inputs was not done: recorded as it was before, it is asked for again by each run. */
export function echo(olds: Props, news: Inputs, undone: readonly (keyof Inputs)[]): Inputs {
  const before = pickInputs(olds);
  const asked = undone.filter((name) => !sameTrigger(before[name], news[name]));
  return pickInputs({ ...news, ...Object.fromEntries(asked.map((name) => [name, before[name]])) });
}

/**
 * What a failed update leaves. After a failure the engine keeps the old inputs, and asks diff about them in a refresh: so
 * the echo keeps the old values as well, and the triggers that were answered are noted beside it.
 */
export function halfDone(olds: Props, news: Inputs, keys: ManagedKeys, did: Done[], notes: Notes): Outputs {
  const has = (kind: Done["did"]) => did.some((one) => one.did === kind);
  const triggers = inputsThatAre("trigger") as (keyof Triggers)[];
  // What was adopted is recorded: asked for again, it would be looked for after it has gone.
  const undone = [...triggers, ...(has("adopted") ? [] : ["state" as const])];
  const answered = Object.fromEntries(triggers.map((name) => [name, news[name]]));
  return toOutputs(echo(olds, news, undone), keys, { ...notes, answered: has("made") ? answered : toAnswered(olds) });
}

/** What is still to be recorded as answered after an update that ended well: a trigger that went back to its value of before. */
export function stillAnswered(olds: Props, news: Inputs): Triggers | undefined {
  const answered = toAnswered(olds);
  const before = pickInputs(olds);
  const names = inputsThatAre("trigger") as (keyof Triggers)[];
  const isBack = names.some(
    (name) => sameTrigger(before[name], news[name]) && !sameTrigger(answered?.[name], news[name]),
  );
  return isBack ? answered : undefined;
}

/** Temporary credentials change with each session, and say nothing about the keys. */
function lastingLogin(login: Login | undefined): unknown {
  // Of a session only that it is one: a static login that became temporary is another, whose secret would stay recorded.
  return login?.sessionToken ? { sessionToken: "" } : login && pair(login);
}

function pair({ accessKeyId, secretAccessKey }: Login): unknown {
  return { accessKeyId, secretAccessKey };
}

/** The same for the settings of an explicit `aws.Provider`: where it has a token, only the rest tells who it is. */
function lastingProvider(settings: Inputs["awsProvider"]): unknown {
  if (!isObject(settings) || !settings.token) return settings;
  const { accessKey, secretKey, ...rest } = settings;
  return { ...rest, token: "" };
}

/** The properties as far as a difference in them is one: who signs may have another session each time, and a trigger another type. */
export function lasting(props: Props): Props {
  const { login, awsProvider, ...rest } = props as Partial<Inputs>;
  const triggers = inputsThatAre("trigger").map((name) => [name, asTrigger(props[name])]);
  return {
    ...rest,
    ...Object.fromEntries(triggers),
    login: lastingLogin(login),
    awsProvider: lastingProvider(awsProvider),
  };
}

/** Plain JSON without `undefined`, which the engine's bridge cannot carry in a result. */
function plain(value: Props): Props {
  return JSON.parse(JSON.stringify(value)) as Props;
}

/** Who this resource is in the journal. */
export function ownerOf({ journalOwner = "anonymous" }: Inputs): string {
  return journalOwner;
}
