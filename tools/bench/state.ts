import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Account } from "../../test/harness/aws/account";
import { startEndpoint } from "../../test/harness/aws/endpoint";
import { pluginsOf } from "../../test/harness/pulumi/pluginStack";
import { bundleInto } from "../plugin/bundle";
import { bytesByPart, PARTS } from "./fields";
import type { Benchmark, Measurement, Row } from "./measurement";
import { Measured } from "./program";
import { BY_PLUGIN, ROTATED, SERIALIZED_KEY } from "./variants";

type Resource = Record<string, unknown> & { type: string; inputs: { __provider: string } };

/** As many resources as there are values to a row: they differ in nothing but their keys and dates. */
const NAMES = ["user-1", "user-2", "user-3", "user-4", "user-5"];

export const state: Benchmark = {
  name: "state",
  title: "Bytes in the state",
  async run(log) {
    const endpoint = await startEndpoint(log);
    const program = await Measured.install(log);
    try {
      program.endpointUrl = endpoint.url;
      const project = "name: program\nruntime: nodejs\n";
      program.write("Pulumi.yaml", project);
      const rotatedUsers = NAMES.map((name) => new Account(endpoint.url, name));
      const arns = await Promise.all(rotatedUsers.map((user) => user.createUser()));
      const plainNames = NAMES.map((name) => `${name}-plain`);
      await Promise.all(plainNames.map((name) => new Account(endpoint.url, name).createUser()));

      log("state: making and rotating keys");
      await program.measure("stack", "init", "rotated");
      for (const trigger of ["2026-11", "2026-12"]) {
        program.write("index.js", ROTATED(arns, trigger));
        await program.measure("up", "--yes", "--skip-preview", "--stack", "rotated");
      }
      log("state: the serialized provider");
      await program.measure("stack", "init", "serialized");
      program.write("index.js", SERIALIZED_KEY(plainNames));
      await program.measure("up", "--yes", "--skip-preview", "--stack", "serialized");
      log("state: the plugin");
      const plugin = join(program.folder, "plugin");
      await bundleInto(plugin);
      program.write("Pulumi.yaml", `${project}${pluginsOf(plugin)}`);
      const byPlugin = await Promise.all(NAMES.map((name) => new Account(endpoint.url, `${name}-plugin`).createUser()));
      await program.measure("stack", "init", "plugin");
      for (const trigger of ["2026-11", "2026-12"]) {
        program.write("index.js", BY_PLUGIN(byPlugin, trigger));
        await program.measure("up", "--yes", "--skip-preview", "--stack", "plugin");
      }
      const [rotated, serialized, plugins] = ["rotated", "serialized", "plugin"].map((name) =>
        resourcesOf(program, name),
      );
      return measure(rotated as Resource[], serialized as Resource[], plugins as Resource[]);
    } finally {
      program.remove();
      await endpoint.stop();
    }
  },
};

/** The dynamic resources of a stack as they lie in its state file. */
function resourcesOf(program: Measured, stack: string): Resource[] {
  const text = readFileSync(join(program.folder, "backend/.pulumi/stacks/program", `${stack}.json`), "utf8");
  const { resources } = JSON.parse(text).checkpoint.latest as { resources: Resource[] };
  const found = resources.filter(({ type }) => /^pulumi-nodejs:dynamic|:RotatedAccessKey$/.test(type));
  const other = found.find((resource) => !text.includes(JSON.stringify(resource)));
  if (other || found.length !== NAMES.length) throw new Error(`the state of ${stack} does not look as expected`);
  return found;
}

function measure(rotated: Resource[], serialized: Resource[], plugins: Resource[]): Measurement {
  const row = (what: string, resources: Resource[], bytes: (resource: Resource) => number): Row => ({
    what,
    unit: "bytes",
    values: resources.map(bytes),
  });
  const all = (resource: Resource) => Buffer.byteLength(JSON.stringify(resource));
  const text = ({ inputs }: Resource) => Buffer.byteLength(inputs.__provider);
  const two = row("RotatedAccessKey, with both keys and a trigger", rotated, all);
  const plugin = row("RotatedAccessKey of the plugin, the same", plugins, all);
  const one = row("serialized provider, with its one key", serialized, all);
  const ours = row("text of `__provider`, RotatedAccessKey", rotated, text);
  const theirs = row("text of `__provider`, serialized provider", serialized, text);
  const parts = PARTS.map((part) => row(`part: ${part}`, rotated, (resource) => bytesByPart(resource).get(part) ?? 0));
  return {
    name: "state",
    title: "Bytes in the state",
    text:
      "What one resource takes in the state file of a backend of files, with the passphrase secrets provider: the JSON " +
      "of its entry, as it lies there. Five resources each; they differ in keys and dates. The serialized provider is " +
      "what a user would write with `pulumi.dynamic.Resource` and the AWS SDK: it makes one key, and deletes it.",
    rows: [two, plugin, one, ours, theirs, ...parts],
    ratios: [{ what: "RotatedAccessKey over the serialized provider", of: two, over: one }],
    limits: [
      { what: "RotatedAccessKey, with both keys and a trigger", row: two, goal: 2_500 },
      { what: plugin.what, row: plugin, goal: 2_200 },
      { what: "text of `__provider`", row: ours, goal: 300 },
    ],
    notes: [],
  };
}
