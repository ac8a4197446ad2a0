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
  return new RotationError({ attempted, found: said, todo: whatToDo(error, userArn), ...because }, { cause: error });
}

function whatToDo(error: IamError, userArn: string): string {
  const hint = HINTS.find(([code]) => code.test(`${error.action} ${error.code} ${error.message}`));
  if (hint) return hint[1];
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

/** What is not mended where its kind says. */
const HINTS: [RegExp, string][] = [
  [/ InvalidSetting /, "Then run again."],
  [
    /explicit deny in a (service|resource) control policy/,
    "A policy of the organization denies it, which no permission on the user mends: ask who keeps it; then run again.",
  ],
  [
    /permissions boundary/,
    "The permissions boundary of who runs this denies it, or does not allow it: add the action there; then run again.",
  ],
  [
    /VPC endpoint policy/,
    "The policy of the VPC endpoint denies it: allow the action there, or go another way to AWS; then run again.",
  ],
  [
    /explicit deny/,
    "A policy denies it explicitly, which comes before all that allows it: find that one; then run again.",
  ],
  [
    /UpdateAccessKey AccessDenied/,
    "Allow iam:UpdateAccessKey on this user (`rotationPolicy(userArn, { deactivatePeriod: true })` makes the whole policy document), or leave `deactivatePeriod` out; then run again.",
  ],
  [
    /TagUser LimitExceeded/,
    "The user has 50 tags, which is all that AWS allows; one is needed for the journal. Remove one; then run again.",
  ],
  [
    /multi-factor authentication|MultiFactorAuthentication/,
    "The profile wants a code, and nobody can be asked here. Make a session before (`aws sts get-session-token`, or a role assumed by the AWS CLI), and pass its credentials in the environment; then run again.",
  ],
  [
    /HTTP 407/,
    "The proxy wants a name and a password: put them into its address, http://name:password@host:port; then run again.",
  ],
  [
    /HTTP \d+/,
    "Look at the proxy, or at AWS_ENDPOINT_URL if it is set; then run again: the next run first looks at the keys that are there.",
  ],
  [
    / (ERR_TLS_|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_)/,
    "Nobody known has signed the certificate of who answers: a proxy that looks into TLS, most likely. Give its root certificate by AWS_CA_BUNDLE, aws:customCaBundle or NODE_EXTRA_CA_CERTS; then run again.",
  ],
  [
    / ENOTFOUND/,
    "There is no host of that name, or no DNS server that knows it: check the region, the proxy, and AWS_ENDPOINT_URL if it is set; then run again.",
  ],
  [
    /RegionDisabled|OptInRequired/,
    "The region has to be enabled for the account first; or set `region` to another one; then run again.",
  ],
];
