import { IamError, type IamErrorKind, RotationError } from "../model/errors";
import { advice } from "./advice";

interface SdkError {
  name?: string;
  message?: string;
  code?: string;
  Code?: string;
  syscall?: string;
  errors?: unknown[];
  $metadata?: { httpStatusCode?: number };
  cause?: unknown;
}

const BAD_CREDENTIALS =
  /^(InvalidClientTokenId|UnrecognizedClient|ExpiredToken|InvalidAccessKeyId|SignatureDoesNotMatch|IncompleteSignature|RequestExpired|InvalidSignature|AuthFailure|OptInRequired|CredentialsProviderError|TokenProviderError)/;
const THROTTLED = /^(Throttl|RequestLimitExceeded|TooManyRequests|SlowDown|RequestThrottled|BandwidthLimitExceeded)/;
/** Node.js could not make the request or the connection: it was certainly not executed. */
const NOT_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ERR_INVALID_|ERR_UNESCAPED_|ERR_SOCKET_BAD_PORT)/;
/** By OpenSSL's and Node's codes: the connection was given up before anything was sent. */
const BAD_CERTIFICATE = /^(ERR_TLS_|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_(GET|VERIFY))/;
/** Told by their words alone: the SDK's about a connection that was not made in time, Node's and OpenSSL's about TLS. */
const NO_CONNECTION =
  /did not establish a connection|before secure TLS connection was established|wrong version number|alert protocol version/;

const unsent = new WeakSet<object>();

/** Notes of an error of the SDK that the request was never handed on. @returns it */
export function neverSent(error: unknown): unknown {
  if (typeof error === "object" && error !== null) unsent.add(error);
  return error;
}

/** Reduces an error of the SDK to what decisions need. Only what may have been executed is doubtful. */
export function toIamError(action: string, error: unknown): IamError {
  if (error instanceof IamError) return error;
  if (error instanceof RotationError) {
    const { found, todo } = error.parts;
    return new IamError("unreachable", action, "InvalidSetting", `${found} ${todo}`, "Then run again.");
  }
  const sdk = (error ?? {}) as SdkError;
  const status = sdk.$metadata?.httpStatusCode;
  const said = sdk.Code ?? sdk.name ?? "UnknownError";
  // Whoever answers without a code of AWS's is a proxy, or a gateway on the way.
  const isForeign = status !== undefined && status >= 400 && /^Unknown/.test(said);
  const code = networkCode(sdk) ?? (isForeign ? `HTTP ${status}` : said);
  const found = kindOf(code, status, sdk.message);
  const isUnsent = unsent.has(sdk) || causes(sdk).some(isNoConnection);
  const kind = isUnsent && found === "doubtful" ? "unreachable" : found;
  if (found === "doubtful" && status !== undefined && status < 400) return damagedReply(action, kind);
  const message = isForeign ? "a proxy or a gateway answered, and not AWS" : firstLine(sdk.message ?? "") || code;
  const todo = advice(action, code, message);
  return new IamError(kind, action, code, message, todo, { cause: withoutReply(sdk, message) });
}

/** It may hold a new key's secret, and the SDK hangs the whole reply on its error: neither text nor cause is kept. */
export function damagedReply(action: string, kind: IamErrorKind = "doubtful"): IamError {
  return new IamError(kind, action, "DamagedReply", "AWS's answer arrived damaged");
}

/**
 * On a wrong signature AWS quotes what it would have signed, a session token included, in the lines after the first.
 * The SDK's hint at where its error keeps the reply is of no use here, since the reply is not kept.
 */
function firstLine(message: string): string {
  return (message.trim().split(/\r?\n/)[0] ?? "")
    .replace(/\s*Deserialization error:.*$/, "")
    .replace(/x-amz-security-token[:=]\S*/gi, "");
}

function kindOf(code: string, status: number | undefined, message = ""): IamErrorKind {
  if (/^NoSuchEntity/.test(code)) return "noSuchEntity";
  if (/^LimitExceeded/.test(code)) return "limitExceeded";
  // The chain of credentials may fail on a role of its own, which no permission on the user mends.
  if (/^AccessDenied/.test(code) && /sts:(AssumeRole|GetFederationToken)/.test(message)) return "credentials";
  if (/^AccessDenied|^UnauthorizedOperation/.test(code)) return "denied";
  if (BAD_CREDENTIALS.test(code)) return "credentials";
  if (THROTTLED.test(code) || status === 429) return "throttled";
  // A proxy that wants to know who asks has passed nothing on.
  if (NOT_SENT.test(code) || BAD_CERTIFICATE.test(code) || status === 407) return "unreachable";
  if (status !== undefined && status >= 400 && status < 500 && status !== 408) return "refused";
  return "doubtful";
}

/** The error, and those within: of several addresses that were tried, the first. */
function causes(error: SdkError): SdkError[] {
  const all: SdkError[] = [];
  for (let at: SdkError | undefined = error; at && all.length < 5; ) {
    all.push(at);
    at = (at.cause ?? at.errors?.[0]) as SdkError | undefined;
  }
  return all;
}

function isNoConnection({ syscall = "", message = "" }: SdkError): boolean {
  return /^(connect|getaddrinfo)$/.test(syscall) || NO_CONNECTION.test(message);
}

/** Node puts the reason of a failed connection on `code`, at times of an inner error. */
function networkCode(error: SdkError): string | undefined {
  const isKnown = (code: unknown) =>
    typeof code === "string" && (/^E[A-Z0-9_]+$/.test(code) || BAD_CERTIFICATE.test(code));
  return causes(error).find(({ code }) => isKnown(code))?.code;
}

/** The SDK's error holds the whole request and reply; only its name and text are passed on. */
function withoutReply(error: SdkError, message: string): Error {
  const plain = new Error(message);
  plain.name = error.name ?? "Error";
  return plain;
}
