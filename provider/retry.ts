import { StandardRetryStrategy } from "@smithy/util-retry";

type Token = Parameters<StandardRetryStrategy["refreshRetryTokenForRetry"]>[0];
type NextToken = ReturnType<StandardRetryStrategy["refreshRetryTokenForRetry"]>;
type ErrorInfo = Parameters<StandardRetryStrategy["refreshRetryTokenForRetry"]>[1];

/** More patient than the SDK, since an `up` may rotate many users at once. AWS_MAX_ATTEMPTS counts as everywhere. */
const ATTEMPTS = Number(process.env.AWS_MAX_ATTEMPTS) || 8;

/**
 * For calls that may be executed twice without harm. The SDK takes IAM's LimitExceeded for throttling, because other
 * services use that name for it; here it is an answer.
 */
export class RetryAnything extends StandardRetryStrategy {
  /** @param attempts how often a call is sent at the most */
  constructor(attempts = ATTEMPTS) {
    super(attempts);
  }

  override async refreshRetryTokenForRetry(token: Token, error: ErrorInfo): NextToken {
    if (isQuota(error)) throw new Error("a quota is no throttling");
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

function isQuota({ error }: ErrorInfo): boolean {
  return error instanceof Error && /^LimitExceeded/.test(error.name);
}
