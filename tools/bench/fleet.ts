import { startEndpoint } from "../../test/harness/aws/endpoint";
import { FleetEndpoint, MOST_CONNECTIONS, throughput, total } from "./fleet/endpoint";
import { type Cost, FleetStack, type Kind } from "./fleet/stacks";
import { Table } from "./fleet/table";
import type { Benchmark, Measurement, Row } from "./measurement";
import { RUNS } from "./runs";

const SIZES = process.env.BENCH_LARGE === "1" ? [10, 100, 1_000, 3_000] : [10, 100, 1_000];
/** What takes minutes is run once, and what takes a quarter of an hour not for ballast. */
const isSmall = (size: number) => size <= 100;
const kinds = (size: number): Kind[] => (size <= 1_000 ? ["rotated", "empty", "ballast"] : ["rotated", "empty"]);
/** Whole lives, and previews in each. */
const lives = (size: number) => (isSmall(size) ? RUNS : 1);
const previews = (size: number) => (isSmall(size) ? 1 : RUNS);

export const fleet: Benchmark = { name: "fleet", title: "Many keys in one stack", run };

async function run(log: (line: string) => void): Promise<Measurement> {
  const endpoint = await FleetEndpoint.start();
  try {
    const served = await throughput(endpoint.url, 3);
    log(`fleet: the endpoint serves ${served.toFixed(0)} calls a second`);
    const measured = new Fleet(endpoint, served, log);
    for (const size of SIZES) await measured.live(size);
    return measured.measurement(await throughputOfMoto(log));
  } finally {
    await endpoint.stop();
  }
}

/** What the emulator of the tests would allow: reason enough for an endpoint of our own here. */
async function throughputOfMoto(log: (line: string) => void): Promise<number> {
  const moto = await startEndpoint(log);
  try {
    return await throughput(moto.url, 3, "Action=GetCallerIdentity&Version=2011-06-15");
  } finally {
    await moto.stop();
  }
}

const OPERATIONS = ["create", "preview", "rotate", "refresh", "destroy"] as const;
type Operation = (typeof OPERATIONS)[number];

class Fleet {
  readonly #table = new Table();
  readonly #ratios: Measurement["ratios"] = [];
  readonly #connections: Row = { what: "connections at once, at the most", unit: "connections", values: [] };
  readonly #credentials: Row = { what: "credentials asked for by a provider's process", unit: "times", values: [] };
  readonly #callsOfPreviews: Row = { what: "calls to AWS by an unchanged preview", unit: "calls", values: [] };

  constructor(
    readonly endpoint: FleetEndpoint,
    /** Calls a second that the endpoint serves. */
    readonly served: number,
    readonly log: (line: string) => void,
  ) {}

