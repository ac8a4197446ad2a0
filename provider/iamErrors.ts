import { IamError, type IamErrorKind } from "./errors";

interface SdkError {
  name?: string;
  message?: string;
  code?: string;
  Code?: string;
  $metadata?: { httpStatusCode?: number };
  cause?: unknown;
}

const BAD_CREDENTIALS =
  /^(InvalidClientTokenId|UnrecognizedClient|ExpiredToken|InvalidAccessKeyId|SignatureDoesNotMatch|IncompleteSignature|RequestExpired|InvalidSignature|AuthFailure|OptInRequired|CredentialsProviderError|TokenProviderError)/;
const THROTTLED = /^(Throttl|RequestLimitExceeded|TooManyRequests|SlowDown|RequestThrottled|BandwidthLimitExceeded)/;
// Nobody answered the phone: the request was certainly not executed.
const NOT_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;

/** Reduces an error of the SDK to what decisions need. */
export function toIamError(action: string, error: unknown): IamError {
  if (error instanceof IamError) return error;
  const sdk = (error ?? {}) as SdkError;
  const status = sdk.$metadata?.httpStatusCode;
  const code = networkCode(sdk) ?? sdk.Code ?? sdk.name ?? "UnknownError";
  const kind = kindOf(code, status);
  // A reply that cannot be read may hold a new key's secret; the SDK hangs it on its error. Neither text nor cause is kept.
  if (kind === "doubtful" && status !== undefined && status < 400) {
    return new IamError(kind, action, code, "AWS's answer arrived damaged");
  }
  const message = (sdk.message || code).trim();
  return new IamError(kind, action, code, message, { cause: withoutReply(sdk, message) });
}

function kindOf(code: string, status: number | undefined): IamErrorKind {
  if (/^NoSuchEntity/.test(code)) return "noSuchEntity";
  if (/^LimitExceeded/.test(code)) return "limitExceeded";
  if (/^AccessDenied|^UnauthorizedOperation/.test(code)) return "denied";
  if (BAD_CREDENTIALS.test(code)) return "credentials";
  if (THROTTLED.test(code) || status === 429) return "throttled";
  if (NOT_SENT.test(code)) return "unreachable";
  if (status !== undefined && status >= 400 && status < 500) return "refused";
  return "doubtful";
}

/** Node puts the reason of a failed connection on `code`, at times of an inner error. */
function networkCode(error: SdkError): string | undefined {
  for (
    let at: SdkError | undefined = error, depth = 0;
    at && depth < 5;
    at = at.cause as SdkError | undefined, depth++
  ) {
    if (typeof at.code === "string" && /^E[A-Z_]+$/.test(at.code)) return at.code;
  }
  return undefined;
}

/** The SDK's error holds the whole request and reply; only its name and text are passed on. */
function withoutReply(error: SdkError, message: string): Error {
  const plain = new Error(message);
  plain.name = error.name ?? "Error";
  return plain;
}
