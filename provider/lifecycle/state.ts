import type { Drift } from "../decide/drift";
import type { Triggers } from "../decide/intent";
import type { Wait } from "../decide/plan";
import type { Login, ManagedKey } from "../model/accessKey";
import { INPUT_NAMES, type Inputs } from "../model/inputs";
import { isObject, sameValue } from "../model/json";
import { type ManagedKeys, managedKeys, type Retirement } from "../model/managedKeys";

// The shape of what lies in the stack's state. Every released version's shape stays readable: test/fixtures/ keeps one each.

type Props = Record<string, unknown>;

/** The outputs as the state keeps them: every input, the keys, and what the next run needs to know. */
export interface Outputs extends Props {
  userArn: string;
  userId: string;
  current?: ManagedKey;
  previous?: ManagedKey | null;
  currentAccessKeyId?: string;
  previousAccessKeyId?: string | null;
  rotatedAt?: string;
  /** The operation that made this state; the journal on the user names it too. */
  operationId?: string;
  /** Since when `previous` is the older key. */
  previousSince?: string | null;
  /** What became of `previous` since its grace period ended. */
  retirement?: Retirement;
  /** What a failed run left, and the next update does. */
  unfinished?: Unfinished;
  /** Triggers that a failed run has answered: the echo of the inputs has the values before it. */
  answered?: Triggers;
  /** What a refresh found different from what this resource left. */
  drift?: Drift;
}

export interface Unfinished {
  /** Ids of keys of ours that are still to be deleted. */
  keys?: string[];
  /** The journal on the user does not say yet that the operation has ended. */
  journal?: "open";
}

export interface Notes {
  drift?: Drift | undefined;
  answered?: Triggers | undefined;
}

export function toOutputs(inputs: Inputs, keys: ManagedKeys, { drift = {}, answered }: Notes = {}): Outputs {
  const { current, previous, previousSince, retirement, retired, userId, operationId, journalOpen } = keys;
  const unfinished: Unfinished = {
    ...(retired.length > 0 && { keys: retired }),
    ...(journalOpen && { journal: "open" }),
  };
  return plain({
    ...pickInputs(inputs),
    userId,
    current,
    // Said even when there is none: to a preview, an output that is absent is unknown, and shows as a change.
    previous: previous ?? null,
    currentAccessKeyId: current?.accessKeyId,
    previousAccessKeyId: previous?.accessKeyId ?? null,
    rotatedAt: current?.createdAt,
    previousSince: previousSince ?? null,
    operationId,
    retirement,
    unfinished: given(unfinished),
    answered,
    drift: given(drift),
  }) as Outputs;
}

function given<T extends object>(value: T): T | undefined {
  return Object.keys(value).length > 0 ? value : undefined;
}

/** The recorded keys in the outputs of an earlier run. */
export function toManagedKeys(olds: Props): ManagedKeys {
  const key = (value: unknown) => (isObject(value) ? (value as unknown as ManagedKey) : undefined);
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  const { keys, journal } = isObject(olds.unfinished) ? olds.unfinished : ({} as Props);
  return managedKeys({
    userId: text(olds.userId),
    current: key(olds.current),
    previous: key(olds.previous),
    previousSince: text(olds.previousSince),
    retirement: isObject(olds.retirement) ? olds.retirement : undefined,
    retired: Array.isArray(keys) ? keys.map(String) : [],
    operationId: text(olds.operationId),
    journalOpen: journal === "open" || undefined,
  });
}

export function pickInputs(props: Props | Inputs): Inputs {
  const given = props as Props;
  return Object.fromEntries(
    INPUT_NAMES.filter((name) => given[name] !== undefined && given[name] !== null).map((name) => [name, given[name]]),
  ) as unknown as Inputs;
}

/**
 * What a failed update leaves. After a failure the engine keeps the old inputs, and asks diff about them in a refresh: so
 * the echo keeps the old values as well, and the triggers that were answered are noted beside it.
 */
export function halfDone(
  olds: Props,
  news: Inputs,
  keys: ManagedKeys,
  did: { made: boolean; adopted: boolean },
): Outputs {
  const { rotationTrigger, revocationTrigger, state: before } = pickInputs(olds);
  // What was adopted is recorded: asked for again, it would be looked for after it has gone.
  const state = did.adopted ? news.state : before;
  const answered = did.made ? pickTriggers(news) : toAnswered(olds);
  return toOutputs(pickInputs({ ...news, rotationTrigger, revocationTrigger, state }), keys, { answered });
}

/** What an update leaves that has to wait with some of it: what waits is not answered, and asked for again by each run. */
export function waiting(olds: Props, news: Inputs, keys: ManagedKeys, waits: Wait[]): Outputs {
  const { rotationTrigger, state } = pickInputs(olds);
  const does = (what: Wait["what"]) => waits.some((wait) => wait.what === what);
  const echo = { ...news, ...(does("rotation") && { rotationTrigger }), ...(does("adoption") && { state }) };
  return toOutputs(pickInputs(echo), keys, does("rotation") ? { answered: toAnswered(olds) } : {});
}

function pickTriggers({ rotationTrigger, revocationTrigger }: Inputs): Triggers {
  return { rotationTrigger, revocationTrigger };
}

export function toAnswered(olds: Props): Triggers | undefined {
  return isObject(olds.answered) ? olds.answered : undefined;
}

/** Temporary credentials change with each session, and say nothing about the keys. */
export function sameLogin(olds: Login | undefined, news: Login | undefined): boolean {
  // Of a session only that it is one: a static login that became temporary is another, whose secret would stay recorded.
  if (news?.sessionToken) return Boolean(olds?.sessionToken);
  return olds?.accessKeyId === news?.accessKeyId && olds?.secretAccessKey === news?.secretAccessKey;
}

/** The same for the settings of an explicit `aws.Provider`: where it has a token, only the rest tells who it is. */
export function sameAwsProvider(olds: Inputs["awsProvider"], news: Inputs["awsProvider"]): boolean {
  const lasting = (settings: Inputs["awsProvider"]) => {
    if (!isObject(settings) || !settings.token) return settings;
    const { accessKey, secretKey, ...rest } = settings;
    return { ...rest, token: "" };
  };
  return sameValue(lasting(olds), lasting(news));
}

/** Plain JSON without `undefined`, which the engine's bridge cannot carry in a result. */
function plain(value: Props): Props {
  return JSON.parse(JSON.stringify(value)) as Props;
}

export function toDrift(olds: Props): Drift {
  return isObject(olds.drift) ? (olds.drift as Drift) : {};
}

/** Who this resource is in the journal. */
export function ownerOf({ journalOwner = "anonymous" }: Inputs): string {
  return journalOwner;
}
