import { join } from "node:path";
import { Account } from "../../test/harness/aws/account";
import { startEndpoint } from "../../test/harness/aws/endpoint";
import { pluginsOf } from "../../test/harness/pulumi/pluginStack";
import type { Program } from "../../test/harness/pulumi/program";
import { JAVASCRIPT } from "../../test/harness/pulumi/stack";
import { startShim } from "../../test/harness/shim/shim";
import { bundleInto } from "../plugin/bundle";
import { alternate, type Benchmark, type Measurement, type Row, ratio, seconds } from "./measurement";
import { byPlugin, installed, rotated } from "./programs";

const FLOOR_PROVIDER =
  "exports.handler=()=>({check:async(o,n)=>({inputs:n}),diff:async()=>({changes:false}),create:async(i)=>({id:'empty',outs:i})})";
/** The least that a dynamic resource can be: constant text, as RotatedAccessKey has it, and a provider that does nothing. */
const FLOOR = `const pulumi = require("@pulumi/pulumi");
new pulumi.CustomResource("pulumi-nodejs:dynamic/bench:Empty", "empty", { value: "a", __provider: "${FLOOR_PROVIDER}" });
`;

const TITLES = {
  bare: "a program without resources",
  floor: "an empty dynamic resource: the floor",
  rotated: "RotatedAccessKey",
  plugin: "RotatedAccessKey of the plugin",
} as const;

type Name = keyof typeof TITLES;

const PARTS = {
  empty: "part: first check and diff in the provider process, of the empty resource",
  ours: "part: first check and diff in it, of RotatedAccessKey",
  package: "part: loading pulumi-aws-iam-rotator in the program, after @pulumi/pulumi",
} as const;

type Part = keyof typeof PARTS;

export const startUp: Benchmark = {
  name: "startUp",
  text:
    "`pulumi preview` of a stack that is deployed and unchanged, with a program in plain JavaScript and one resource " +
    "in it. The floor is a dynamic resource that does nothing and is not serialized: no dynamic resource can cost less.",
  async run(log) {
    const endpoint = await startEndpoint(log);
    const program = await installed(log);
    try {
      const cli = await program.cli(endpoint.url);
      // Plain JavaScript: the TypeScript compiler, which Pulumi loads otherwise, would drown what is measured.
      const project = `name: program\n${JAVASCRIPT}`;
      const plugin = join(program.folder, "plugin");
      await bundleInto(plugin);
      const [userArn, pluginArn] = await Promise.all([
        new Account(endpoint.url, "rotated").createUser(),
        new Account(endpoint.url, "plugin").createUser(),
      ]);
      const texts: Record<Name, string> = {
        bare: 'require("@pulumi/pulumi");\n',
        floor: FLOOR,
        rotated: rotated([userArn], "2026-11"),
        plugin: byPlugin([pluginArn], "2026-11"),
      };
      const previews = {} as Record<Name, () => Promise<number>>;
      for (const name of Object.keys(texts) as Name[]) {
        log(`startUp: deploying ${TITLES[name]}`);
        const run = async (...args: string[]) => {
          program.write("index.js", texts[name]);
          program.write("Pulumi.yaml", name === "plugin" ? `${project}${pluginsOf(plugin)}` : project);
          return seconds(() => cli.must(...args, "--stack", name));
        };
        await run("stack", "init");
        await run("up", "--yes", "--skip-preview");
        previews[name] = () => run("preview");
      }
      const whole = await alternate(log, "startUp: previews", previews);
      return measure(whole, await alternate(log, "startUp: parts", partsOf(program, userArn)));
    } finally {
      program.remove();
      await endpoint.stop();
    }
  },
};

/** The parts of a dynamic resource's cost that can be had without the engine, in seconds. */
function partsOf(program: Program, userArn: string): Record<Part, () => Promise<number>> {
  const shimOptions = { cwd: program.folder, pulumiPackage: join(program.folder, "node_modules/@pulumi/pulumi") };
  const firstCalls = (props: Record<string, unknown>) => async () => {
    const shim = await startShim(shimOptions);
    try {
      return await seconds(async () => {
        await shim.check(props, props);
        await shim.diff("id", props, props);
      });
    } finally {
      await shim.stop();
    }
  };
  const ourText = 'exports.handler=()=>require("pulumi-aws-iam-rotator/provider").provider';
  const load = `require("@pulumi/pulumi"); const start = process.hrtime.bigint();
require("pulumi-aws-iam-rotator"); console.log(Number(process.hrtime.bigint() - start) / 1e9);`;
  return {
    empty: firstCalls({ value: "a", __provider: FLOOR_PROVIDER }),
    ours: firstCalls({ userArn, rotationTrigger: "a", __provider: ourText }),
    package: async () => Number((await program.node(load)).stdout),
  };
}

function measure(whole: Record<Name, number[]>, parts: Record<Part, number[]>): Measurement {
  const rows = (Object.keys(TITLES) as Name[]).map(
    (name): Row => ({ what: TITLES[name], unit: "s", values: whole[name] }),
  );
  const partRows = (Object.keys(PARTS) as Part[]).map(
    (part): Row => ({ what: PARTS[part], unit: "s", values: parts[part] }),
  );
  // Nothing but loading and running our own code: told apart from the noise of the previews.
  const own: Row = {
    what: "RotatedAccessKey's own part, in both processes",
    unit: "s",
    values: parts.ours.map((value, i) => value - (parts.empty[i] ?? Number.NaN) + (parts.package[i] ?? Number.NaN)),
  };
  const added = (name: Name): Row => ({
    what: `${TITLES[name]}: added to a program without resources`,
    unit: "s",
    values: whole[name].map((value, i) => value - (whole.bare[i] ?? Number.NaN)),
  });
  const floor: Row = { what: TITLES.floor, unit: "s", values: whole.floor };
  const ours: Row = { what: TITLES.rotated, unit: "s", values: whole.rotated };
  const goals = [
    ratio(`${TITLES.rotated}, over ${TITLES.floor}`, ours, floor, 1.05),
    ratio("RotatedAccessKey's own part, over the floor", own, floor, 0.05),
    { ...added("plugin"), goal: 0.2 },
  ];
  return { rows: [...rows, added("floor"), ...partRows, own, ...goals], notes: [] };
}
