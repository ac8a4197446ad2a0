import * as pulumi from "@pulumi/pulumi";

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

/**
 * The policy for whoever runs the rotation, limited to the users that are rotated. It does not allow making the user.
 *
 * @param userArn ARN of the rotated user, or of several
 * @param options what else to allow
 * @param options.lastUsedGuard allow what that input needs as well; default false
 * @param options.deactivate allow what `deactivatePeriod` needs as well; default false
 * @returns the policy document as JSON, good as `policy` of `aws.iam.Policy`
 */
export function rotationPolicy(
  userArn: pulumi.Input<string> | pulumi.Input<string>[],
  options: { lastUsedGuard?: boolean; deactivate?: boolean } = {},
): pulumi.Output<string> {
  const arns = pulumi.all(Array.isArray(userArn) ? userArn : [userArn]);
  const { lastUsedGuard, deactivate } = options;
  const actions = [
    ...ROTATION_ACTIONS,
    ...(lastUsedGuard ? [GUARD_ACTION] : []),
    ...(deactivate ? [DEACTIVATE_ACTION] : []),
  ];
  return arns.apply((Resource) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Sid: "RotateAccessKeys", Effect: "Allow", Action: actions, Resource }],
    }),
  );
}
