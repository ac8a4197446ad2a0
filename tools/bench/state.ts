import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Account } from "../../test/harness/aws/account";
import { startEndpoint } from "../../test/harness/aws/endpoint";
import { pluginsOf } from "../../test/harness/pulumi/pluginStack";
import type { Program } from "../../test/harness/pulumi/program";
import { bundleInto } from "../plugin/bundle";
import type { Benchmark, Row } from "./measurement";
import { byPlugin, installed, rotated } from "./programs";

type Resource = { type: string; inputs: { __provider: string } };

/** As many resources as there are values to a row: they differ in nothing but their keys and dates. */
const NAMES = ["user-1", "user-2", "user-3", "user-4", "user-5"];

export const state: Benchmark = {
  name: "state",
  text:
    "What one resource takes in the state file of a backend of files, with the passphrase secrets provider: the JSON " +
    "of its entry, as it lies there. Five resources each; they differ in keys and dates.",
  async run(log) {
    const endpoint = await startEndpoint(log);
    const program = await installed(log);
    try {
      const cli = await program.cli(endpoint.url);
      const plugin = join(program.folder, "plugin");
      await bundleInto(plugin);
      program.write("Pulumi.yaml", `name: program\nruntime: nodejs\n${pluginsOf(plugin)}`);
      const made = async (stack: string, text: typeof rotated) => {
        log(`state: making and rotating keys, ${stack}`);
        const arns = NAMES.map((name) => new Account(endpoint.url, `${name}-${stack}`).createUser());
        const userArns = await Promise.all(arns);
        await cli.must("stack", "init", stack);
        for (const trigger of ["2026-11", "2026-12"]) {
          program.write("index.js", text(userArns, trigger));
          await cli.must("up", "--yes", "--skip-preview", "--stack", stack);
        }
        return resourcesOf(program, stack);
      };
      const resources = await made("npm", rotated);
      const bytes = (what: string, values: unknown[], goal: number): Row => ({
        what,
        unit: "bytes",
        values: values.map((value) => Buffer.byteLength(typeof value === "string" ? value : JSON.stringify(value))),
        goal,
      });
      const rows = [
        bytes("RotatedAccessKey, with both keys and a trigger", resources, 2_500),
        bytes("RotatedAccessKey of the plugin, the same", await made("plugin", byPlugin), 2_200),
        bytes(
          "text of `__provider`",
          resources.map(({ inputs }) => inputs.__provider),
          300,
        ),
      ];
      return { rows, notes: [] };
    } finally {
      program.remove();
      await endpoint.stop();
    }
  },
};

/** Those of ours in a stack, as they lie in its state file. */
function resourcesOf(program: Program, stack: string): Resource[] {
  const text = readFileSync(join(program.folder, "backend/.pulumi/stacks/program", `${stack}.json`), "utf8");
  const { resources } = JSON.parse(text).checkpoint.latest as { resources: Resource[] };
  const found = resources.filter(({ type }) => /^pulumi-nodejs:dynamic|:RotatedAccessKey$/.test(type));
  const other = found.find((resource) => !text.includes(JSON.stringify(resource)));
  if (other || found.length !== NAMES.length) throw new Error(`the state of ${stack} does not look as expected`);
  return found;
}
