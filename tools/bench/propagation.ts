import { availableParallelism } from "node:os";
import { AT_ONCE } from "../../provider/act/queue";
import { startProxy } from "../../test/harness/aws/proxy";
import { FleetEndpoint } from "./fleet/endpoint";
import { FleetStack } from "./fleet/stacks";
import type { Benchmark, Measurement, Row } from "./measurement";
import { RUNS } from "./runs";

/** A new key takes 5 to 15 s to work everywhere. */
const REFUSED_FOR_S = 10;
const SIDE_BY_SIDE = 100;

export const propagation: Benchmark = { name: "propagation", title: "Keys that take a while to work", run };

async function run(log: (line: string) => void): Promise<Measurement> {
  const row = (what: string): Row => ({ what, unit: "s", values: [] });
  const one = row("an `up` with one rotation");
  const idle = row("the same `up` of an empty dynamic resource");
  const alone = row("one rotation, without the engine's own time");
  const byDefault = row(`${SIDE_BY_SIDE} rotations in one \`up\`, the engine's default parallelism`);
  const atOnce = row(`${SIDE_BY_SIDE} rotations in one \`up\`, all at once (--parallel)`);
  const endpoint = await FleetEndpoint.start();
  const proxy = await startProxy(endpoint.url);
  const stacks: FleetStack[] = [];
  const stack = async (kind: "rotated" | "empty", size: number) => {
    const made = await FleetStack.create(kind, size, proxy.url, endpoint.env);
    stacks.push(made);
    await made.up("1");
    await made.up("2");
    return made;
  };
  try {
    const [single, empty, many] = [
      await stack("rotated", 1),
      await stack("empty", 1),
      await stack("rotated", SIDE_BY_SIDE),
    ];
    proxy.newKeysRefusedFor(REFUSED_FOR_S * 1000);
    for (let run = 0; run < RUNS; run++) {
      const { seconds } = await single.up(`run ${run}`);
      const floor = (await empty.up(`run ${run}`)).seconds;
      one.values.push(seconds);
      idle.values.push(floor);
      alone.values.push(seconds - floor);
      log(`propagation: ${one.what}: ${seconds.toFixed(1)} s, of an empty resource ${floor.toFixed(1)} s`);
    }
    for (const [measured, ...args] of [[byDefault], [atOnce, "--parallel", String(SIDE_BY_SIDE)]] as const) {
      measured.values.push((await many.up(measured.what, ...args)).seconds);
      log(`propagation: ${measured.what}: ${measured.values.at(-1)?.toFixed(1)} s`);
    }
  } finally {
    for (const made of stacks) made.remove();
    await proxy.stop();
    await endpoint.stop();
  }
  return {
    name: "propagation",
    title: `Rotations where AWS refuses a new key for its first ${REFUSED_FOR_S} s`,
    text: "A rotation is over when AWS accepts the new key, so that whoever takes it from the stack's outputs can use it. The key is tried at once, with growing pauses, and then each second.",
    rows: [one, idle, alone, byDefault, atOnce],
    ratios: [],
    limits: [
      { what: alone.what, row: alone, goal: 12 },
      { what: byDefault.what, row: byDefault, goal: 40 },
      { what: atOnce.what, row: atOnce, goal: 40 },
    ],
    notes: [bound()],
  };
}

/** What no provider can go below, as long as a rotation waits for its key. */
function bound(): string {
  const slots = availableParallelism() * 4;
  const rounds = Math.ceil(SIDE_BY_SIDE / slots);
  return `The engine runs ${slots} operations at once here, four for each processor, and each holds its place until its key works: ${SIDE_BY_SIDE} rotations are ${rounds} rounds of at least ${REFUSED_FOR_S} s, ${rounds * REFUSED_FOR_S} s in all. \`--parallel ${AT_ONCE}\`, or PULUMI_PARALLEL in the environment, lets them wait side by side; more than ${AT_ONCE} operations are not begun at once.`;
}
