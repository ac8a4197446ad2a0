// The only file that knows the AWS SDK. Loading it costs a tenth of a second, so provider.ts loads it on first use:
// a preview never does.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true"; // its advice on Node would show in every `up`

import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  GetUserCommand,
  IAMClient,
  type IAMClientConfig,
  paginateListAccessKeys,
  TagUserCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient, type STSClientConfig } from "@aws-sdk/client-sts";
import {
  fromNodeProviderChain,
  fromTemporaryCredentials,
  fromTokenFile,
  fromWebToken,
} from "@aws-sdk/credential-providers";
import type { Iam } from "../act/dependencies";
import type { AccessKeyPair, FoundKey } from "../model/accessKey";
import { timestamp } from "../model/accessKey";
import { JOURNAL_TAG } from "../model/journal";
import { given } from "../model/json";
import type { UserArn } from "../model/userArn";
import type { WebIdentity } from "./awsSettings";
import type { Access } from "./connection";
import type { CredentialSource } from "./credentials";
import { type AwsHttpHandler, requestHandler } from "./http";
import { damagedReply, toIamError } from "./iamErrors";
import { profileEndpoint } from "./profileEndpoint";
import { Pace, RetryAnything, RetryThrottled } from "./retry";

export function connect(user: UserArn, region: string, access: Access): Iam {
  const UserName = user.userName;
  const { handler, iam, iamOnce, sts, trial } = clientsFor(region, access);
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
    async deactivateAccessKey(AccessKeyId) {
      const input = { UserName, AccessKeyId, Status: "Inactive" as const };
      await call("iam:UpdateAccessKey", () => iam.send(new UpdateAccessKeyCommand(input)));
    },
    async lastUse(AccessKeyId) {
      const { AccessKeyLastUsed: use } = await call("iam:GetAccessKeyLastUsed", () =>
        iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId })),
      );
      if (!use?.LastUsedDate) return undefined;
      return { at: timestamp(use.LastUsedDate), service: use.ServiceName ?? "?", region: use.Region ?? "?" };
    },
    time: () => new Date(Date.now() + handler.clockOffset),
    signer: async () => (await call("iam:GetUser", () => iam.config.credentials())).accessKeyId,
    async callerAccount() {
      const { Account } = await call("sts:GetCallerIdentity", () => sts.send(new GetCallerIdentityCommand({})));
      return needed("sts:GetCallerIdentity", Account);
    },
    async tryKey(key) {
      const client = trial(key);
      client.config.systemClockOffset = iam.config.systemClockOffset;
      try {
        const action = "sts:GetCallerIdentity";
        const { Arn, UserId } = await call(action, () => client.send(new GetCallerIdentityCommand({})));
        return { accepted: true, arn: needed(action, Arn), ...(UserId && { userId: UserId }) };
      } catch (error) {
        const { kind, code } = toIamError("sts:GetCallerIdentity", error);
        if (kind === "denied") return { accepted: true };
        const said = { accepted: false, code, wrongSecret: code === "SignatureDoesNotMatch" } as const;
        return kind === "credentials" || kind === "refused" ? said : { ...said, unasked: true };
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

const { version: VERSION } = require("../../package.json") as { version: string };

/** Where a client sends its calls. */
interface Place {
  region: string;
  endpoint?: string;
  requestHandler: AwsHttpHandler;
  profile?: string;
  useFipsEndpoint?: true;
  useDualstackEndpoint?: true;
  customUserAgent: [string, string][];
}

interface Clients {
  handler: AwsHttpHandler;
  iam: IAMClient;
  /** For CreateAccessKey: repeats nothing that AWS may have executed. */
  iamOnce: IAMClient;
  sts: STSClient;
  /** Signs by a key that is tried. */
  trial(key: AccessKeyPair): STSClient;
}

// One set of sockets and one resolution of credentials for the whole process, however many users it rotates.
const clients = new Map<string, Clients>();

function clientsFor(region: string, access: Access): Clients {
  const key = JSON.stringify([region, access]);
  const known = clients.get(key) ?? newClients(region, access);
  clients.set(key, known);
  return known;
}

function newClients(region: string, { credentials, connection }: Access): Clients {
  const { iamEndpoint, stsEndpoint, stsRegion = region, attempts } = connection;
  const { useFipsEndpoint, useDualstackEndpoint } = connection;
  const { profile } = credentials;
  const handler = requestHandler(connection);
  const shared = {
    requestHandler: handler,
    // What is not set here, the SDK reads: in the environment, and in the profile.
    ...given({ profile, useFipsEndpoint, useDualstackEndpoint }),
    // What CloudTrail shows beside each call.
    customUserAgent: [["pulumi-aws-iam-rotator", VERSION]] as [string, string][],
  };
  const toIam: Place = { ...shared, region, ...given({ endpoint: iamEndpoint }) };
  const toSts: Place = { ...shared, region: stsRegion, ...given({ endpoint: stsEndpoint }) };
  const pace = new Pace();
  const asProfile = <T extends IAMClient | STSClient>(service: "iam" | "sts", client: T): T => {
    if (profile) Object.assign(client.config, { serviceConfiguredEndpoint: profileEndpoint(service, credentials) });
    return client;
  };
  const newIam = (more: IAMClientConfig) => asProfile("iam", new IAMClient({ ...toIam, ...more }));
  const newSts = (more: STSClientConfig) => asProfile("sts", new STSClient({ ...toSts, ...more }));
  const iam = newIam({
    credentials: credentialsOf(credentials, toSts),
    retryStrategy: new RetryAnything(pace, attempts),
  });
  // As the first client keeps them: each client would resolve them anew, and assume each role again.
  const resolved = iam.config.credentials;
  return {
    handler,
    iam,
    iamOnce: newIam({ credentials: resolved, retryStrategy: new RetryThrottled(pace, attempts) }),
    sts: newSts({ credentials: resolved, retryStrategy: new RetryAnything(new Pace(), attempts) }),
    trial: (key) => newSts({ credentials: key, maxAttempts: 1 }),
  };
}

type Credentials = NonNullable<IAMClientConfig["credentials"]>;

function credentialsOf(source: CredentialSource, toSts: Place): Credentials {
  const { login, webIdentity, roles = [] } = source;
  // A copy: the SDK notes in it where it comes from.
  let credentials =
    (login && { ...login }) ?? (webIdentity ? byWebIdentity(webIdentity, toSts) : byChain(source, toSts));
  for (const params of roles) {
    credentials = fromTemporaryCredentials({ masterCredentials: credentials, params, clientConfig: toSts });
  }
  return credentials;
}

/** Its clients of other services, SSO above all, have endpoints of their own. */
function byChain({ profile, configFile, credentialsFile }: CredentialSource, toSts: Place) {
  const { endpoint: _, ...clientConfig } = toSts;
  const files = given({ configFilepath: configFile, filepath: credentialsFile });
  return fromNodeProviderChain({ clientConfig, ...given({ profile }), ...files });
}

function byWebIdentity({ webIdentityToken, ...role }: WebIdentity, clientConfig: Place) {
  return webIdentityToken
    ? fromWebToken({ ...role, webIdentityToken, clientConfig })
    : fromTokenFile({ ...role, clientConfig });
}
