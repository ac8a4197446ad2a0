import { AsyncLocalStorage } from "node:async_hooks";
import { setMaxListeners } from "node:events";
import { systemClock } from "../act/clock";
import { type Iam, PATIENCE } from "../act/dependencies";
import type { Engine } from "../act/engine";
import type { EngineLog } from "../act/engineLog";
import type { World } from "../lifecycle/session";
import { IamError, RotationError } from "../model/errors";
import type { Severity } from "../model/message";

/** How long AWS may still take to answer a question once the engine has asked to end, in milliseconds. */
const HURRY = 1_000;

/** One call of the engine's: the resource that it is about, and what is said meanwhile. */
interface Call {
  urn: string;
  stop: AbortSignal;
  said: Promise<void>[];
}

/** However many keys wait at once, all of them listen: by default Node.js warns of more than ten. */
function stopper(): AbortController {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  return stop;
}

/** The calls that are under way, and how they are ended early. */
export class Calls {
  readonly #current = new AsyncLocalStorage<Call>();
  #stop = stopper();
  #count = 0;

  constructor(private readonly log: EngineLog) {}

  get areUnderWay(): boolean {
    return this.#count > 0;
  }

  /** What is said in it belongs to that resource, and has reached the engine before the call is answered. */
  async run<T>(urn: string, work: () => Promise<T>): Promise<T> {
    const call: Call = { urn, stop: this.#stop.signal, said: [] };
    this.#count += 1;
    try {
      return await this.#current.run(call, work);
    } finally {
      await Promise.allSettled(call.said);
      this.#count -= 1;
    }
  }

  /** Ends every wait of the calls under way; those that come later are not concerned. */
  cancel(): void {
    this.#stop.abort();
    this.#stop = stopper();
  }

  say(line: string, more: { passing?: boolean; severity?: Severity } = {}): void {
    const call = this.#current.getStore();
    call?.said.push(this.log.say(call.urn, line, more));
  }

  /** @throws RotationError if the engine has asked to end */
  goOn(): void {
    if (this.#current.getStore()?.stop.aborted) throw interrupted();
  }

  /** @throws IamError as if the reply had been lost, soon after the engine asked to end */
  soon<T>(action: string, work: Promise<T>): Promise<T> {
    const stop = this.#current.getStore()?.stop;
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const cancelled = () => reject(new IamError("doubtful", action, "Cancelled", "the operation was cancelled"));
      const hurry = () => {
        timer = setTimeout(cancelled, HURRY);
      };
      if (stop?.aborted) hurry();
      else stop?.addEventListener("abort", hurry, { once: true });
      work.then(resolve, reject).finally(() => {
        clearTimeout(timer);
        stop?.removeEventListener("abort", hurry);
      });
    });
  }

  /** @throws RotationError as soon as the engine asks to end */
  sleep(milliseconds: number): Promise<void> {
    const stop = this.#current.getStore()?.stop;
    return new Promise((resolve, reject) => {
      if (stop?.aborted) return reject(interrupted());
      const timer = setTimeout(() => {
        stop?.removeEventListener("abort", end);
        resolve();
      }, milliseconds);
      const end = () => {
        clearTimeout(timer);
        reject(interrupted());
      };
      stop?.addEventListener("abort", end, { once: true });
    });
  }
}

/** What only asks AWS, and is abandoned without harm: the SDK would ask again for minutes. */
function hurried(iam: Iam, calls: Calls): Iam {
  const soon =
    <Args extends unknown[], T>(action: string, ask: (...args: Args) => Promise<T>) =>
    (...args: Args) =>
      calls.soon(action, ask(...args));
  return {
    ...iam,
    getUser: soon("iam:GetUser", iam.getUser),
    listAccessKeys: soon("iam:ListAccessKeys", iam.listAccessKeys),
    lastUse: soon("iam:GetAccessKeyLastUsed", iam.lastUse),
    signer: soon("iam:GetUser", iam.signer),
    callerAccount: soon("sts:GetCallerIdentity", iam.callerAccount),
    tryKey: soon("sts:GetCallerIdentity", iam.tryKey),
  };
}

function interrupted(): RotationError {
  return new RotationError({
    attempted: "Stopped waiting for AWS",
    found: "the operation was cancelled.",
    todo: "Run again: it goes on from where it stands.",
  });
}

/** The world of the plugin: a wait can be ended, and what takes its time is shown beside the resource. */
export function pluginWorld(calls: Calls, engine: Engine): World {
  return {
    connect: (...args) => {
      // Here begins what has waited for its turn meanwhile.
      calls.goOn();
      // Loaded with the first call to AWS, so that a preview does not pay for it.
      const { connect } = require("../aws/iam") as typeof import("../aws/iam");
      const iam = hurried(connect(...args), calls);
      const tell = (line: string) => calls.say(line, { passing: true });
      return {
        ...iam,
        createAccessKey: async () => {
          calls.goOn();
          tell("making a new access key …");
          return iam.createAccessKey();
        },
        tryKey: (key) => {
          tell(`waiting until AWS accepts ${key.accessKeyId} …`);
          return iam.tryKey(key);
        },
        deleteAccessKey: (accessKeyId) => {
          tell(`deleting ${accessKeyId} …`);
          return iam.deleteAccessKey(accessKeyId);
        },
      };
    },
    clock: { now: systemClock.now, sleep: (milliseconds) => calls.sleep(milliseconds) },
    patience: PATIENCE,
    engine,
    env: process.env,
    say: (text, severity = "info") => calls.say(text, { severity }),
  };
}
