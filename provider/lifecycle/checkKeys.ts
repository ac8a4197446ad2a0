import { isObject, sameValue } from "../model/json";
import { keyIdProblem, secretTextProblem, userKeyIdProblem } from "../model/keyText";
import { isUnknown } from "../model/unknowns";

type Props = Record<string, unknown>;

export interface Failure {
  property: string;
  reason: string;
}

/** A name that is none of ours may be a secret that came to the wrong place: one that reads like such is not repeated. */
export function unknownProperties(
  value: Props,
  names: readonly string[],
  prefix: string,
  internal: string[] = [],
): Failure[] {
  const where = prefix ? prefix.slice(0, -1) : "the resource";
  return Object.keys(value)
    .filter((name) => !names.includes(name) && !internal.includes(name))
    .map((name) =>
      /^\w{1,24}$/.test(name) || !prefix
        ? { property: prefix + name, reason: `there is no such property; ${where} takes ${names.join(", ")}` }
        : { property: where, reason: `has a property that is none; it takes ${names.join(", ")}` },
    );
}

export function checkLogin(login: unknown): Failure[] {
  if (login === undefined || isUnknown(login)) return [];
  if (!isObject(login))
    return [{ property: "login", reason: "must be { accessKeyId, secretAccessKey, sessionToken? }" }];
  return [
    ...unknownProperties(login, ["accessKeyId", "secretAccessKey", "sessionToken"], "login."),
    ...told("login.accessKeyId", login.accessKeyId, keyIdProblem),
    ...told("login.secretAccessKey", login.secretAccessKey, (text) =>
      secretTextProblem(text, "the secret access key of the login"),
    ),
    ...(isGiven(login.sessionToken)
      ? told("login.sessionToken", login.sessionToken, (text) =>
          secretTextProblem(text, "a session token, or left out"),
        )
      : []),
  ];
}

export function checkState(state: unknown): Failure[] {
  if (state === undefined || isUnknown(state)) return [];
  if (!isObject(state)) return [{ property: "state", reason: "must be { current?, previous? }, the keys to adopt" }];
  const { current, previous } = state;
  const failures = unknownProperties(state, ["current", "previous"], "state.");
  if (isGiven(current)) failures.push(...checkKey(current, "state.current", true));
  if (isGiven(previous)) failures.push(...checkKey(previous, "state.previous", false));
  if (!isGiven(current) && !isGiven(previous)) {
    failures.push({ property: "state", reason: "names no key; give current, previous or both, or leave state out" });
  }
  if (isObject(current) && isObject(previous) && sameValue(current.accessKeyId, previous.accessKeyId)) {
    failures.push({ property: "state.previous.accessKeyId", reason: "is the same key as state.current" });
  }
  return failures;
}

// An ESC environment that has not rotated twice yet hands on `previous: null`.
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function checkKey(key: unknown, property: string, needsSecret: boolean): Failure[] {
  if (isUnknown(key)) return [];
  if (!isObject(key)) return [{ property, reason: "must be { accessKeyId, secretAccessKey }" }];
  const what = `the secret access key of ${property}${needsSecret ? "; a key without its secret can be adopted as state.previous" : ", or left out"}`;
  return [
    // createdAt is what our own outputs carry: they can be passed on as they are. AWS is asked for the date all the same.
    ...unknownProperties(key, ["accessKeyId", "secretAccessKey", "createdAt"], `${property}.`),
    ...told(`${property}.accessKeyId`, key.accessKeyId, userKeyIdProblem),
    ...(needsSecret || isGiven(key.secretAccessKey)
      ? told(`${property}.secretAccessKey`, key.secretAccessKey, (text) => secretTextProblem(text, what))
      : []),
  ];
}

function told(property: string, value: unknown, problemOf: (value: unknown) => string | undefined): Failure[] {
  const reason = isUnknown(value) ? undefined : problemOf(value);
  return reason ? [{ property, reason }] : [];
}
