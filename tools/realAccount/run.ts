import { setTimeout as wait } from "node:timers/promises";
import { CreateAccessKeyCommand, DeleteAccessKeyCommand, IAMClient } from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { PATIENCE } from "../../provider/act/dependencies";
import type { AccessKeyPair } from "../../provider/model/accessKey";
import type { OwnUsers } from "./ownUsers";

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

interface Watched {
  /** Seconds from the change to the first answer that was wanted; `undefined` if it did not come. */
  after: number | undefined;
  /** The answers before it, each once. */
  before: Set<string>;
  last: string;
  /** Other answers after it. */
  relapses: string[];
  /** How often it was asked after it. */
  looks: number;
}

/** One thing that was settled. */
export interface Row {
  what: string;
  expected: string;
  seen: string;
  asExpected: boolean;
}

/** What a run goes by, and what it saw so far. */
export class Run {
  readonly rows: Row[] = [];
  readonly iam: IAMClient;
  /** A key is made once: a second try could make a second one. */
  readonly #once: IAMClient;

  constructor(
    readonly where: Where,
    readonly users: OwnUsers,
    readonly say: (line: string) => void,
    readonly pace: Pace,
    readonly signal: AbortSignal,
  ) {
    this.iam = users.guard(iamClient(where));
    this.#once = users.guard(iamClient(where, 1));
  }

  send = ((command: Parameters<IAMClient["send"]>[0]) => {
    const client = command instanceof CreateAccessKeyCommand ? this.#once : this.iam;
    return client.send(command, { abortSignal: this.signal });
  }) as IAMClient["send"];

  /** @param asExpected if that can't be told by comparing the texts */
  add(what: string, expected: string, seen: string, asExpected = seen === expected): void {
    this.rows.push({ what, expected, seen, asExpected });
    this.say(`  ${asExpected ? " " : "!"} ${what}: ${seen}`);
  }

  async ask(what: string, expected: string, work: Promise<unknown>): Promise<void> {
    this.add(what, expected, await this.answer(work));
  }

  /** An answer that takes its time, and then stays. */
  async within(limit: number, what: string, ask: () => Promise<string>, wanted: string, pace: Partial<Pace> = {}) {
    const watched = await this.watch(ask, wanted, pace);
    const { after, last, relapses, looks } = watched;
    const came = after === undefined ? `still ${last}` : `after ${after.toFixed(1)} s`;
    const stayed = relapses.length === 0 ? "" : `, then ${relapses.length} of ${looks} times ${relapses[0]}`;
    const asExpected = after !== undefined && after <= limit && relapses.length === 0;
    this.add(what, `within ${limit} s, for good`, came + stayed, asExpected);
    return watched;
  }

  /** AWS's answer in a word: `done`, or the code and the HTTP status of its error. */
  answer(work: Promise<unknown>): Promise<string> {
    return work.then(
      () => "done",
      (error: { name?: string; Code?: string; $metadata?: { httpStatusCode?: number } }) => {
        if (this.signal.aborted) throw this.signal.reason;
        if (!error.$metadata) throw error; // none of AWS's
        return `${error.Code ?? error.name}, ${error.$metadata.httpStatusCode ?? "no status"}`;
      },
    );
  }

  /** Asks until the wanted answer comes, and then goes on asking for a while. */
  async watch(ask: () => Promise<string>, wanted: string, pace: Partial<Pace> = {}): Promise<Watched> {
    const { interval, limit, watch } = { ...this.pace, ...pace };
    const start = Date.now();
    const watched: Watched = { after: undefined, before: new Set(), last: "", relapses: [], looks: 0 };
    for (let end = start + limit; ; await wait(interval, undefined, { signal: this.signal })) {
      const last = await ask();
      watched.last = last;
      if (watched.after !== undefined) {
        watched.looks++;
        if (last !== wanted) watched.relapses.push(last);
      } else if (last === wanted) {
        watched.after = (Date.now() - start) / 1_000;
        end = Date.now() + watch;
      } else watched.before.add(last);
      if (Date.now() >= end) return watched;
    }
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

/** The rows below each other, differences marked; what was seen stands last, since it may be long. */
export function table(rows: Row[]): string {
  const lines = [
    ["", "what", "expected", "seen"],
    ...rows.map(({ what, expected, seen, asExpected }) => [asExpected ? "" : "DIFFERENT", what, expected, seen]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) => line.map((text, column) => text.padEnd(widths[column] ?? 0)).join("  ")).join("\n");
}
