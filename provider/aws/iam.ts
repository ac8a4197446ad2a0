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
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { Iam } from "../act/dependencies";
import type { AccessKeyPair, FoundKey } from "../model/accessKey";
import { timestamp } from "../model/accessKey";
import { JOURNAL_TAG } from "../model/journal";
import { given } from "../model/json";
import type { UserArn } from "../model/userArn";
import type { Access } from "./connection";
import { type AwsHttpHandler, requestHandler } from "./http";
import { damagedReply, neverSent, toIamError } from "./iamErrors";
import { endpointsOf } from "./profile";
import { Pace, RetryAnything, RetryThrottled } from "./retry";
import { type Place, signerOf } from "./signer";

export function connect(user: UserArn, region: string, access: Access): Iam {
  const UserName = user.userName;
  const { handler, ready } = clientsFor(region, access);
  const call = async <T>(action: string, send: (clients: Clients) => Promise<T>): Promise<T> => {
    try {
      return await send(await ready());
    } catch (error) {
      throw toIamError(action, error);
    }
  };
  return {
    async getUser() {
      const { User } = await call("iam:GetUser", ({ iam }) => iam.send(new GetUserCommand({ UserName })));
      // Tag keys are case-insensitive, and AWS keeps the case of the first writing.
      const journal = User?.Tags?.find((tag) => tag.Key?.toLowerCase() === JOURNAL_TAG)?.Value;
      const [userId, arn] = [needed("iam:GetUser", User?.UserId), needed("iam:GetUser", User?.Arn)];
      return { userId, arn, ...(journal !== undefined && { journal }) };
    },
    async writeJournal(Value) {
      const Tags = [{ Key: JOURNAL_TAG, Value }];
      await call("iam:TagUser", ({ iam }) => iam.send(new TagUserCommand({ UserName, Tags })));
    },
    async listAccessKeys() {
      const keys: FoundKey[] = [];
      await call("iam:ListAccessKeys", async ({ iam }) => {
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
      const { AccessKey } = await call(action, ({ iam, iamOnce }) => {
        iamOnce.config.systemClockOffset = iam.config.systemClockOffset;
        return iamOnce.send(new CreateAccessKeyCommand({ UserName }));
      });
      return {
        accessKeyId: needed(action, AccessKey?.AccessKeyId),
        secretAccessKey: needed(action, AccessKey?.SecretAccessKey),
        createdAt: timestamp(AccessKey?.CreateDate ?? new Date()),
      };
    },
    async deleteAccessKey(AccessKeyId) {
      await call("iam:DeleteAccessKey", ({ iam }) => iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId })));
    },
    async deactivateAccessKey(AccessKeyId) {
      const input = { UserName, AccessKeyId, Status: "Inactive" as const };
      await call("iam:UpdateAccessKey", ({ iam }) => iam.send(new UpdateAccessKeyCommand(input)));
    },
    async lastUse(AccessKeyId) {
      const { AccessKeyLastUsed: use } = await call("iam:GetAccessKeyLastUsed", ({ iam }) =>
        iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId })),
      );
      if (!use?.LastUsedDate) return undefined;
      return { at: timestamp(use.LastUsedDate), service: use.ServiceName ?? "?", region: use.Region ?? "?" };
    },
    time: () => new Date(Date.now() + handler.clockOffset),
    signer: async () => (await call("iam:GetUser", ({ iam }) => iam.config.credentials())).accessKeyId,
    async callerAccount() {
      const { Account } = await call("sts:GetCallerIdentity", ({ sts }) => sts.send(new GetCallerIdentityCommand({})));
      return needed("sts:GetCallerIdentity", Account);
    },
    async tryKey(key) {
      const action = "sts:GetCallerIdentity";
      try {
        const { Arn, UserId } = await call(action, ({ iam, trial }) => {
          const client = trial(key);
          client.config.systemClockOffset = iam.config.systemClockOffset;
          return client.send(new GetCallerIdentityCommand({}));
        });
        return { accepted: true, arn: needed(action, Arn), ...(UserId && { userId: UserId }) };
      } catch (error) {
        const { kind, code } = toIamError(action, error);
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

const { version: VERSION } = require("../../package.json") as { version: string };

interface Clients {
  iam: IAMClient;
  /** For CreateAccessKey: repeats nothing that AWS may have executed. */
  iamOnce: IAMClient;
  sts: STSClient;
  /** Signs by a key that is tried. */
  trial(key: AccessKeyPair): STSClient;
}

interface Connected {
  handler: AwsHttpHandler;
  /** Made with the first call, since the shared files are read for it. */
  ready(): Promise<Clients>;
}

// One set of sockets and one resolution of credentials for the whole process, however many users it rotates.
const connected = new Map<string, Connected>();

function clientsFor(region: string, access: Access): Connected {
  const key = JSON.stringify([region, access]);
  let known = connected.get(key);
  if (!known) {
    const handler = requestHandler(access.connection);
    let clients: Promise<Clients> | undefined;
    known = { handler, ready: () => (clients ??= newClients(region, access, handler)) };
    connected.set(key, known);
  }
  return known;
}

async function newClients(region: string, access: Access, requestHandler: AwsHttpHandler): Promise<Clients> {
  const { credentials, connection } = access;
  const { stsRegion = region, attempts, useFipsEndpoint, useDualstackEndpoint } = connection;
  const endpoints = await endpointsOf(access);
  const shared = {
    requestHandler,
    ignoreConfiguredEndpointUrls: true,
    // What is not set here, the SDK reads: in the environment, and in the profile.
    ...given({ profile: credentials.profile, useFipsEndpoint, useDualstackEndpoint }),
    // What CloudTrail shows beside each call.
    customUserAgent: [["pulumi-aws-iam-rotator", VERSION]] as [string, string][],
  };
  const toIam: Place = { ...shared, region, ...given({ endpoint: endpoints.iam }) };
  const toSts: Place = { ...shared, region: stsRegion, ...given({ endpoint: endpoints.sts }) };
  const pace = new Pace();
  const iam = new IAMClient({
    ...toIam,
    credentials: signerOf(credentials, toSts),
    retryStrategy: new RetryAnything(pace, attempts),
  });
  // As the first client keeps them: each client would resolve them anew, and assume each role again.
  const resolved = iam.config.credentials;
  const iamOnce = new IAMClient({ ...toIam, credentials: resolved, retryStrategy: new RetryThrottled(pace, attempts) });
  const newSts = (more: object) => noting(new STSClient({ ...toSts, ...more }));
  return {
    iam: noting(iam),
    iamOnce: noting(iamOnce),
    sts: newSts({ credentials: resolved, retryStrategy: new RetryAnything(new Pace(), attempts) }),
    trial: (key) => newSts({ credentials: key, maxAttempts: 1 }),
  };
}

/** Notes of a failure that it came before the request was handed on: then nobody can have executed it. */
function noting<T extends IAMClient | STSClient>(client: T): T {
  const { middlewareStack } = client as IAMClient;
  middlewareStack.add(
    (next, context) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        throw context.isSent ? error : neverSent(error);
      }
    },
    { step: "initialize", priority: "high", name: "notingOutside" },
  );
  middlewareStack.add(
    (next, context) => (args) => {
      context.isSent = true;
      return next(args);
    },
    { step: "deserialize", priority: "low", name: "notingInside" },
  );
  return client;
}
