import { parseDuration } from "../model/duration";
import { INTERNAL_INPUTS, PUBLIC_INPUTS } from "../model/inputs";
import { given } from "../model/json";
import { regionProblem } from "../model/keyText";
import { isUnknown } from "../model/unknowns";
import { parseUserArn, partitionOf, userArnProblem } from "../model/userArn";
import { checkLogin, checkState, type Failure, unknownProperties } from "./checkKeys";

export type { Failure };

type Props = Record<string, unknown>;

/** What a mount passes beside a program's inputs. */
const INTERNAL = ["__provider", "run", ...INTERNAL_INPUTS];

/**
 * Validates the inputs property by property. No message repeats a value that may be secret.
 * @param internal which names beside the inputs are not the program's
 */
export function checkInputs(news: Props, internal = INTERNAL): { inputs: Props; failures: Failure[] } {
  const inputs: Props = given(news);
  const failures = [
    ...unknownProperties(inputs, PUBLIC_INPUTS, "", internal),
    ...checkUserArn(inputs.userArn),
    ...checkRegion(inputs.region, inputs.userArn),
    ...checkLogin(inputs.login),
    ...checkState(inputs.state),
    ...checkDurations(inputs),
    ...checkTrigger(inputs.rotationTrigger, "rotationTrigger"),
    ...checkTrigger(inputs.revocationTrigger, "revocationTrigger"),
  ];
  return { inputs, failures };
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
  const problem = regionProblem(region);
  if (problem) return fail(problem);
  const [user, partition] = [parseUserArn(String(arn)), partitionOf(String(region))];
  return user && partition !== user.partition
    ? fail(
        `lies in the partition ${partition}, the user in ${user.partition}; give a region of ${user.partition}, or none`,
      )
    : [];
}

/** Pulumi's SDKs make an empty object of a Date, a Map, a Set or a URL before anybody sees it: its changes would be missed. */
function checkTrigger(value: unknown, property: string): Failure[] {
  if (typeof value !== "object" || value === null) return [];
  const inside = Object.entries(value);
  if (inside.length === 0 && !Array.isArray(value)) {
    return [
      {
        property,
        reason:
          "is an empty object, as Pulumi makes one of a Date, a Map, a Set or a URL in an output, so that a change of it would not be seen; pass text instead, for example date.toISOString() or JSON.stringify(value)",
      },
    ];
  }
  return inside.flatMap(([key, item]) =>
    checkTrigger(item, Array.isArray(value) ? `${property}[${key}]` : `${property}.${key}`),
  );
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
