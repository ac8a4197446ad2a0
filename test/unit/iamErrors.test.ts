import assert from "node:assert/strict";
import { neverSent, toIamError } from "../../provider/aws/iamErrors";
import { IamError, type IamErrorKind, RotationError } from "../../provider/model/errors";

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
  const network = (code: string, more: object = {}, message = `${code}, in Node's words`) =>
    Object.assign(new Error(message), { code, ...more });
  const named = (name: string, message = "") => Object.assign(new Error(message), { name });
  const connecting = { syscall: "connect" };
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
    ["credentials", "CredentialsProviderError", named("CredentialsProviderError", "none")],
    ["throttled", "Throttling", answer("Throttling", 400)],
    ["throttled", "ThrottlingException", answer("ThrottlingException", 400)],
    ["throttled", "TooManyRequests", answer("TooManyRequests", 429)],
    ["throttled", "Odd", answer("Odd", 429)],
    ["unreachable", "ECONNREFUSED", network("ECONNREFUSED")],
    ["unreachable", "ENOTFOUND", new Error("outer", { cause: network("ENOTFOUND") })],
    ["unreachable", "ERR_INVALID_CHAR", network("ERR_INVALID_CHAR")],
    ["unreachable", "ERR_INVALID_URL", network("ERR_INVALID_URL")],
    ["unreachable", "ERR_UNESCAPED_CHARACTERS", network("ERR_UNESCAPED_CHARACTERS")],
    ["unreachable", "EPROTO", network("EPROTO", {}, "SSL routines: wrong version number")],
    ["unreachable", "ETIMEDOUT", network("ETIMEDOUT", connecting)],
    [
      "unreachable",
      "ETIMEDOUT",
      Object.assign(new AggregateError([network("ETIMEDOUT", connecting)]), { code: "ETIMEDOUT" }),
    ],
    [
      "unreachable",
      "ECONNRESET",
      network("ECONNRESET", {}, "Client network socket disconnected before secure TLS connection was established"),
    ],
    [
      "unreachable",
      "TimeoutError",
      named("TimeoutError", "the request socket did not establish a connection with the server within 5000 ms"),
    ],
    ["unreachable", "Error", neverSent(new Error("an endpoint can't be made of this region"))],
    ["credentials", "CredentialsProviderError", neverSent(named("CredentialsProviderError"))],
    ["unreachable", "ServiceUnavailable", neverSent(answer("ServiceUnavailable", 503, "by STS, for a role"))],
    ["unreachable", "InvalidSetting", new RotationError({ attempted: "?", found: "it is none.", todo: "Correct it." })],
    ["doubtful", "ETIMEDOUT", network("ETIMEDOUT", { syscall: "read" })],
    ["doubtful", "ECONNRESET", network("ECONNRESET")],
    ["doubtful", "EPIPE", network("EPIPE")],
    ["doubtful", "TimeoutError", named("TimeoutError", "timed out")],
    ["doubtful", "ServiceFailureException", answer("ServiceFailureException", 500)],
    ["doubtful", "ServiceUnavailable", answer("ServiceUnavailable", 503)],
    ["doubtful", "Error", new Error("never seen before")],
    ["doubtful", "UnknownError", undefined],
    ["refused", "EntityTemporarilyUnmodifiable", answer("EntityTemporarilyUnmodifiable", 409)],
    ["refused", "ValidationError", answer("ValidationError", 400)],
  ];
  for (const [at, [kind, code, error]] of table.entries()) {
    it(`${at}: ${code}: ${kind}`, () => {
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

  it("keeps nothing of a reply that could not be read, of STS's neither, and does not doubt what was never sent", () => {
    const body = `<AccessKey><AccessKeyId>A</AccessKeyId><SecretAccessKey>${SECRET}</SecretAccess`;
    const damaged = Object.assign(new SyntaxError(`unclosed tag in ${body}`), { $metadata: { httpStatusCode: 200 } });
    Object.defineProperty(damaged, "$response", { value: { statusCode: 200, body }, enumerable: false });
    damaged.cause = new Error(body);
    assert.ok(everyText(damaged).includes(SECRET));
    for (const [kind, noted] of [
      ["doubtful", (error: Error) => error],
      ["unreachable", neverSent],
    ] as const) {
      const mapped = toIamError("iam:CreateAccessKey", noted(damaged));
      assert.deepEqual([mapped.kind, mapped.code], [kind, "DamagedReply"]);
      assert.doesNotMatch(everyText(mapped), /wJalr|SecretAccess/);
    }
  });
});
