import { setTimeout as wait } from "node:timers/promises";
import { CreateAccessKeyCommand, DeleteAccessKeyCommand, IAMClient } from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { PATIENCE } from "../../provider/act/dependencies";
import type { AccessKeyPair } from "../../provider/model/accessKey";
import type { OwnUsers } from "./ownUsers";
import type { Report } from "./report";

/** No call hangs: what is begun has to end, and to be cleaned up. */
const requestHandler = { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true };

/** How AWS is reached. Without credentials, by the SDK's default chain. */
export interface Where {
  region: string;
  credentials?: AccessKeyPair;
}

export function iamClient(where: Where, maxAttempts = 3): IAMClient {
  return new IAMClient({ ...where, maxAttempts, requestHandler });
}

export function stsClient(where: Where): STSClient {
  return new STSClient({ ...where, requestHandler });
}

/** How long the package waits for AWS to catch up with itself, in seconds. */
export const seconds = (patience: keyof typeof PATIENCE): number => PATIENCE[patience] / 1_000;

type Command = Parameters<IAMClient["send"]>[0];

export interface MadeKey extends AccessKeyPair {
  createdAt: Date;
}

/** In milliseconds. */
export interface Pace {
  /** Between two looks. */
  interval: number;
  /** How long an answer is asked for. */
  limit: number;
  /** How long it is watched after that: AWS has many servers, and they catch up one by one. */
  watch: number;
}

export const PACE: Pace = { interval: 500, limit: 60_000, watch: 10_000 };

export interface Watched {
  /** Seconds from the change to the first answer that was wanted; `undefined` if it did not come. */
  after: number | undefined;
  /** The answers before it, each once. */
  before: string[];
  last: string;
  /** Other answers after it. */
  relapses: string[];
  /** How often it was asked after it. */
  looks: number;
}

/** What a run goes by. */
export class Run {
  readonly iam: IAMClient;
  /** A key is made once: a second try could make a second one. */
  readonly #once: IAMClient;

  constructor(
    readonly where: Where,
    readonly users: OwnUsers,
    readonly report: Report,
    readonly pace: Pace,
    readonly signal: AbortSignal,
  ) {
    this.iam = users.guard(iamClient(where));
    this.#once = users.guard(iamClient(where, 1));
  }

  send = ((command: Command) => {
    const client = command instanceof CreateAccessKeyCommand ? this.#once : this.iam;
    return client.send(command, { abortSignal: this.signal });
  }) as IAMClient["send"];

  /** AWS's answer in a word: `done`, or the code and the HTTP status of its error. */
  answer(work: Promise<unknown>): Promise<string> {
    return work.then(
      () => "done",
      (error: { name?: string; Code?: string; $metadata?: { httpStatusCode?: number } }) => {
        if (this.signal.aborted) throw this.signal.reason;
        if (!error.$metadata) throw error; // none of AWS's
        return `${error.Code ?? error.name}, ${error.$metadata?.httpStatusCode ?? "no status"}`;
      },
    );
  }

  /** Asks until the wanted answer comes, and then goes on asking for a while. */
  async watch(ask: () => Promise<string>, wanted: string, pace: Partial<Pace> = {}): Promise<Watched> {
    const { interval, limit, watch } = { ...this.pace, ...pace };
    const start = Date.now();
    const before = new Set<string>();
    let last = await ask();
    while (last !== wanted) {
      before.add(last);
      if (Date.now() - start > limit) return { after: undefined, before: [...before], last, relapses: [], looks: 0 };
      await wait(interval, undefined, { signal: this.signal });
      last = await ask();
    }
    const came = Date.now();
    const after = (came - start) / 1000;
    const relapses: string[] = [];
    let looks = 0;
    while (Date.now() - came < watch) {
      await wait(interval, undefined, { signal: this.signal });
      last = await ask();
      looks++;
      if (last !== wanted) relapses.push(last);
    }
    return { after, before: [...before], last, relapses, looks };
  }

  /** What AWS says to a call that is signed with this key. */
  async trial({ accessKeyId, secretAccessKey }: AccessKeyPair): Promise<string> {
    const sts = stsClient({ ...this.where, credentials: { accessKeyId, secretAccessKey } });
    try {
      return await this.answer(sts.send(new GetCallerIdentityCommand({}), { abortSignal: this.signal }));
    } finally {
      sts.destroy();
    }
  }

  async makeKey(UserName: string): Promise<MadeKey> {
    const { AccessKey } = await this.send(new CreateAccessKeyCommand({ UserName }));
    const { AccessKeyId = "", SecretAccessKey = "", CreateDate = new Date(0) } = AccessKey ?? {};
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, createdAt: CreateDate };
  }

  async deleteKey(UserName: string, { accessKeyId }: Pick<AccessKeyPair, "accessKeyId">): Promise<void> {
    await this.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: accessKeyId }));
  }
}
