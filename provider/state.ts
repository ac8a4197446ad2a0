import type { Login, ManagedKey } from "./accessKey";
import type { Drift } from "./drift";
import { INPUT_NAMES, type Inputs, isObject } from "./inputs";
import { type ManagedKeys, managedKeys } from "./managedKeys";

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
  /** Ids of keys of ours that are still to be deleted. */
  retired?: string[];
  /** What a refresh found different from what this resource left, in words. */
  drift?: Drift;
}

export function toOutputs(inputs: Inputs, keys: ManagedKeys, drift: Drift = {}): Outputs {
  const { current, previous, retired, userId, operationId } = keys;
  return plain({
    ...pickInputs(inputs),
    userId,
    current,
    // Said even when there is none: to a preview, an output that is absent is unknown, and shows as a change.
    previous: previous ?? null,
    currentAccessKeyId: current?.accessKeyId,
    previousAccessKeyId: previous?.accessKeyId ?? null,
    rotatedAt: current?.createdAt,
    operationId,
    retired: retired.length > 0 ? retired : undefined,
    drift: Object.keys(drift).length > 0 ? drift : undefined,
  }) as Outputs;
}

/** The recorded keys in the outputs of an earlier run. */
export function toManagedKeys(olds: Props): ManagedKeys {
  const key = (value: unknown) => (isObject(value) ? (value as unknown as ManagedKey) : undefined);
  const retired = Array.isArray(olds.retired) ? olds.retired.map(String) : [];
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  return managedKeys({
    userId: text(olds.userId),
    current: key(olds.current),
    previous: key(olds.previous),
    retired,
    operationId: text(olds.operationId),
  });
}

export function pickInputs(props: Props | Inputs): Inputs {
  const given = props as Props;
  return Object.fromEntries(
    INPUT_NAMES.filter((name) => given[name] !== undefined && given[name] !== null).map((name) => [name, given[name]]),
  ) as unknown as Inputs;
}

/** The inputs as they hold after a failure: what has not happened yet keeps its old value, so that the next diff sees it. */
export function inputsDone(olds: Inputs, news: Inputs, rotated: boolean): Inputs {
  const { rotationTrigger, revocationTrigger } = rotated ? news : olds;
  return pickInputs({ ...news, rotationTrigger, revocationTrigger, state: olds.state });
}

/** Temporary credentials change with each session, and say nothing about the keys. */
export function sameLogin(olds: Login | undefined, news: Login | undefined): boolean {
  if (news?.sessionToken) return true;
  return olds?.accessKeyId === news?.accessKeyId && olds?.secretAccessKey === news?.secretAccessKey;
}

/** Plain JSON without `undefined`, which the engine's bridge cannot carry in a result. */
function plain(value: Props): Props {
  return JSON.parse(JSON.stringify(value)) as Props;
}

export function toDrift(olds: Props): Drift {
  return isObject(olds.drift) ? (olds.drift as Drift) : {};
}

/** The owners that count as this resource: today's, and the recorded one, which a renamed stack or resource had. */
export function ownersOf(news: Inputs, olds: Inputs = news): string[] {
  return [...new Set([news.journalOwner ?? "anonymous", ...(olds.journalOwner ? [olds.journalOwner] : [])])];
}
