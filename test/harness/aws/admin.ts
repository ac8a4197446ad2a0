import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  IAMClient,
  paginateListAccessKeys,
  paginateListUsers,
} from "@aws-sdk/client-iam";
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
export function usersBelow(endpoint: string, credentials: Credentials, path: string): Promise<FoundUser[]> {
  return asAdmin(endpoint, credentials, async (iam) => {
    const found: FoundUser[] = [];
    for await (const page of paginateListUsers({ client: iam }, { PathPrefix: path })) {
      for (const { UserName = "" } of page.Users ?? []) found.push({ name: UserName, keys: [] });
    }
    for (const { name, keys } of found) {
      for await (const page of paginateListAccessKeys({ client: iam }, { UserName: name })) {
        for (const { AccessKeyId = "" } of page.AccessKeyMetadata ?? []) keys.push(AccessKeyId);
      }
    }
    return found;
  });
}

/** A key that a person makes by hand. Its secret is not needed, and given to nobody. */
export async function makeKey(endpoint: string, credentials: Credentials, user: string): Promise<string> {
  const { AccessKey } = await asAdmin(endpoint, credentials, (iam) =>
    iam.send(new CreateAccessKeyCommand({ UserName: user })),
  );
  return AccessKey?.AccessKeyId ?? "";
}

export async function deleteKey(endpoint: string, credentials: Credentials, user: string, id: string): Promise<void> {
  await asAdmin(endpoint, credentials, (iam) =>
    iam.send(new DeleteAccessKeyCommand({ UserName: user, AccessKeyId: id })),
  );
}

async function asAdmin<T>(endpoint: string, credentials: Credentials, act: (iam: IAMClient) => Promise<T>): Promise<T> {
  const iam = new IAMClient({ endpoint, region: REGION, credentials });
  try {
    return await act(iam);
  } finally {
    iam.destroy();
  }
}
