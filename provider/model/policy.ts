/** The IAM actions that a rotation calls. `sts:GetCallerIdentity` is called too, and needs no permission. */
export const ROTATION_ACTIONS = [
  "iam:GetUser",
  "iam:ListAccessKeys",
  "iam:CreateAccessKey",
  "iam:DeleteAccessKey",
  "iam:TagUser",
] as const;

/** What `lastUsedGuard` needs besides. */
export const GUARD_ACTION = "iam:GetAccessKeyLastUsed";

/** What `deactivatePeriod` needs besides. */
export const DEACTIVATE_ACTION = "iam:UpdateAccessKey";

export interface PolicyOptions {
  lastUsedGuard?: boolean;
  deactivate?: boolean;
}

/** The policy document, as JSON, for whoever rotates the keys of these users. */
export function policyDocument(userArns: string[], { lastUsedGuard, deactivate }: PolicyOptions = {}): string {
  const actions = [
    ...ROTATION_ACTIONS,
    ...(lastUsedGuard ? [GUARD_ACTION] : []),
    ...(deactivate ? [DEACTIVATE_ACTION] : []),
  ];
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Sid: "RotateAccessKeys", Effect: "Allow", Action: actions, Resource: userArns }],
  });
}
