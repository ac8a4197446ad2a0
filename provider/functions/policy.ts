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
 * What `aws.iam.User` needs besides: to make the user, change it, rename it, and delete it. What follows DeleteUser is what
 * `forceDestroy` asks.
 */
export const USER_ACTIONS = [
  "iam:CreateUser",
  "iam:UpdateUser",
  "iam:UntagUser",
  "iam:PutUserPermissionsBoundary",
  "iam:DeleteUserPermissionsBoundary",
  "iam:ListGroupsForUser",
  "iam:DeleteUser",
  "iam:DeleteLoginProfile",
  "iam:ListMFADevices",
  "iam:DeactivateMFADevice",
  "iam:ListSSHPublicKeys",
  "iam:DeleteSSHPublicKey",
  "iam:ListSigningCertificates",
  "iam:DeleteSigningCertificate",
  "iam:ListServiceSpecificCredentials",
  "iam:DeleteServiceSpecificCredential",
] as const;

/** `forceDestroy` asks for those of the whole account: AWS knows no narrower resource. */
export const MFA_ACTION = "iam:ListVirtualMFADevices";

/** Named as the inputs that need it. */
export interface PolicyOptions {
  deactivatePeriod?: boolean;
  lastUsedGuard?: boolean;
  user?: boolean;
}

const OPTIONS = ["deactivatePeriod", "lastUsedGuard", "user"];
/** IAM's limit for a managed policy. It does not count white space, of which there is none here. */
const LONGEST = 6_144;
/** Wildcards stand for a part of the path or of the name. */
const USER_ARNS = /^arn:aws[a-z0-9-]*:iam::\d{12}:user\/[\x21-\x7e]+$/;

/**
 * The policy document, as JSON, for whoever rotates the keys of these users; or why AWS would not take it. What comes from a
 * program in plain JavaScript, or from mocks, may be anything.
 */
export function policyDocument(arns: unknown[], options: PolicyOptions = {}): { json: string } | { problem: string } {
  const other = Object.entries(options).find(([name, on]) => !OPTIONS.includes(name) || !isFlag(on));
  if (other)
    return {
      problem: `there is no option ${other[0]} of that kind: it takes ${OPTIONS.join(", ")}, each true or false.`,
    };
  if (arns.length === 0)
    return { problem: "there is no ARN, and a policy without a resource is none: pass those of the users." };
  const wrong = arns.findIndex((arn) => typeof arn !== "string" || !USER_ARNS.test(arn));
  if (wrong !== -1) {
    return {
      problem: `the ${arns.length > 1 ? `ARN at index ${wrong}` : "ARN"} is ${typeof arns[wrong] === "string" ? "not that of an IAM user" : "no text"}: pass for example arn:aws:iam::123456789012:user/ci/deployer, or arn:aws:iam::123456789012:user/ci/* for all below a path.`,
    };
  }
  const json = JSON.stringify({ Version: "2012-10-17", Statement: statements(arns, options) });
  if (json.length <= LONGEST) return { json };
  return {
    problem: `the policy for ${arns.length} users has ${json.length} characters, and AWS takes ${LONGEST}: pass one ARN with a wildcard for all below a path, as arn:aws:iam::123456789012:user/ci/*, or make several policies of fewer users each.`,
  };
}

function isFlag(value: unknown): boolean {
  return value === undefined || value === null || typeof value === "boolean";
}

function statements(Resource: unknown[], { deactivatePeriod, lastUsedGuard, user }: PolicyOptions): object[] {
  const Action = [
    ...ROTATION_ACTIONS,
    ...(lastUsedGuard ? [GUARD_ACTION] : []),
    ...(deactivatePeriod ? [DEACTIVATE_ACTION] : []),
  ];
  return [
    { Sid: "RotateAccessKeys", Effect: "Allow", Action, Resource },
    ...(user
      ? [
          { Sid: "ManageUsers", Effect: "Allow", Action: USER_ACTIONS, Resource },
          { Sid: "FindVirtualMfaDevices", Effect: "Allow", Action: MFA_ACTION, Resource: "*" },
        ]
      : []),
  ];
}
