import { join } from "node:path";
import { Account } from "../../test/harness/aws/account";
import { startEndpoint } from "../../test/harness/aws/endpoint";
import { pluginsOf } from "../../test/harness/pulumi/pluginStack";
import { startShim } from "../../test/harness/shim/shim";
import { bundleInto } from "../plugin/bundle";
import { type Benchmark, type Measurement, type Row, summarize } from "./measurement";
import { type Cost, Measured } from "./program";
import { alternate, seconds } from "./runs";
import { BARE, BY_PLUGIN, FLOOR, ROTATED, SERIALIZED_KEY } from "./variants";

const TITLES = {
  bare: "a program without resources",
  floor: "an empty dynamic resource: the floor",
  serialized: "a serialized provider that imports the AWS SDK",
  rotated: "RotatedAccessKey",
  plugin: "RotatedAccessKey of the plugin",
} as const;

type Name = keyof typeof TITLES;

export const startUp: Benchmark = {
  name: "startUp",
  title: "Start-up: what one resource adds to `pulumi preview`",
  async run(log) {
    const endpoint = await startEndpoint(log);
    const program = await Measured.install(log);
    try {
      program.endpointUrl = endpoint.url;
      // Plain JavaScript: the TypeScript compiler, which Pulumi loads otherwise, would drown what is measured.
      const runtime = "name: program\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n";
      const plugin = join(program.folder, "plugin");
      await bundleInto(plugin);
      const [userArn, pluginArn] = await Promise.all([
        new Account(endpoint.url, "rotated").createUser(),
        new Account(endpoint.url, "plugin").createUser(),
        new Account(endpoint.url, "plain").createUser(),
      ]);
      const texts: Record<Name, string> = {
        bare: BARE,
        floor: FLOOR,
        serialized: SERIALIZED_KEY(["plain"]),
        rotated: ROTATED([userArn], "2026-11"),
        plugin: BY_PLUGIN([pluginArn], "2026-11"),
      };
      const previews = {} as Record<Name, () => Promise<Cost>>;
      for (const name of Object.keys(texts) as Name[]) {
        log(`startUp: deploying ${TITLES[name]}`);
        const run = async (...args: string[]) => {
          program.write("index.js", texts[name]);
          program.write("Pulumi.yaml", name === "plugin" ? `${runtime}${pluginsOf(plugin)}` : runtime);
          return program.measure(...args, "--stack", name);
        };
        await run("stack", "init");
        await run("up", "--yes", "--skip-preview");
        previews[name] = () => run("preview");
      }
      const costs = (await alternate(log, "startUp: previews", previews)) as Record<Name, Cost[]>;
      const parts = (await alternate(log, "startUp: parts", partsOf(program, userArn))) as Record<Part, number[]>;
      return measure(costs, parts);
    } finally {
      program.remove();
      await endpoint.stop();
    }
  },
};

const PARTS = {
  empty: "part: first check and diff in the provider process, of the empty resource",
  ours: "part: first check and diff in it, of RotatedAccessKey",
  package: "part: loading pulumi-aws-iam-rotator in the program, after @pulumi/pulumi",
} as const;

type Part = keyof typeof PARTS;

/** The parts of a dynamic resource's cost that can be had without the engine, in seconds. */
function partsOf(program: Measured, userArn: string): Record<Part, () => Promise<number>> {
  const [, floorText = ""] = /__provider: "(.*)"/.exec(FLOOR) ?? [];
  const shimOptions = { cwd: program.folder, pulumiPackage: join(program.folder, "node_modules/@pulumi/pulumi") };
  const start = async (work: (shim: Awaited<ReturnType<typeof startShim>>) => Promise<number>) => {
    const shim = await startShim(shimOptions);
    try {
      return await work(shim);
    } finally {
      await shim.stop();
    }
  };
  const firstCalls = (props: Record<string, unknown>) => async () =>
    start((shim) =>
      seconds(async () => {
        await shim.check(props, props);
        await shim.diff("id", props, props);
      }),
    );
  const ourText = 'exports.handler=()=>require("pulumi-aws-iam-rotator/provider").provider';
  const load =
    (name: string, before = "") =>
    async () => {
      const script = `${before}const start=process.hrtime.bigint();require(${JSON.stringify(name)});console.log(Number(process.hrtime.bigint()-start)/1e9)`;
      return Number((await program.node(script)).stdout);
    };
  return {
    empty: firstCalls({ value: "a", __provider: floorText }),
    ours: firstCalls({ userArn, rotationTrigger: "a", __provider: ourText }),
    package: load("pulumi-aws-iam-rotator", 'require("@pulumi/pulumi");'),
  };
}

function measure(costs: Record<Name, Cost[]>, parts: Record<Part, number[]>): Measurement {
  const names = Object.keys(TITLES) as Name[];
  const rows = (suffix: string, of: (cost: Cost) => number) =>
    Object.fromEntries(
      names.map((name) => [name, { what: TITLES[name] + suffix, unit: "s", values: costs[name].map(of) }]),
    ) as Record<Name, Row>;
  const wall = rows("", (cost) => cost.seconds);
  const cpu = rows(", processor time", (cost) => cost.cpuSeconds);
  const partRows = (Object.keys(PARTS) as Part[]).map(
    (part): Row => milliseconds({ what: PARTS[part], unit: "s", values: parts[part] }),
  );
  // Nothing but loading and running our own code: told apart from the noise of the previews.
  const own: Row = {
    what: "RotatedAccessKey's own part, in both processes",
    unit: "s",
    values: parts.ours.map((value, i) => value - (parts.empty[i] ?? Number.NaN) + (parts.package[i] ?? Number.NaN)),
  };
  const over = (of: Name, base: Name) => ({
    what: `${TITLES[of]}, over ${TITLES[base]}`,
    of: wall[of],
    over: wall[base],
  });
  const median = (values: number[]) => summarize(values).median;
  const added = (name: Name): Row => ({
    what: `${TITLES[name]}: added to a program without resources`,
    unit: "s",
    values: costs[name].map((cost, i) => cost.seconds - (costs.bare[i]?.seconds ?? Number.NaN)),
  });
  const [floor, plugin] = [added("floor"), added("plugin")];
  return {
    name: "startUp",
    title: startUp.title,
    text:
      "`pulumi preview` of a stack that is deployed and unchanged, with a program in plain JavaScript and one resource " +
      "in it. The floor is a dynamic resource that does nothing and is not serialized: no dynamic resource can cost less.",
    rows: [...Object.values(wall), ...Object.values(cpu), floor, plugin, ...partRows, milliseconds(own)],
    ratios: [
      { ...over("rotated", "floor"), goal: 1.05 },
      { what: "the same, processor time", of: cpu.rotated, over: cpu.floor },
      { what: "RotatedAccessKey's own part, over the floor", of: own, over: wall.floor, goal: 0.05 },
      over("rotated", "serialized"),
      over("rotated", "bare"),
    ],
    limits: [{ what: plugin.what, row: plugin, goal: 0.2 }],
    notes: [`The floor takes ${median(floor.values).toFixed(2)} s more than a program without resources.`],
  };
}

function milliseconds({ what, values }: Row): Row {
  return { what, unit: "ms", values: values.map((value) => 1_000 * value) };
}
