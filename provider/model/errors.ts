import type { Because } from "./pending";

/** What went wrong with one call to AWS, in the terms that decisions need. */
export type IamErrorKind =
  | "noSuchEntity" // the user, or the key, is not there
  | "limitExceeded" // no free slot for one more key
  | "denied" // a permission is missing
  | "credentials" // AWS does not accept the credentials, or there are none
  | "throttled" // answered, and not executed
  | "unreachable" // nothing was sent
  | "doubtful" // sent, and no clear answer: it may have been executed
  | "refused"; // any other clear no

/** The failure of one AWS call. Its text never holds a secret: of a reply that could not be read, none is kept. */
export class IamError extends Error {
  override readonly name = "IamError";
  constructor(
    readonly kind: IamErrorKind,
    /** The IAM action, for example `iam:CreateAccessKey`. */
    readonly action: string,
    /** AWS's own code, or the name of the network failure. */
    readonly code: string,
    message: string,
    /** Where it is not mended as its kind says: what to do. */
    readonly todo?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A failure in the user's terms: what was asked, what was found, what to do next. */
export class RotationError extends Error {
  override readonly name: string = "RotationError";
  constructor(
    readonly parts: {
      /** Begins with `Can't`. */
      attempted: string;
      found: string;
      todo: string;
      /** Set where it concerns this user alone, and nothing was changed: an update is then blocked, and fails no other. */
      because?: Because;
      accessKeyId?: string;
    },
    options?: ErrorOptions,
  ) {
    super(`${parts.attempted}: ${parts.found} ${parts.todo}`, options);
  }
}

/** Turns the failure of an AWS call into one that says what to do. */
export function explain(attempted: string, userArn: string, error: unknown): Error {
  if (!(error instanceof IamError)) return error instanceof Error ? error : new Error(String(error));
  const said = `${error.action} failed with ${error.code}: ${error.message}`.replace(/\.?$/, ".");
  const because = error.kind === "denied" ? ({ because: "denied" } as const) : {};
  const todo = error.todo ?? whatToDo(error, userArn);
  return new RotationError({ attempted, found: said, todo, ...because }, { cause: error });
}

function whatToDo(error: IamError, userArn: string): string {
  switch (error.kind) {
    case "denied":
      return `Allow ${error.action} on ${userArn} (rotationPolicy() in this package makes the whole policy document), then run again.`;
    case "credentials":
      return "Check the credentials in use: the `login` input, else the resource's AWS provider or the stack's aws:* configuration, else the environment's AWS credentials; then run again.";
    case "noSuchEntity":
      return `Check that ${userArn} exists and is spelled as IAM shows it, path included; then run again.`;
    case "throttled":
      return "AWS is asked too often just now. Run again in a minute.";
    case "unreachable":
      return "Check the network, a proxy, and AWS_ENDPOINT_URL if it is set; then run again.";
    case "doubtful":
      return "AWS gave no clear answer. Run again: the next run first looks at the keys that are there.";
    default:
      return "Run again when the cause is mended.";
  }
}
