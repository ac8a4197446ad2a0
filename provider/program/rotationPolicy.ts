import * as pulumi from "@pulumi/pulumi";
import { policyDocument } from "../model/policy";

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
  return arns.apply((known) => policyDocument(known, options));
}
