import { policyDocument } from "../model/policy";
import { type ReportRow, reportTable } from "../model/report";
import { regionProblem, secretProblem, smtpPassword } from "../model/smtpPassword";
import { type Bag, plainBag, secret } from "./wire";

export type Answer = { result: Bag } | { failure: { property: string; reason: string } };

/** The package's functions, for programs of all languages. */
export function invoke(token: string, args: Bag): Answer {
  const given = plainBag(args);
  switch (token.split(":").at(-1)) {
    case "rotationPolicy": {
      const userArns = [given.userArns].flat().map(String);
      const options = { lastUsedGuard: given.lastUsedGuard === true, deactivate: given.deactivate === true };
      return { result: { json: policyDocument(userArns, options) } };
    }
    case "sesSmtpPassword": {
      const { secretAccessKey, region } = given;
      const found = secretProblem(secretAccessKey) ?? regionProblem(region);
      if (found) return { failure: { property: "", reason: `sesSmtpPassword: ${found}` } };
      return { result: { password: secret(smtpPassword(String(secretAccessKey), String(region))) } };
    }
    case "rotationReport":
      return { result: { markdown: reportTable((given.keys ?? []) as ReportRow[], new Date()) } };
    default:
      return { failure: { property: "", reason: `There is no function ${token}.` } };
  }
}
