// npm run bench -- [--report] [NAME…]
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Log, logToStderr } from "../../test/harness/commands";
import { calls } from "./calls";
import { chartOf } from "./chart";
import { fleet } from "./fleet";
import { growthChartOf } from "./growthChart";
import { describeMachine } from "./machine";
import type { Benchmark, Measurement } from "./measurement";
import { propagation } from "./propagation";
import { type Report, recorded, withGoals } from "./report";
import { startUp } from "./startUp";
import { state } from "./state";
import { valuesTable, verdictsTable } from "./tables";
import { throttled } from "./throttled";

const BENCHMARKS: Benchmark[] = [startUp, calls, state, fleet, throttled, propagation];

const DOCS = resolve(__dirname, "../../docs");

/** Those named, in the order of the list; all of them if none is named. */
export function chosen(names: string[], from: Benchmark[] = BENCHMARKS): Benchmark[] {
  const unknown = names.filter((name) => !from.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0) {
    throw new Error(
      `There is no benchmark ${unknown.join(", ")}; there are ${from.map(({ name }) => name).join(", ")}.`,
    );
  }
  return from.filter(({ name }) => names.length === 0 || names.includes(name));
}

async function bench(log: Log): Promise<void> {
  const { values, positionals } = parseArgs({ options: { report: { type: "boolean" } }, allowPositionals: true });
  const machine = await describeMachine();
  console.log(`Measured on: ${machine}.`);
  for (const benchmark of chosen(positionals)) {
    const measurement = await benchmark.run(log);
    print(measurement);
    // One by one, so that a failure further on loses nothing.
    if (values.report) report(measurement, machine);
  }
}

function print(measurement: Measurement): void {
  const { title, text, notes } = measurement;
  const parts = [`\n## ${title}`, text, valuesTable(measurement), verdictsTable(measurement), ...notes];
  console.log(parts.filter((part) => part !== "").join("\n\n"));
}

function report(measurement: Measurement, machine: string): void {
  const { name } = measurement;
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(join(DOCS, `benchmarks-${name}.svg`), `${plotOf(measurement)}\n`);
  const [page, data] = [join(DOCS, "benchmarks.md"), join(DOCS, "benchmarks.json")];
  const before = existsSync(data) ? (JSON.parse(readFileSync(data, "utf8")) as Report) : {};
  const all: Report = { ...before, [name]: recorded(measurement, { machine, date }) };
  const inOrder = Object.fromEntries(BENCHMARKS.filter((one) => all[one.name]).map((one) => [one.name, all[one.name]]));
  writeFileSync(data, `${JSON.stringify(inOrder, null, 1)}\n`);
  writeFileSync(page, withGoals(readFileSync(page, "utf8"), inOrder as Report));
}

function plotOf(measurement: Measurement): string {
  const { title, growth } = measurement;
  return growth ? growthChartOf(title, growth) : chartOf(measurement);
}

if (require.main === module) {
  bench(logToStderr).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
