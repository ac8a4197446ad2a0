import * as pulumi from "@pulumi/pulumi";
import { policyDocument } from "../functions/policy";
import { refusal } from "./refusal";

/**
 * The policy for whoever runs the rotation, limited to the users that are rotated. It does not allow making the user, unless
 * that is asked for.
 *
 * @example
 * ```ts
 * const json = rotationPolicy("arn:aws:iam::123456789012:user/ci/*", { deactivatePeriod: true });
 * ```
 *
 * @param userArn ARN of the rotated user, or of several; a `*` in the path or the name stands for any text
 * @param options what else to allow
 * @param options.deactivatePeriod allow what that input needs as well; default false
 * @param options.lastUsedGuard allow what that input needs as well; default false
 * @param options.user allow what the `aws.iam.User` of a RotatedUser needs as well; default false
 * @returns the policy document as JSON, good as `policy` of `aws.iam.Policy`
 * @throws the update or preview fails if AWS would not take the document: without an ARN, with one that is not a user's, or
 * longer than the 6,144 characters of a managed policy
 */
export function rotationPolicy(
  userArn: pulumi.Input<string> | pulumi.Input<string>[],
  options: { deactivatePeriod?: boolean; lastUsedGuard?: boolean; user?: boolean } = {},
): pulumi.Output<string> {
  const arns = pulumi.all(Array.isArray(userArn) ? userArn : [userArn]);
  return arns.apply((known) => {
    const made = policyDocument(known, options);
    if ("problem" in made) throw refusal(`rotationPolicy: ${made.problem}`);
    return made.json;
  });
}
