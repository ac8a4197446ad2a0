import type { Drift } from "../act/drift";
import { INPUT_NAMES, type Inputs, isObject, sameValue } from "../decide/inputs";
import type { Served } from "../decide/intent";
import type { Login, ManagedKey } from "../model/accessKey";
import { type ManagedKeys, managedKeys } from "../model/managedKeys";

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
  /** Triggers that a run answered which then failed: the echo of the inputs has the values before it. */
  served?: Served;
  /** What a refresh found different from what this resource left, in words. */
  drift?: Drift;
}

export interface Notes {
  drift?: Drift | undefined;
  served?: Served | undefined;
}

export function toOutputs(inputs: Inputs, keys: ManagedKeys, { drift = {}, served }: Notes = {}): Outputs {
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
    served,
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

/**
 * What a failed update leaves. After a failure the engine keeps the old inputs, and asks diff about them in a refresh: so
 * the echo keeps the old values as well, and the triggers that were answered are noted beside it.
 */
export function halfDone(olds: Props, news: Inputs, keys: ManagedKeys, made: boolean): Outputs {
  const { rotationTrigger, revocationTrigger, state } = pickInputs(olds);
  const served = made ? pickTriggers(news) : toServed(olds);
  return toOutputs(pickInputs({ ...news, rotationTrigger, revocationTrigger, state }), keys, { served });
}

function pickTriggers({ rotationTrigger, revocationTrigger }: Inputs): Served {
  return { rotationTrigger, revocationTrigger };
}

export function toServed(olds: Props): Served | undefined {
  return isObject(olds.served) ? olds.served : undefined;
}

/** Temporary credentials change with each session, and say nothing about the keys. */
export function sameLogin(olds: Login | undefined, news: Login | undefined): boolean {
  if (news?.sessionToken) return true;
  return olds?.accessKeyId === news?.accessKeyId && olds?.secretAccessKey === news?.secretAccessKey;
}

/** The same for the settings of an explicit `aws.Provider`: where it has a token, only the rest tells who it is. */
export function sameAwsProvider(olds: Inputs["awsProvider"], news: Inputs["awsProvider"]): boolean {
  const lasting = (settings: Inputs["awsProvider"]) => {
    if (!isObject(settings) || !settings.token) return settings;
    const { accessKey, secretKey, token, ...rest } = settings;
    return rest;
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

/** The owners that count as this resource: today's, and the recorded one, which a renamed stack or resource had. */
export function ownersOf(news: Inputs, olds: Inputs = news): string[] {
  return [...new Set([news.journalOwner ?? "anonymous", ...(olds.journalOwner ? [olds.journalOwner] : [])])];
}
