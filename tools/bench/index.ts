// npm run bench -- [--report] [NAME…]
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Log, logToStderr } from "../../test/harness/commands";
import { ensureEngine } from "../../test/harness/pulumi/engine";
import { calls } from "./calls";
import { fleet } from "./fleet";
import type { Benchmark } from "./measurement";
import { type Recorded, type Report, valuesTable, withGoals } from "./report";
import { startUp } from "./startUp";
import { state } from "./state";

const BENCHMARKS: Benchmark[] = [startUp, calls, state, fleet];

const DOCS = resolve(__dirname, "../../docs");

/** Those named, in the order of the list; all of them if none is named. */
export function chosen(names: string[], from: Benchmark[] = BENCHMARKS): Benchmark[] {
  const all = from.map(({ name }) => name);
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`There is no benchmark ${unknown.join(", ")}; there are ${all.join(", ")}.`);
  return from.filter(({ name }) => names.length === 0 || names.includes(name));
}

async function bench(log: Log): Promise<void> {
  const { values, positionals } = parseArgs({ options: { report: { type: "boolean" } }, allowPositionals: true });
  const machine = await describeMachine();
  console.log(`Measured on: ${machine}.`);
  for (const { name, text, run } of chosen(positionals)) {
    const { rows, notes } = await run(log);
    console.log([`\n## ${name}`, text, valuesTable(rows), ...notes].join("\n\n"));
    // One by one, so that a failure further on loses nothing.
    if (values.report) report(name, { machine, date: new Date().toISOString().slice(0, 10), rows });
  }
}

/** What a figure depends on, and nothing that names a machine or a person. */
async function describeMachine(): Promise<string> {
  const { version } = await ensureEngine();
  const packages = ["@pulumi/pulumi", "@pulumi/aws", "typescript"].map(
    (name) => `${name} ${(require(`${name}/package.json`) as { version: string }).version}`,
  );
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB of memory`;
  const tools = [`Node.js ${process.versions.node}`, `Pulumi ${version}`, ...packages];
  return [`${availableParallelism()} cores`, memory, ...tools].join(", ");
}

function report(name: string, recorded: Recorded): void {
  const [page, data] = [join(DOCS, "benchmarks.md"), join(DOCS, "benchmarks.json")];
  const all: Report = { ...JSON.parse(readFileSync(data, "utf8")), [name]: recorded };
  writeFileSync(data, `${JSON.stringify(all, null, 1)}\n`);
  writeFileSync(page, withGoals(readFileSync(page, "utf8"), all));
}

if (require.main === module) {
  bench(logToStderr).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
