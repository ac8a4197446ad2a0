import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stack } from "../../test/harness/pulumi/stack";
import { arnOf, FleetIam } from "./fleetIam";
import { type Benchmark, type Measurement, type Row, RUNS, ratio, seconds } from "./measurement";

const SIZES = process.env.BENCH_LARGE === "1" ? [10, 100, 1_000, 3_000] : [10, 100, 1_000];
/** What takes minutes is run once. */
const lives = (size: number) => (size <= 100 ? RUNS : 1);

/** Of a provider's process for its calls, as its http.ts says, and one over which the credentials come. */
const MOST_CONNECTIONS = 51;

export const fleet: Benchmark = {
  name: "fleet",
  text:
    "Create, unchanged preview, rotate all, refresh and destroy, in the real engine with its default parallelism and a " +
    "backend of files; against as many dynamic resources with as large a state and no work. IAM answers from memory.",
  async run(log) {
    const iam = await FleetIam.start();
    try {
      const fleet = new Fleet(iam, log);
      for (const size of SIZES) await fleet.live(size);
      return fleet.measurement();
    } finally {
      iam.stop();
    }
  },
};

const OPERATIONS = ["create", "preview", "rotate", "refresh", "destroy"] as const;
type Operation = (typeof OPERATIONS)[number];
type Kind = "rotated" | "idle";

class Fleet {
  readonly #rows = new Map<string, Row>();
  readonly #connections: number[] = [];
  readonly #credentials: number[] = [];
  readonly #callsOfPreviews: number[] = [];

  constructor(
    readonly iam: FleetIam,
    readonly log: (line: string) => void,
  ) {}

  /** All that happens to stacks of this size. Runs that are compared follow each other. */
  async live(size: number): Promise<void> {
    const options = { program: "", endpointUrl: this.iam.url, env: this.iam.env };
    const stacks = [
      ["rotated", await Stack.create(options)],
      ["idle", await Stack.create(options)],
    ] as const;
    try {
      for (const [, { folder }] of stacks) writeFileSync(join(folder, "idle.js"), IDLE);
      for (let life = 0; life < lives(size); life++) {
        for (const operation of OPERATIONS) {
          for (const [kind, stack] of stacks) {
            const trigger = `${life} ${["create", "preview"].includes(operation) ? "first" : "second"}`;
            stack.write(PROGRAMS[kind](size, trigger));
            await this.#measure(operation, size, kind, RUN[operation](stack));
          }
        }
      }
    } finally {
      for (const [, stack] of stacks) stack.remove();
    }
  }

  async #measure(operation: Operation, size: number, kind: Kind, run: () => Promise<unknown>): Promise<void> {
    this.iam.takeTraffic();
    const took = await seconds(run);
    this.log(`fleet: ${operation} of ${size} ${kind}: ${took.toFixed(1)} s`);
    this.#row(operation, size, kind).values.push(took);
    if (kind === "idle") return;
    const { calls, connectionsAtOnce, credentials } = this.iam.takeTraffic();
    if (operation === "preview") this.#callsOfPreviews.push(calls);
    if (calls === 0) return;
    this.#connections.push(connectionsAtOnce);
    this.#credentials.push(credentials);
  }

  #row(operation: Operation, size: number, kind: Kind): Row {
    const what = `${operation} ${size} ${kind}`;
    const row = this.#rows.get(what) ?? { what, unit: "s", values: [] };
    this.#rows.set(what, row);
    return row;
  }

  measurement(): Measurement {
    const compared = SIZES.flatMap((size) =>
      OPERATIONS.map((operation) => {
        const [of, over] = [this.#row(operation, size, "rotated"), this.#row(operation, size, "idle")];
        return ratio(`${operation} ${size}, over idle ones`, of, over, operation === "preview" ? 1.25 : undefined);
      }),
    );
    // The worst of all runs counts, and not the median.
    const worst = (what: string, unit: string, values: number[], goal: number): Row => ({
      what: `${what}, at the most`,
      unit,
      values: [Math.max(...values)],
      goal,
    });
    const limits = [
      worst("connections at once", "connections", this.#connections, MOST_CONNECTIONS),
      worst("credentials asked for by a provider's process", "times", this.#credentials, 1),
      worst("calls to AWS by an unchanged preview", "calls", this.#callsOfPreviews, 0),
    ];
    return { rows: [...this.#rows.values(), ...compared, ...limits], notes: [] };
  }
}

const RUN: Record<Operation, (stack: Stack) => () => Promise<unknown>> = {
  create: (stack) => () => stack.up(),
  preview: (stack) => () => stack.preview("--expect-no-changes"),
  rotate: (stack) => () => stack.up(),
  refresh: (stack) => () => stack.refresh(),
  destroy: (stack) => () => stack.destroy(),
};

const PROGRAMS: Record<Kind, (size: number, trigger: string) => string> = {
  rotated: (size, rotationTrigger) => `const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
for (let i = 0; i < ${size}; i++) {
  new RotatedAccessKey("user" + i, { userArn: "${arnOf(`fleet-${size}-`)}" + i, rotationTrigger: "${rotationTrigger}" });
}`,
  // A constant text as its provider, and nothing captured, as RotatedAccessKey has it.
  idle: (size, trigger) => `const pulumi = require("@pulumi/pulumi");
const __provider = 'exports.handler=()=>require(process.cwd()+"/idle.js").provider';
const options = { additionalSecretOutputs: ["current", "previous"] };
for (let i = 0; i < ${size}; i++) {
  new pulumi.CustomResource("pulumi-nodejs:dynamic/bench:Idle", "user" + i, { trigger: "${trigger}", __provider }, options);
}`,
};

/** Its state is as large as that of a RotatedAccessKey with both keys. */
const IDLE = `const id = "AKIA" + "X".repeat(16);
const key = { accessKeyId: id, secretAccessKey: "x".repeat(40), createdAt: "2026-11-01T00:00:00Z" };
const state = { filler: "x".repeat(800), currentAccessKeyId: id, previousAccessKeyId: id, current: key, previous: key };
const outs = (inputs) => ({ ...inputs, ...state });
exports.provider = {
  check: async (_olds, inputs) => ({ inputs, failures: [] }),
  diff: async (_id, olds, news) => ({ changes: olds.trigger !== news.trigger }),
  create: async (inputs) => ({ id: "idle", outs: outs(inputs) }),
  read: async (id, props) => ({ id, props }),
  update: async (_id, _olds, news) => ({ outs: outs(news) }),
  delete: async () => {},
};`;
