/** The parts of an IAM user's ARN that the API and the endpoint need. */
export interface UserArn {
  partition: string;
  accountId: string;
  /** The user's name, the part after the last slash: what the IAM API asks for. */
  userName: string;
}

// Name and path as the IAM API reference gives them for User: name [\w+=,.@-]{1,64}, path of printable ASCII.
const USER_ARN = /^arn:(aws[a-z0-9-]*):iam::(\d{12}):user\/((?:[\x21-\x7e]*\/)?)([\w+=,.@-]{1,64})$/;

/** IAM is one per partition, and lives in this region. */
const IAM_REGION: Record<string, string> = {
  aws: "us-east-1",
  "aws-cn": "cn-north-1",
  "aws-us-gov": "us-gov-west-1",
  "aws-iso": "us-iso-east-1",
  "aws-iso-b": "us-isob-east-1",
  "aws-iso-e": "eu-isoe-west-1",
  "aws-iso-f": "us-isof-south-1",
  "aws-eusc": "eusc-de-east-1",
};

// Longest prefix first: us-isob- before us-iso-.
const PARTITION_BY_REGION: [RegExp, string][] = [
  [/^cn-/, "aws-cn"],
  [/^us-gov-/, "aws-us-gov"],
  [/^us-isob-/, "aws-iso-b"],
  [/^us-isof-/, "aws-iso-f"],
  [/^us-iso-/, "aws-iso"],
  [/^eu-isoe-/, "aws-iso-e"],
  [/^eusc-/, "aws-eusc"],
];

export function parseUserArn(arn: string): UserArn | undefined {
  const [, partition, accountId, , userName] = USER_ARN.exec(arn) ?? [];
  return partition && accountId && userName ? { partition, accountId, userName } : undefined;
}

/** Why a text is not the ARN of an IAM user, in words for the one who wrote it. */
export function userArnProblem(arn: string): string | undefined {
  if (parseUserArn(arn)) return undefined;
  if (parseUserArn(arn.trim())) return "has white space before or after it; pass it without";
  const example = "for example arn:aws:iam::123456789012:user/ci/deployer";
  if (/:iam::\d{12}:root$/.test(arn))
    return `is the account's root user, whose keys can't be rotated here; give an IAM user's ARN, ${example}`;
  const kind = /^arn:[^:]*:(?:iam|sts)::\d{12}:([a-z-]+)\//.exec(arn)?.[1];
  if (kind && kind !== "user")
    return `is the ARN of ${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}, which has no access keys; give an IAM user's ARN, ${example}`;
  return `is not the ARN of an IAM user, ${example}`;
}

export function partitionOf(region: string): string {
  return PARTITION_BY_REGION.find(([prefix]) => prefix.test(region))?.[1] ?? "aws";
}

/** The first of the regions that lies in the user's partition, else the region in which that partition's IAM lives. */
export function regionFor(user: UserArn, ...candidates: (string | undefined)[]): string {
  const fitting = candidates.find((region) => region && partitionOf(region) === user.partition);
  return fitting ?? IAM_REGION[user.partition] ?? "us-east-1";
}

/** Names are unique in an account, whatever their case: what works on one user at a time goes by this. */
export function userKey({ partition, accountId, userName }: UserArn): string {
  return `${partition} ${accountId} ${userName.toLowerCase()}`;
}

/**
 * What a changed ARN says of the user. `renamed`: renamed or moved, or another one, which only its UserId tells. `other`:
 * another account's. `unknown`: a preview can't know one of them.
 */
export function userChange(before: string, after: string): "same" | "renamed" | "other" | "unknown" {
  if (before === after) return "same";
  const [was, is] = [parseUserArn(before), parseUserArn(after)];
  if (!was || !is) return "unknown";
  if (was.partition !== is.partition || was.accountId !== is.accountId) return "other";
  return "renamed";
}
