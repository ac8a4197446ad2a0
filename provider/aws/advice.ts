/** What to do about an answer of AWS, or of who stands on the way, that is not mended as its kind says. */
export function advice(action: string, code: string, message: string): string | undefined {
  return ADVICE.find(([said]) => said.test(`${action} ${code} ${message}`))?.[1];
}

const ADVICE: [RegExp, string][] = [
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
    / ERR_INVALID_CHAR /,
    "A credential has a line break, or another character that can't be sent, in it: correct what hands it out, a profile, a process or a service of the machine; then run again.",
  ],
  [
    / EndpointError /,
    "These settings of an address don't go together: with FIPS or dual stack AWS's own addresses are used; then run again.",
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
