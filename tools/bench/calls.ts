import { setTimeout as sleep } from "node:timers/promises";
import { Account } from "../../test/harness/aws/account";
import { startEndpoint } from "../../test/harness/aws/endpoint";
import { type Call, type FaultProxy, startProxy } from "../../test/harness/aws/proxy";
import { withHeartbeat } from "../../test/harness/commands";
import { programFolder, providerText } from "../../test/harness/pulumi/builtProvider";
import { type Props, type Shim, startShim } from "../../test/harness/shim/shim";
import { differences, inOrder, inSequence, type Steps } from "./criticalPath";
import type { Benchmark, Limit, Measurement, Row } from "./measurement";
import { Rival } from "./rivals";
import { RUNS } from "./runs";

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
  "revoke, both slots taken": [READ, TAG, DELETE, CREATE, [...TRY, ...READ], DELETE, TAG],
  // `current` last, so that an interrupted run leaves the key in use for as long as it can.
  "destroy, two keys": [READ, DELETE, DELETE, LOOK, TAG],
  "adopt two keys": [READ, [...TRY, ...TRY], TAG, LOOK, TAG],
} satisfies Record<string, Steps>;

type Ours = keyof typeof NEEDED;

const RIVALS = [
  "create: the least",
  "create: a static role of Vault",
  "rotate, both slots taken: the least",
  "rotate, both slots taken: `aws iam` by hand",
  "rotate, both slots taken: a static role of Vault",
  "destroy, two keys: the least",
] as const;

type Name = Ours | (typeof RIVALS)[number];
type Recorder = (name: Name, work: () => Promise<unknown>) => Promise<void>;

export const calls: Benchmark = {
  name: "calls",
  title: "Calls to AWS, and how many of them wait for each other",
  async run(log) {
    const folder = programFolder();
    const endpoint = await startEndpoint(log);
    const proxy = await startProxy(endpoint.url);
    const env = {
      AWS_ENDPOINT_URL: proxy.url,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: "us-east-1",
    };
    const shim = await startShim({ cwd: folder.path, env });
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
          await rivals(proxy, (suffix) => new Account(endpoint.url, name(suffix)), record);
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

async function rivals(proxy: FaultProxy, account: (name: string) => Account, record: Recorder): Promise<void> {
  const rival = async (name: string) => {
    const user = account(name);
    await user.createUser();
    return new Rival(proxy.url, user.userName);
  };
  const [least, hand, vault] = [await rival("least"), await rival("hand"), await rival("vault")];
  await record("create: the least", () => least.create());
  await record("create: a static role of Vault", () => vault.createAsVault());
  for (const each of [least, hand, vault]) await each.create();
  await hand.create();
  await record("rotate, both slots taken: the least", () => least.rotateAtLeast());
  await record("rotate, both slots taken: `aws iam` by hand", () => hand.rotateByHand());
  await record("rotate, both slots taken: a static role of Vault", () => vault.rotateAsVault());
  await record("destroy, two keys: the least", () => least.destroyAtLeast());
}

function measure(taken: Map<Name, Call[][]>): Measurement {
  const rowOf = (name: Name, unit: string, of: (calls: Call[]) => number): Row => ({
    what: name,
    unit,
    values: (taken.get(name) ?? []).map(of),
  });
  const number = (name: Name) => rowOf(name, "calls", (made) => made.length);
  const depth = (name: Name) => rowOf(name, "calls in sequence", inSequence);
  const ours = Object.keys(NEEDED) as Ours[];
  const limits = ours.flatMap((name): Limit[] => {
    const steps: Steps = NEEDED[name];
    return [
      { what: name, row: number(name), goal: steps.flat().length },
      { what: name, row: depth(name), goal: steps.length },
    ];
  });
  const rotate = "rotate, both slots taken";
  const notes = ours.flatMap((name) => {
    const last = taken.get(name)?.at(-1) ?? [];
    const found = differences(last, NEEDED[name]);
    const waits = inSequence(last) > NEEDED[name].length ? ["some wait for each other that need not"] : [];
    const remarks = [...found, ...waits];
    return [`${name}: ${inOrder(last) || "no call"}${remarks.length > 0 ? ` (${remarks.join("; ")})` : ""}.`];
  });
  return {
    name: "calls",
    title: calls.title,
    text:
      "The provider as it is built, in Pulumi's provider process, against an emulator of IAM behind a proxy that delays " +
      `each call by ${DELAY} ms and notes when it begins and ends. "In sequence" is the longest row of calls each of ` +
      "which waited for the one before it. A goal is what the rules of a rotation ask for, and no more. What others do " +
      "is replayed: the least that makes and deletes keys, a person with the AWS CLI, and a static role of Vault, as " +
      "its source has it. None of them tries the new key, or could tell afterwards what a killed run has left.",
    rows: [...ours, ...RIVALS].flatMap((name) => [number(name), depth(name)]),
    ratios: ["the least", "`aws iam` by hand", "a static role of Vault"].map((other) => ({
      what: `${rotate}, in sequence, over ${other}`,
      of: depth(rotate),
      over: depth(`${rotate}: ${other}` as Name),
    })),
    limits,
    notes,
  };
}
