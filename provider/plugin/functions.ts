import { policyDocument } from "../functions/policy";
import { type ReportRow, reportTable } from "../functions/report";
import { smtpPassword, smtpRegionProblem, smtpSecretProblem } from "../functions/smtpPassword";
import { isObject } from "../model/json";
import { type Bag, plainBag, secret } from "./wire";

type Answer = { result: Bag } | { failure: { property: string; reason: string } };

/** The package's functions, for programs of all languages. */
export function invoke(token: string, args: Bag): Answer {
  const given = plainBag(args);
  switch (token.split(":").at(-1)) {
    case "rotationPolicy": {
      const { userArns, ...options } = given;
      const made = policyDocument([userArns ?? []].flat(), options);
      if ("json" in made) return { result: made };
      return { failure: { property: "", reason: `rotationPolicy: ${made.problem}` } };
    }
    case "sesSmtpPassword": {
      const { secretAccessKey, region } = given;
      const reason = smtpSecretProblem(secretAccessKey) ?? smtpRegionProblem(region);
      if (reason) return { failure: { property: "", reason } };
      return { result: { password: secret(smtpPassword(String(secretAccessKey), String(region))) } };
    }
    case "rotationReport":
      return report(given.keys);
    default:
      return { failure: { property: "", reason: `There is no function ${token}.` } };
  }
}

/** A resource that is passed as a whole comes as a reference, which shows none of its properties. */
function report(keys: unknown): Answer {
  const rows = (Array.isArray(keys) ? keys : []).map(camelCased);
  const strange = rows.findIndex((row) => !isObject(row) || typeof row.userArn !== "string");
  if (strange === -1) return { result: { markdown: reportTable(rows as unknown as ReportRow[], new Date()) } };
  const reason =
    "has no userArn: pass the outputs of the resource, userArn, currentAccessKeyId, currentCreatedAt and so on, and not the resource.";
  return { failure: { property: `keys[${strange}]`, reason } };
}

/** Of a plain dictionary Python's SDK passes the names on as they are: `user_arn`. Absent is what a program of its has as `None`. */
function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (!isObject(value)) return value ?? undefined;
  const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [camel(name), camelCased(inner)]));
}
