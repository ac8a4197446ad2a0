import { setTimeout as sleep } from "node:timers/promises";
import { Account } from "../../test/harness/aws/account";
import { startEndpoint } from "../../test/harness/aws/endpoint";
import { type Call, startProxy } from "../../test/harness/aws/proxy";
import { withHeartbeat } from "../../test/harness/commands";
import { programFolder, providerText } from "../../test/harness/pulumi/builtProvider";
import { type Props, type Shim, startShim } from "../../test/harness/shim/shim";
import { type Benchmark, type Measurement, RUNS } from "./measurement";

/** Each call takes this much longer, in milliseconds: so those that wait for each other are told from those that don't. */
const DELAY = 40;

const READ = ["GetUser", "ListAccessKeys"];
const TAG = ["TagUser"];
/** Whether the tag is still this run's own. */
const LOOK = ["GetUser"];
const CREATE = ["CreateAccessKey"];
const DELETE = ["DeleteAccessKey"];
const TRY = ["GetCallerIdentity"];

/** What rules ask for: docs/how-it-works.md, "A rotation, call by call", says why. A step is what can run side by side. */
const NEEDED = {
  create: [READ, TAG, CREATE, [...TRY, ...READ], TAG],
  "rotate, with a free slot": [READ, TAG, CREATE, [...TRY, ...READ], TAG],
  "rotate, both slots taken": [READ, TAG, DELETE, CREATE, [...TRY, ...READ], TAG],
  "up and preview, nothing changed": [],
  refresh: [READ],
  "end of the grace period": [READ, TAG, [...TRY, ...LOOK], DELETE, TAG],
  // The first creation is refused, which shows that there is no room.
  "revoke, both slots taken": [READ, TAG, CREATE, LOOK, DELETE, CREATE, [...TRY, ...READ], DELETE, TAG],
  // `current` last, so that an interrupted run leaves the key in use for as long as it can.
  "destroy, two keys": [READ, DELETE, DELETE, LOOK, TAG],
  "adopt two keys": [READ, [...TRY, ...TRY], TAG, LOOK, TAG],
};

type Name = keyof typeof NEEDED;
type Recorder = (name: Name, work: () => Promise<unknown>) => Promise<void>;

export const calls: Benchmark = {
  name: "calls",
  text:
    "The provider as it is built, in Pulumi's provider process, against an emulator of IAM behind a proxy that delays " +
    `each call by ${DELAY} ms and notes when it begins and ends. "In sequence" is the longest row of calls each of ` +
    "which waited for the one before it. A goal is what the rules of a rotation ask for, and no more.",
  async run(log) {
    const folder = programFolder();
    const endpoint = await startEndpoint(log);
    const proxy = await startProxy(endpoint.url);
    const shim = await startShim({ cwd: folder.path, env: awsAt(proxy.url) });
    const __provider = await providerText();
    const taken = new Map<Name, Call[][]>();
    const record: Recorder = async (name, work) => {
      proxy.clear();
      proxy.rule({ fault: { kind: "delay", ms: DELAY } });
      await work();
      taken.set(name, [...(taken.get(name) ?? []), [...proxy.calls]]);
      proxy.clear();
    };
    try {
      for (let round = 1; round <= RUNS; round++) {
        const name = (suffix: string) => `bench-${process.pid}-${round}-${suffix}`;
        const work = async () => {
          await life(shim, new Account(endpoint.url, name("life")), __provider, record);
          await adoption(shim, new Account(endpoint.url, name("adopted")), __provider, record);
        };
        await withHeartbeat(log, `calls: round ${round} of ${RUNS}`, work());
      }
      return measure(taken);
    } finally {
      await shim.stop();
      await proxy.stop();
      await endpoint.stop();
      folder.remove();
    }
  },
};

/** The life of a resource, as the engine asks for it. */
async function life(shim: Shim, account: Account, __provider: string, record: Recorder): Promise<void> {
  const userArn = await account.createUser();
  const inputs: Props = { userArn, journalOwner: "0123456789ab", __provider };
  let olds: Props = {};
  const up = async (more: Props) => {
    Object.assign(inputs, more);
    await shim.check(olds, inputs);
    const { changes } = await shim.diff(userArn, olds, inputs);
    if (changes) olds = (await shim.update(userArn, olds, inputs)).outs;
  };
  const create = async () => {
    inputs.rotationTrigger = "a";
    await shim.check({}, inputs);
    olds = (await shim.create(inputs)).outs;
  };
  await record("create", create);
  await record("rotate, with a free slot", () => up({ rotationTrigger: "b" }));
  await record("rotate, both slots taken", () => up({ rotationTrigger: "c" }));
  await record("up and preview, nothing changed", () => up({}));
  await record("refresh", async () => {
    olds = (await shim.read(userArn, olds)).props;
  });
  await sleep(1_000 - (Date.now() % 1_000) + 1_000); // IAM tells dates in whole seconds
  await record("end of the grace period", () => up({ gracePeriod: "1s" }));
  await up({ gracePeriod: undefined, rotationTrigger: "d" });
  await record("revoke, both slots taken", () => up({ revocationTrigger: "leak" }));
  await up({ rotationTrigger: "e" });
  await record("destroy, two keys", () => shim.delete(userArn, olds));
}

async function adoption(shim: Shim, account: Account, __provider: string, record: Recorder): Promise<void> {
  const userArn = await account.createUser();
  const state = { previous: await account.addKey(), current: await account.addKey() };
  await record("adopt two keys", () => shim.create({ userArn, state, journalOwner: "0123456789ab", __provider }));
}

function measure(taken: Map<Name, Call[][]>): Measurement {
  const names = Object.keys(NEEDED) as Name[];
  const rows = names.flatMap((what) => {
    const [made, steps] = [taken.get(what) ?? [], NEEDED[what]];
    return [
      { what, unit: "calls", values: made.map((calls) => calls.length), goal: steps.flat().length },
      { what, unit: "calls in sequence", values: made.map(inSequence), goal: steps.length },
    ];
  });
  return { rows, notes: names.map((name) => `${name}: ${inOrder(taken.get(name)?.at(-1) ?? []) || "no call"}.`) };
}

/** A call as the proxy saw it, in milliseconds. */
export interface Span {
  action: string;
  startedAt: number;
  endedAt?: number;
}

/** The longest row of calls of which each began after the one before it had ended. */
export function inSequence(calls: readonly Span[]): number {
  const ended = calls.map(({ startedAt, endedAt = Number.POSITIVE_INFINITY }) => ({ startedAt, endedAt }));
  let length = 0;
  let free = Number.NEGATIVE_INFINITY;
  // Whichever ends first leaves most room for others.
  for (const { startedAt, endedAt } of ended.sort((a, b) => a.endedAt - b.endedAt)) {
    if (startedAt < free) continue;
    length++;
    free = endedAt;
  }
  return length;
}

/** The calls in the order in which they came, those that overlap joined by a plus. */
export function inOrder(calls: readonly Span[]): string {
  const steps: { actions: string[]; end: number }[] = [];
  for (const { action, startedAt, endedAt = Number.POSITIVE_INFINITY } of calls) {
    const last = steps.at(-1);
    if (last && startedAt < last.end) {
      last.actions.push(action);
      last.end = Math.min(last.end, endedAt);
    } else steps.push({ actions: [action], end: endedAt });
  }
  return steps.map(({ actions }) => actions.sort().join(" + ")).join(", ");
}

/** What makes a provider find an emulator. */
function awsAt(url: string): Record<string, string> {
  return { AWS_ENDPOINT_URL: url, AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
}