  /** All that happens to a stack of this size. Runs that are compared follow each other. */
  async live(size: number): Promise<void> {
    const stacks: FleetStack[] = [];
    try {
      for (const kind of kinds(size)) stacks.push(await this.#stack(kind, size));
      const [rotated, empty, ballast] = stacks as [FleetStack, FleetStack, FleetStack?];
      const both = [rotated, empty];
      const each = async (operation: Operation, of: FleetStack[], run: (stack: FleetStack) => Promise<Cost>) => {
        for (const stack of of) await this.#measure(operation, stack, run);
      };
      for (let life = 0; life < lives(size); life++) {
        await each("create", stacks, (stack) => stack.up("1"));
        for (let run = 0; run < previews(size); run++) {
          await each("preview", both, (stack) => stack.preview("1"));
        }
        await each("rotate", isSmall(size) ? stacks : both, (stack) => stack.up("2"));
        await each("refresh", both, (stack) => stack.refresh());
        await each("destroy", both, (stack) => stack.destroy());
        if (life + 1 < lives(size)) await ballast?.destroy();
      }
    } finally {
      for (const stack of stacks) stack.remove();
    }
    this.#compare(size);
  }

  measurement(moto: number): Measurement {
    const { served } = this;
    // The worst of all runs counts, and not the median.
    const worst = (row: Row): Row => ({ ...row, values: [Math.max(...row.values)] });
    const bounded = [this.#connections, this.#credentials, this.#callsOfPreviews].map(worst);
    const [smallest, largest] = [SIZES[1] ?? 0, SIZES.at(-1) ?? 0];
    const each = (size: number) => ((this.#table.seconds("create", size, "empty").values[0] ?? 0) / size) * 1000;
    return {
      name: "fleet",
      title: `${SIZES.map((size) => size.toLocaleString("en")).join(", ")} keys in one stack`,
      text: "Create, unchanged preview, rotate all, refresh and destroy, in the real engine with its default parallelism and a backend of files; against as many empty dynamic resources, and against empty ones with as large a state (“ballast”). IAM answers from memory, in a process of its own.",
      rows: [...this.#table.rows, ...bounded],
      ratios: this.#ratios,
      limits: [MOST_CONNECTIONS, 1, 0].flatMap((goal, i) => {
        const row = bounded[i];
        return row ? [{ what: row.what, row, goal }] : [];
      }),
      growth: this.#table.growth(OPERATIONS, SIZES, "rotate"),
      notes: [
        `The endpoint serves ${served.toFixed(0)} calls a second when it has nothing else to do; moto, with which the tests run, ${moto.toFixed(0)}.`,
        `One of ${smallest} empty resources costs the engine ${each(smallest).toFixed(0)} ms to create, one of ${largest} costs ${each(largest).toFixed(0)} ms: it writes the whole state anew at each step.`,
      ],
    };
  }

  #stack(kind: Kind, size: number): Promise<FleetStack> {
    return FleetStack.create(kind, size, this.endpoint.url, this.endpoint.env);
  }

  async #measure(operation: Operation, stack: FleetStack, run: (stack: FleetStack) => Promise<Cost>): Promise<void> {
    const { kind, size } = stack;
    const { cost, calls } = await this.#traffic(() => run(stack));
    this.#table.add(operation, size, kind, cost);
    if (kind === "rotated" && operation === "preview") this.#callsOfPreviews.values.push(calls);
    if (kind === "rotated") this.#table.addCalls(operation, size, calls, this.served);
    this.log(
      `fleet: ${operation} of ${size} ${kind}: ${cost.seconds.toFixed(1)} s; engine ${cost.engine.cpuSeconds.toFixed(1)} s of CPU, ${cost.engine.peakMB.toFixed(0)} MB, provider ${cost.provider.cpuSeconds.toFixed(1)} s, ${cost.provider.peakMB.toFixed(0)} MB`,
    );
  }

  async #traffic(run: () => Promise<Cost>): Promise<{ cost: Cost; calls: number }> {
    this.endpoint.forgetTraffic();
    const cost = await run();
    const { calls, connectionsAtOnce, credentials } = await this.endpoint.traffic();
    if (total(calls) > 0) {
      this.#connections.values.push(connectionsAtOnce);
      this.#credentials.values.push(credentials);
    }
    return { cost, calls: total(calls) };
  }

  #compare(size: number): void {
    const seconds = (operation: Operation, kind: Kind) => this.#table.seconds(operation, size, kind);
    this.#ratios.push({
      what: `unchanged preview of ${size}, over empty ones`,
      of: seconds("preview", "rotated"),
      over: seconds("preview", "empty"),
      goal: 1.25,
    });
    for (const operation of ["create", "rotate"] as const) {
      const ballast = seconds(operation, "ballast");
      this.#ratios.push(
        {
          what: `${operation} ${size}, over the larger of the engine's and the endpoint's own time`,
          of: seconds(operation, "rotated"),
          over: this.#table.floor(operation, size),
          goal: 1.15,
        },
        ...(ballast.values.length > 0
          ? [
              {
                what: `${operation} ${size}, over empty ones with as large a state`,
                of: seconds(operation, "rotated"),
                over: ballast,
              },
            ]
          : []),
      );
    }
    for (const operation of ["refresh", "destroy"] as const) {
      this.#ratios.push({
        what: `${operation} ${size}, over empty ones`,
        of: seconds(operation, "rotated"),
        over: seconds(operation, "empty"),
      });
    }
  }
}
