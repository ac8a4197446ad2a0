import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { advice } from "../../provider/aws/advice";
import { explain, IamError, type IamErrorKind } from "../../provider/model/errors";
import { ROOT } from "../harness/dist";

const ARN = "arn:aws:iam::123456789012:user/ci/deployer";
const PAGE = readFileSync(join(ROOT, "docs/troubleshooting.md"), "utf8");
const who = "User: arn:aws:sts::123456789012:assumed-role/ci/run is not authorized to perform: iam:CreateAccessKey";

/** What to do, by its first words, which are also those of a row of the page. */
describe("what to do about a failed call", () => {
  const create = "iam:CreateAccessKey AccessDenied";
  const table: [call: string, message: string, todo: string][] = [
    [create, `${who} with an explicit deny in a service control policy`, "A policy of the organization denies it"],
    [create, `${who} with an explicit deny in a resource control policy`, "A policy of the organization denies it"],
    [create, `${who} because no permissions boundary allows the action`, "The permissions boundary of who runs this"],
    [create, `${who} because no VPC endpoint policy allows the action`, "The policy of the VPC endpoint denies it"],
    [create, `${who} with an explicit deny in an identity-based policy`, "A policy denies it explicitly"],
    ["iam:UpdateAccessKey AccessDenied", `${who} with an explicit deny`, "A policy denies it explicitly"],
    [
      "iam:UpdateAccessKey AccessDenied",
      `${who} on resource: ${ARN}`,
      "Allow iam:UpdateAccessKey on this user (`rotationPolicy(userArn, { deactivatePeriod: true })`",
    ],
    ["iam:TagUser LimitExceeded", "Cannot exceed quota for TagsPerUser: 50", "The user has 50 tags"],
    [
      "iam:GetUser CredentialsProviderError",
      "Profile ops requires multi-factor authentication, but no MFA code callback was provided.",
      "The profile wants a code, and nobody can be asked here",
    ],
    [
      "sts:AssumeRole AccessDenied",
      "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
      "The profile wants a code, and nobody can be asked here",
    ],
    ["iam:GetUser HTTP 407", "a proxy or a gateway answered", "The proxy wants a name and a password"],
    ["iam:GetUser HTTP 502", "a proxy or a gateway answered", "Look at the proxy"],
    ["iam:GetUser SELF_SIGNED_CERT_IN_CHAIN", "in certificate chain", "Nobody known has signed the certificate"],
    ["iam:GetUser ENOTFOUND", "getaddrinfo ENOTFOUND iam.amazonaws.com", "There is no host of that name"],
    ["iam:GetUser ERR_INVALID_CHAR", "Invalid character in header content", "A credential has a line break"],
    ["iam:GetUser EndpointError", "FIPS and custom endpoint", "These settings of an address don't go together"],
    ["sts:AssumeRole RegionDisabledException", "STS is not activated", "The region has to be enabled for the account"],
  ];
  for (const [call, message, todo] of table) {
    it(`${call}: ${message.slice(-60)}`, () => {
      const [, action = "", code = ""] = /^(\S+) (.+)$/.exec(call) ?? [];
      const error = new IamError("refused", action, code, message, advice(action, code, message));
      assert.ok(explain("Can't do it", ARN, error).message.includes(`. ${todo}`));
      assert.ok(/^(Allow iam:|Look at the proxy)/.test(todo) || PAGE.includes(todo), "has no row on the page");
    });
  }

  for (const [kind, action, code, message, todo] of [
    ["denied", "iam:CreateAccessKey", "AccessDenied", `${who} on resource: ${ARN}`, "Allow iam:CreateAccessKey on"],
    [
      "denied",
      "iam:GetUser",
      "AccessDenied",
      "User: arn:aws:iam::123456789012:user/MFA-admin is",
      "Allow iam:GetUser on",
    ],
    [
      "credentials",
      "iam:GetUser",
      "InvalidClientTokenId",
      "The security token is invalid",
      "Check the credentials in use",
    ],
    ["unreachable", "iam:GetUser", "ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:9", "Check the network, a proxy"],
  ] satisfies [IamErrorKind, string, string, string, string][]) {
    it(`else by its kind, ${kind}: ${message.slice(-60)}`, () => {
      assert.equal(advice(action, code, message), undefined);
      assert.ok(explain("Can't do it", ARN, new IamError(kind, action, code, message)).message.includes(`. ${todo}`));
    });
  }
});
