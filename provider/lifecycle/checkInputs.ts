import { parseDuration } from "../model/duration";
import { INTERNAL_INPUTS, PUBLIC_INPUTS } from "../model/inputs";
import { given, isObject, sameValue } from "../model/json";
import { isUnknown } from "../model/unknowns";
import { parseUserArn, partitionOf, userArnProblem } from "../model/userArn";

type Props = Record<string, unknown>;

export interface Failure {
  property: string;
  reason: string;
}

/** Validates the inputs property by property. No message repeats a value that may be secret. */
export function checkInputs(news: Props): { inputs: Props; failures: Failure[] } {
  const inputs: Props = given(news);
  const failures = [
    ...unknownProperties(inputs, PUBLIC_INPUTS, "", ["__provider", ...INTERNAL_INPUTS]),
    ...checkUserArn(inputs.userArn),
    ...checkRegion(inputs.region, inputs.userArn),
    ...checkLogin(inputs.login),
    ...checkState(inputs.state),
    ...checkDurations(inputs),
  ];
  return { inputs, failures };
}

function unknownProperties(value: Props, names: readonly string[], prefix: string, internal: string[] = []): Failure[] {
  return Object.keys(value)
    .filter((name) => !names.includes(name) && !internal.includes(name))
    .map((name) => ({
      property: prefix + name,
      reason: `there is no such property; ${prefix ? prefix.slice(0, -1) : "the resource"} takes ${names.join(", ")}`,
    }));
}

function checkUserArn(arn: unknown): Failure[] {
  const fail = (reason: string) => [{ property: "userArn", reason }];
  if (arn === undefined) return fail("is required: the ARN of the IAM user whose keys are rotated");
  if (isUnknown(arn)) return [];
  if (typeof arn !== "string") return fail("must be a string: the ARN of an IAM user");
  const problem = userArnProblem(arn);
  return problem ? fail(problem) : [];
}

function checkRegion(region: unknown, arn: unknown): Failure[] {
  const fail = (reason: string) => [{ property: "region", reason }];
  if (region === undefined || isUnknown(region)) return [];
  if (typeof region !== "string" || !/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(region)) {
    return fail("is not an AWS region, for example eu-central-1");
  }
  const user = typeof arn === "string" ? parseUserArn(arn) : undefined;
  return user && partitionOf(region) !== user.partition
    ? fail(
        `lies in the partition ${partitionOf(region)}, the user in ${user.partition}; give a region of ${user.partition}, or none`,
      )
    : [];
}

function checkLogin(login: unknown): Failure[] {
  if (login === undefined || isUnknown(login)) return [];
  if (!isObject(login))
    return [{ property: "login", reason: "must be { accessKeyId, secretAccessKey, sessionToken? }" }];
  return [
    ...unknownProperties(login, ["accessKeyId", "secretAccessKey", "sessionToken"], "login."),
    ...checkAccessKeyId(login.accessKeyId, "login."),
    ...checkText(login.secretAccessKey, "login.secretAccessKey", "the secret access key of the login"),
    ...(login.sessionToken === undefined || login.sessionToken === null
      ? []
      : checkText(login.sessionToken, "login.sessionToken", "a session token, or left out")),
  ];
}

function checkState(state: unknown): Failure[] {
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

function checkDurations(inputs: Props): Failure[] {
  const failures = ["rotateEvery", "gracePeriod", "deactivatePeriod", "lastUsedGuard"]
    .filter(
      (name) => inputs[name] !== undefined && !isUnknown(inputs[name]) && parseDuration(inputs[name]) === undefined,
    )
    .map((property) => ({
      property,
      reason: "is not a duration: a whole number of s, m, h, d or w, up to 20 years, for example 90d or 12h",
    }));
  // What is not given, or not known yet, is neither longer nor shorter.
  const [every, grace, asleep] = [inputs.rotateEvery, inputs.gracePeriod, inputs.deactivatePeriod].map(
    (value) => parseDuration(value) ?? Number.NaN,
  ) as [number, number, number];
  if (grace > every) {
    failures.push({
      property: "gracePeriod",
      reason: "is longer than rotateEvery: each rotation that is due would cut it short",
    });
  }
  if (asleep > 0 && inputs.gracePeriod === undefined) {
    failures.push({ property: "deactivatePeriod", reason: "needs gracePeriod, after which it begins" });
  } else if (grace <= every && grace + asleep > every) {
    failures.push({
      property: "deactivatePeriod",
      reason: "and gracePeriod together are longer than rotateEvery: each rotation that is due would cut them short",
    });
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
  const secret = `${property}.secretAccessKey`;
  return [
    // createdAt is what our own outputs carry: they can be passed on as they are. AWS is asked for the date all the same.
    ...unknownProperties(key, ["accessKeyId", "secretAccessKey", "createdAt"], `${property}.`),
    ...checkAccessKeyId(key.accessKeyId, `${property}.`),
    ...(needsSecret || isGiven(key.secretAccessKey)
      ? checkText(
          key.secretAccessKey,
          secret,
          `the secret access key of ${property}${needsSecret ? "; a key without its secret can be adopted as state.previous" : ", or left out"}`,
        )
      : []),
  ];
}

function checkAccessKeyId(id: unknown, prefix: string): Failure[] {
  const property = `${prefix}accessKeyId`;
  if (isUnknown(id)) return [];
  if (!isGiven(id) || id === "") return [{ property, reason: "is required: the id of an access key" }];
  return typeof id === "string" && /^\w{16,128}$/.test(id)
    ? []
    : [{ property, reason: "is not an access key id: 16 to 128 letters and digits, for example AKIAIOSFODNN7EXAMPLE" }];
}

function checkText(value: unknown, property: string, what: string): Failure[] {
  if (isUnknown(value)) return [];
  if (!isGiven(value) || value === "") return [{ property, reason: `is empty: it must be ${what}` }];
  return typeof value === "string" ? [] : [{ property, reason: `must be a string: ${what}` }];
}
