import { AdaptiveRetryStrategy, DefaultRateLimiter, type RateLimiter } from "@smithy/util-retry";

type Token = Parameters<AdaptiveRetryStrategy["refreshRetryTokenForRetry"]>[0];
type NextToken = ReturnType<AdaptiveRetryStrategy["refreshRetryTokenForRetry"]>;
type ErrorInfo = Parameters<AdaptiveRetryStrategy["refreshRetryTokenForRetry"]>[1];

/** More patient than the SDK, since an `up` may rotate many users at once. AWS_MAX_ATTEMPTS counts as everywhere. */
const ATTEMPTS = Number(process.env.AWS_MAX_ATTEMPTS) || 8;

/**
 * How many calls a second AWS lets through, as far as its throttling has shown. Before that nobody waits. Then calls go out
 * in the order in which they came: the SDK's limiter alone would let any of those that wait go first, and one might wait long.
 */
export class Pace implements RateLimiter {
  readonly #limiter = new DefaultRateLimiter();
  #last = Promise.resolve();

  getSendToken(): Promise<void> {
    this.#last = this.#last.then(() => this.#limiter.getSendToken());
    return this.#last;
  }

  updateClientSendingRate(result: unknown): void {
    this.#limiter.updateClientSendingRate(result);
  }
}

/** For calls that may be executed twice without harm; but an answer is an answer. */
export class RetryAnything extends AdaptiveRetryStrategy {
  /** @param attempts how often a call is sent at the most */
  constructor(pace: RateLimiter, attempts = ATTEMPTS) {
    super(attempts, { maxAttempts: attempts, rateLimiter: pace });
  }

  override async refreshRetryTokenForRetry(token: Token, error: ErrorInfo): NextToken {
    if (isAnswer(token, error)) throw new Error("AWS has answered");
    return super.refreshRetryTokenForRetry(token, error);
  }
}

/** For CreateAccessKey: only a throttled call is known not to have been executed, so only that is sent again. */
export class RetryThrottled extends RetryAnything {
  override async refreshRetryTokenForRetry(token: Token, error: ErrorInfo): NextToken {
    if (error.errorType !== "THROTTLING") throw new Error("sent once");
    return super.refreshRetryTokenForRetry(token, error);
  }
}

/**
 * The SDK takes IAM's LimitExceeded for throttling, because other services use that name for it; and any refusal for one by the
 * clock, again and again, where the machine's is four minutes off. Only what is refused by the clock is sent again, once.
 */
function isAnswer(token: Token, { error, errorType }: ErrorInfo): boolean {
  const { name, $metadata = {} } = error as Refusal;
  if (/^LimitExceeded/.test(name)) return true;
  const { httpStatusCode: status = 0, clockSkewCorrected } = $metadata;
  if (!clockSkewCorrected || errorType === "THROTTLING" || status >= 500 || status === 408) return false;
  return !/Signature|^Request(Expired|InTheFuture|TimeTooSkewed)|^AuthFailure/.test(name) || token.getRetryCount() > 0;
}

type Refusal = Error & { $metadata?: { httpStatusCode?: number; clockSkewCorrected?: boolean } };
