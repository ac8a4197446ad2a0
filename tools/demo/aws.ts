import { IAMClient, paginateListAccessKeys, paginateListUsers } from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

const REGION = "us-east-1";

export type Answer = { arn: string } | { refusedWith: string };

/** Asks STS who a key belongs to: whether it works, and for whom. */
export async function whoIs(endpoint: string, credentials: Credentials): Promise<Answer> {
  const sts = new STSClient({ endpoint, region: REGION, credentials, maxAttempts: 1 });
  try {
    const { Arn = "" } = await sts.send(new GetCallerIdentityCommand({}));
    return { arn: Arn };
  } catch (error) {
    if ((error as { $fault?: string }).$fault !== "client") throw error;
    return { refusedWith: (error as Error).name };
  } finally {
    sts.destroy();
  }
}

export interface FoundUser {
  name: string;
  /** Ids of its access keys. */
  keys: string[];
}

/** All users below a path. */
export async function usersBelow(endpoint: string, credentials: Credentials, path: string): Promise<FoundUser[]> {
  const iam = new IAMClient({ endpoint, region: REGION, credentials });
  const found: FoundUser[] = [];
  try {
    for await (const page of paginateListUsers({ client: iam }, { PathPrefix: path })) {
      for (const { UserName = "" } of page.Users ?? []) found.push({ name: UserName, keys: [] });
    }
    for (const { name, keys } of found) {
      for await (const page of paginateListAccessKeys({ client: iam }, { UserName: name })) {
        for (const { AccessKeyId = "" } of page.AccessKeyMetadata ?? []) keys.push(AccessKeyId);
      }
    }
    return found;
  } finally {
    iam.destroy();
  }
}
