import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { advice } from "../../provider/aws/advice";
import { explain, IamError, type IamErrorKind } from "../../provider/model/errors";

const ARN = "arn:aws:iam::123456789012:user/ci/deployer";
const who = "User: arn:aws:sts::123456789012:assumed-role/ci/run is not authorized to perform: iam:CreateAccessKey";
const PAGE = readFileSync(join(__dirname, "../../docs/troubleshooting.md"), "utf8");

/** What to do, by its first words, which are also those of a row of the page. */
describe("what to do about a failed call", () => {
  const table: [IamErrorKind, string, string, string, string][] = [
    ["denied", "iam:CreateAccessKey", "AccessDenied", `${who} on resource: ${ARN}`, "Allow iam:CreateAccessKey on"],
    [
      "denied",
      "iam:CreateAccessKey",
      "AccessDenied",
      `${who} with an explicit deny in a service control policy`,
      "A policy of the organization denies it",
    ],
    [
      "denied",
      "iam:CreateAccessKey",
      "AccessDenied",
      `${who} with an explicit deny in a resource control policy`,
      "A policy of the organization denies it",
    ],
    [
      "denied",
      "iam:CreateAccessKey",
      "AccessDenied",
      `${who} because no permissions boundary allows the action`,
      "The permissions boundary of who runs this denies it",
    ],
    [
      "denied",
      "iam:CreateAccessKey",
      "AccessDenied",
      `${who} because no VPC endpoint policy allows the action`,
      "The policy of the VPC endpoint denies it",
    ],
    [
      "denied",
      "iam:CreateAccessKey",
      "AccessDenied",
      `${who} with an explicit deny in an identity-based policy`,
      "A policy denies it explicitly",
    ],
    [
      "denied",
      "iam:UpdateAccessKey",
      "AccessDenied",
      `${who} on resource: ${ARN}`,
      "Allow iam:UpdateAccessKey on this user (`rotationPolicy(userArn, { deactivatePeriod: true })`",
    ],
    [
      "denied",
      "iam:UpdateAccessKey",
      "AccessDenied",
      `${who} with an explicit deny in an identity-based policy`,
      "A policy denies it explicitly",
    ],
    [
      "denied",
      "iam:GetUser",
      "AccessDenied",
      "User: arn:aws:iam::123456789012:user/MFA-admin is not authorized",
      "Allow iam:GetUser on",
    ],
    [
      "limitExceeded",
      "iam:TagUser",
      "LimitExceeded",
      "Cannot exceed quota for TagsPerUser: 50",
      "The user has 50 tags",
    ],
    [
      "credentials",
      "iam:GetUser",
      "CredentialsProviderError",
      "Profile ops requires multi-factor authentication, but no MFA code callback was provided.",
      "The profile wants a code, and nobody can be asked here",
    ],
    [
      "credentials",
      "sts:AssumeRole",
      "AccessDenied",
      "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
      "The profile wants a code, and nobody can be asked here",
    ],
    [
      "credentials",
      "iam:GetUser",
      "InvalidClientTokenId",
      "The security token included in the request is invalid.",
      "Check the credentials in use",
    ],
    [
      "unreachable",
      "iam:GetUser",
      "HTTP 407",
      "a proxy or a gateway answered, and not AWS",
      "The proxy wants a name and a password",
    ],
    ["doubtful", "iam:GetUser", "HTTP 502", "a proxy or a gateway answered, and not AWS", "Look at the proxy"],
    [
      "unreachable",
      "iam:GetUser",
      "SELF_SIGNED_CERT_IN_CHAIN",
      "self-signed certificate in certificate chain",
      "Nobody known has signed the certificate of who answers",
    ],
    [
      "unreachable",
      "iam:GetUser",
      "ENOTFOUND",
      "getaddrinfo ENOTFOUND iam.amazonaws.com",
      "There is no host of that name, or no DNS server that knows it",
    ],
    [
      "unreachable",
      "iam:GetUser",
      "ERR_INVALID_CHAR",
      'Invalid character in header content ["x-amz-security-token"]',
      "A credential has a line break",
    ],
    [
      "unreachable",
      "iam:GetUser",
      "EndpointError",
      "Invalid Configuration: FIPS and custom endpoint are not supported",
      "These settings of an address don't go together",
    ],
    ["unreachable", "iam:GetUser", "ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:9", "Check the network, a proxy"],
    [
      "credentials",
      "sts:AssumeRole",
      "RegionDisabledException",
      "STS is not activated in this region",
      "The region has to be enabled for the account first",
    ],
  ];
  for (const [kind, action, code, message, todo] of table) {
    it(`${action}, ${code}: ${message.slice(-60)}`, () => {
      const { message: told } = explain(
        "Can't do it",
        ARN,
        new IamError(kind, action, code, message, advice(action, code, message)),
      );
      assert.ok(told.includes(`. ${todo}`), told);
    });
  }

  it("has a row on the page for each", () => {
    const generic = /^(Allow iam:|Look at the proxy|Check the (network|credentials))/;
    const missing = table.map(([, , , , todo]) => todo).filter((todo) => !generic.test(todo) && !PAGE.includes(todo));
    assert.deepEqual(missing, []);
  });
});
