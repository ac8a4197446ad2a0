// The only file that knows the AWS SDK. Loading it costs a tenth of a second, so provider.ts loads it on first use:
// a preview never does.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true"; // its advice on Node would show in every `up`

import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  GetUserCommand,
  IAMClient,
  paginateListAccessKeys,
  TagUserCommand,
} from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { fromNodeProviderChain } from "@aws-sdk/credential-providers";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { AccessKeyPair, FoundKey, RotatedKey } from "./accessKey";
import { timestamp } from "./accessKey";
import type { CredentialSource } from "./credentials";
import { damagedReply, toIamError } from "./iamErrors";
import { JOURNAL_TAG } from "./journal";
import { RetryAnything, RetryThrottled } from "./retry";
import type { UserArn } from "./userArn";

export interface FoundUser {
  /** `AIDA…`, never used again: tells a user from a later one of the same name. */
  userId: string;
  arn: string;
  /** The value of the journal's tag, as it stands there. */
  journal?: string;
}

export interface LastUse {
  at: string;
  service: string;
  region: string;
}

export type KeyTrial = { accepted: true; arn: string } | { accepted: false; code: string; wrongSecret: boolean };

/** The calls that a rotation needs, on one user. Each failure is an IamError. */
export interface Iam {
  getUser(): Promise<FoundUser>;
  /** Oldest first. */
  listAccessKeys(): Promise<FoundKey[]>;
  /** One attempt: a reply that got lost is reported as `doubtful`, and never answered with a second key. */
  createAccessKey(): Promise<RotatedKey>;
  deleteAccessKey(accessKeyId: string): Promise<void>;
  writeJournal(value: string): Promise<void>;
  /** When and where a key was last used; `undefined` if never. Its permission is outside of the five. */
  lastUse(accessKeyId: string): Promise<LastUse | undefined>;
  /** The time by AWS's clock, to within the five minutes that its signatures tolerate. */
  time(): Date;
  /** The account that the credentials belong to. Needs no permission. */
  callerAccount(): Promise<string>;
  /** Signs one call with a key that may be too young to be known everywhere. */
  tryKey(key: AccessKeyPair): Promise<KeyTrial>;
}

export function connect(user: UserArn, region: string, source: CredentialSource): Iam {
  const UserName = user.userName;
  const { iam, iamOnce, sts } = clientsFor(region, source);
  return {
    async getUser() {
      const { User } = await call("iam:GetUser", () => iam.send(new GetUserCommand({ UserName })));
      // Tag keys are case-insensitive, and AWS keeps the case of the first writing.
      const journal = User?.Tags?.find((tag) => tag.Key?.toLowerCase() === JOURNAL_TAG)?.Value;
      const [userId, arn] = [needed("iam:GetUser", User?.UserId), needed("iam:GetUser", User?.Arn)];
      return { userId, arn, ...(journal !== undefined && { journal }) };
    },
    async writeJournal(Value) {
      const Tags = [{ Key: JOURNAL_TAG, Value }];
      await call("iam:TagUser", () => iam.send(new TagUserCommand({ UserName, Tags })));
    },
    async listAccessKeys() {
      const keys: FoundKey[] = [];
      await call("iam:ListAccessKeys", async () => {
        for await (const page of paginateListAccessKeys({ client: iam }, { UserName })) {
          for (const key of needed("iam:ListAccessKeys", page.AccessKeyMetadata)) {
            keys.push({
              accessKeyId: needed("iam:ListAccessKeys", key.AccessKeyId),
              status: key.Status ?? "Inactive",
              createdAt: timestamp(key.CreateDate ?? new Date(0)),
            });
          }
        }
      });
      return keys.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
    },
    async createAccessKey() {
      const action = "iam:CreateAccessKey";
      iamOnce.config.systemClockOffset = iam.config.systemClockOffset;
      const { AccessKey } = await call(action, () => iamOnce.send(new CreateAccessKeyCommand({ UserName })));
      return {
        accessKeyId: needed(action, AccessKey?.AccessKeyId),
        secretAccessKey: needed(action, AccessKey?.SecretAccessKey),
        createdAt: timestamp(AccessKey?.CreateDate ?? new Date()),
      };
    },
    async deleteAccessKey(AccessKeyId) {
      await call("iam:DeleteAccessKey", () => iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId })));
    },
    async lastUse(AccessKeyId) {
      const { AccessKeyLastUsed: use } = await call("iam:GetAccessKeyLastUsed", () =>
        iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId })),
      );
      if (!use?.LastUsedDate) return undefined;
      return { at: timestamp(use.LastUsedDate), service: use.ServiceName ?? "?", region: use.Region ?? "?" };
    },
    // The SDK measures it whenever the clocks are further apart.
    time: () => new Date(Date.now() + iam.config.systemClockOffset),
    async callerAccount() {
      const { Account } = await call("sts:GetCallerIdentity", () => sts.send(new GetCallerIdentityCommand({})));
      return needed("sts:GetCallerIdentity", Account);
    },
    async tryKey(key) {
      const client = new STSClient({ region, credentials: key, maxAttempts: 1, requestHandler });
      try {
        const { Arn } = await call("sts:GetCallerIdentity", () => client.send(new GetCallerIdentityCommand({})));
        return { accepted: true, arn: needed("sts:GetCallerIdentity", Arn) };
      } catch (error) {
        const { code } = toIamError("sts:GetCallerIdentity", error);
        return { accepted: false, code, wrongSecret: code === "SignatureDoesNotMatch" };
      }
    },
  };
}

/** An answer without content says nothing: that there are no keys, above all, must be said by AWS itself. */
function needed<T>(action: string, value: T | undefined): T {
  if (value === undefined || value === "") throw damagedReply(action);
  return value;
}

async function call<T>(action: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw toIamError(action, error);
  }
}

// One set of sockets and one resolution of credentials for the whole process, however many users it rotates.
const requestHandler = new NodeHttpHandler({
  connectionTimeout: 5_000,
  requestTimeout: 20_000,
  throwOnRequestTimeout: true,
  httpsAgent: { keepAlive: true, maxSockets: 50 },
  httpAgent: { keepAlive: true, maxSockets: 50 },
});

interface Clients {
  iam: IAMClient;
  /** For CreateAccessKey: repeats nothing that AWS may have executed. */
  iamOnce: IAMClient;
  sts: STSClient;
}

const clients = new Map<string, Clients>();

function clientsFor(region: string, source: CredentialSource): Clients {
  const key = JSON.stringify([region, source]);
  const known = clients.get(key);
  if (known) return known;
  const shared = { region, credentials: credentialsOf(source), requestHandler };
  const made = {
    iam: new IAMClient({ ...shared, retryStrategy: new RetryAnything() }),
    iamOnce: new IAMClient({ ...shared, retryStrategy: new RetryThrottled() }),
    sts: new STSClient({ ...shared, retryStrategy: new RetryAnything() }),
  };
  clients.set(key, made);
  return made;
}

function credentialsOf(source: CredentialSource) {
  if ("login" in source) return source.login;
  return fromNodeProviderChain("profile" in source ? { profile: source.profile } : {});
}
