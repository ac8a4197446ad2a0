import assert from "node:assert/strict";
import { toIamError } from "../../provider/aws/iamErrors";
import { IamError, type IamErrorKind } from "../../provider/model/errors";

const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/** An error as the SDK throws it for an answer of AWS. */
function answer(name: string, status: number, message = `${name}, in AWS's words`): Error {
  const error = Object.assign(new Error(message), { $metadata: { httpStatusCode: status }, $fault: "client" });
  error.name = name;
  return error;
}

/** Every text that can be reached from a value: own properties, enumerable or not, symbols, prototypes' getters. */
function everyText(value: unknown, seen = new Set<unknown>()): string {
  if (typeof value === "string") return `${value}\n`;
  if (value === null || (typeof value !== "object" && typeof value !== "function") || seen.has(value)) return "";
  seen.add(value);
  const inside = Reflect.ownKeys(value).map((name) => everyText(Reflect.get(value, name), seen));
  return `${String(value)}\n${inside.join("")}`;
}

describe("toIamError", () => {
  const network = (code: string) => Object.assign(new Error(`${code}, in Node's words`), { code });
  const table: [IamErrorKind, string, unknown][] = [
    ["noSuchEntity", "NoSuchEntityException", answer("NoSuchEntityException", 404)],
    ["noSuchEntity", "NoSuchEntity", { ...answer("NoSuchEntityException", 404), Code: "NoSuchEntity" }],
    ["limitExceeded", "LimitExceededException", answer("LimitExceededException", 409)],
    ["denied", "AccessDenied", answer("AccessDenied", 403)],
    ["denied", "AccessDeniedException", answer("AccessDeniedException", 400)],
    ["credentials", "InvalidClientTokenId", answer("InvalidClientTokenId", 403)],
    ["credentials", "SignatureDoesNotMatch", answer("SignatureDoesNotMatch", 403)],
    ["credentials", "ExpiredToken", answer("ExpiredToken", 403)],
    ["credentials", "ExpiredTokenException", answer("ExpiredTokenException", 400)],
    ["credentials", "CredentialsProviderError", Object.assign(new Error("none"), { name: "CredentialsProviderError" })],
    ["throttled", "Throttling", answer("Throttling", 400)],
    ["throttled", "ThrottlingException", answer("ThrottlingException", 400)],
    ["throttled", "TooManyRequests", answer("TooManyRequests", 429)],
    ["throttled", "Odd", answer("Odd", 429)],
    ["unreachable", "ECONNREFUSED", network("ECONNREFUSED")],
    ["unreachable", "ENOTFOUND", new Error("outer", { cause: network("ENOTFOUND") })],
    ["doubtful", "ECONNRESET", network("ECONNRESET")],
    ["doubtful", "EPIPE", network("EPIPE")],
    ["doubtful", "TimeoutError", Object.assign(new Error("timed out"), { name: "TimeoutError" })],
    ["doubtful", "ServiceFailureException", answer("ServiceFailureException", 500)],
    ["doubtful", "ServiceUnavailable", answer("ServiceUnavailable", 503)],
    ["doubtful", "Error", new Error("never seen before")],
    ["doubtful", "UnknownError", undefined],
    ["refused", "EntityTemporarilyUnmodifiable", answer("EntityTemporarilyUnmodifiable", 409)],
    ["refused", "ValidationError", answer("ValidationError", 400)],
  ];
  for (const [kind, code, error] of table) {
    it(`${code}: ${kind}`, () => {
      const { kind: got, code: gotCode, action } = toIamError("iam:GetUser", error);
      assert.deepEqual([got, gotCode, action], [kind, code, "iam:GetUser"]);
    });
  }

  it("leaves an error that is mapped already as it is", () => {
    const error = new IamError("denied", "iam:GetUser", "AccessDenied", "no");
    assert.equal(toIamError("iam:ListAccessKeys", error), error);
  });

  it("keeps the name and the text of a clear answer, and not the request and reply that the SDK hangs on it", () => {
    const error = answer("AccessDenied", 403, "no");
    Object.defineProperty(error, "$response", { value: { headers: { token: SECRET } }, enumerable: false });
    Object.assign(error, { request: { headers: { token: SECRET } } });
    const { message, cause, ...rest } = toIamError("iam:GetUser", error);
    assert.deepEqual([message, (cause as Error).name, (cause as Error).message], ["no", "AccessDenied", "no"]);
    assert.ok(!everyText([cause, rest]).includes(SECRET));
  });

  it("keeps nothing of a reply that could not be read", () => {
    const body = `<AccessKey><AccessKeyId>A</AccessKeyId><SecretAccessKey>${SECRET}</SecretAccess`;
    const damaged = Object.assign(new SyntaxError(`unclosed tag in ${body}`), { $metadata: { httpStatusCode: 200 } });
    Object.defineProperty(damaged, "$response", { value: { statusCode: 200, body }, enumerable: false });
    damaged.cause = new Error(body);
    assert.ok(everyText(damaged).includes(SECRET));
    const error = toIamError("iam:CreateAccessKey", damaged);
    assert.equal(error.kind, "doubtful");
    assert.doesNotMatch(everyText(error), /wJalr|SecretAccess/);
  });
});
