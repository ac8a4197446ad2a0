import { IAMClient, paginateListUsers } from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { Account } from "./account";

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
  }
}

export interface FoundUser {
  name: string;
  /** Ids of its access keys. */
  keys: string[];
}

/** All users below a path. */
export async function usersBelow(endpoint: string, credentials: Credentials, path: string): Promise<FoundUser[]> {
  const client = new IAMClient({ endpoint, region: REGION, credentials });
  const found: FoundUser[] = [];
  for await (const { Users = [] } of paginateListUsers({ client }, { PathPrefix: path })) {
    for (const { UserName: name = "" } of Users) {
      const keys = await new Account(endpoint, name, credentials).keys();
      found.push({ name, keys: keys.map(({ id }) => id) });
    }
  }
  return found;
}

/** A key that a person makes by hand. Its secret is not needed, and given to nobody. */
export async function makeKey(endpoint: string, credentials: Credentials, user: string): Promise<string> {
  return (await new Account(endpoint, user, credentials).addKey()).accessKeyId;
}

export function deleteKey(endpoint: string, credentials: Credentials, user: string, id: string): Promise<void> {
  return new Account(endpoint, user, credentials).deleteKey(id);
}
