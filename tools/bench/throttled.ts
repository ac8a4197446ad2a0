import { LONGEST_OPERATION } from "../../provider/decide/judge";
import { TokenBucket } from "./fleet/bucket";
import { FleetEndpoint, MOST_CONNECTIONS, type Throttle, total } from "./fleet/endpoint";
import { FleetStack } from "./fleet/stacks";
import type { Benchmark, Measurement, Row } from "./measurement";

const LARGE = process.env.BENCH_LARGE === "1";
const SIZE = LARGE ? 1_000 : 120;
/** Roughly what IAM is seen to allow an account. */
const THROTTLE: Throttle = { reads: { rate: 20, burst: 40 }, writes: { rate: 5, burst: 40 } };
/** Calls of one rotation, with two keys at its begin: GetUser, ListAccessKeys; TagUser twice, DeleteAccessKey, CreateAccessKey. */
const [READS, WRITES] = [2, 4];

export const throttled: Benchmark = { name: "throttled", title: "Throttled like AWS", run };

async function run(log: (line: string) => void): Promise<Measurement> {
  const { reads, writes } = THROTTLE;
  const allowed = Math.max(
    new TokenBucket(reads.rate, reads.burst).secondsFor(READS * SIZE),
    new TokenBucket(writes.rate, writes.burst).secondsFor(WRITES * SIZE),
  );
  const measurement: Measurement = {
    name: "throttled",
    title: `${SIZE} rotations, throttled like AWS`,
    text: `One \`up\` rotates ${SIZE} keys of as many users. IAM, in memory, lets ${reads.rate} reads and ${writes.rate} writes a second through, and ${writes.burst} of each at once; all others get \`Throttling: Rate exceeded\`. A rotation needs ${READS} reads and ${WRITES} writes, so ${allowed} s is the least for all.${LARGE ? "" : " BENCH_LARGE=1 takes 1,000."}`,
    rows: [],
    ratios: [],
    limits: [],
    notes: [],
  };
  const endpoint = await FleetEndpoint.start();
  const stack = await FleetStack.create("rotated", SIZE, endpoint.url, endpoint.env);
  try {
    log(`throttled: ${SIZE} users get their two keys`);
    await stack.up("1");
    await stack.up("2");
    for (const [title, ...args] of [
      ["the engine's default parallelism"],
      ["all at once (--parallel)", "--parallel", String(SIZE)],
    ] as const) {
      log(`throttled: rotating them, ${title}`);
      endpoint.forgetTraffic();
      endpoint.throttle(THROTTLE);
      const { seconds, failed } = await stack.tryUp(`3, ${title}`, ...args);
      const traffic = await endpoint.traffic();
      const { GetCallerIdentity: _, ...calls } = traffic.calls;
      const row = (what: string, unit: string, value: number): Row => ({ what, unit, values: [value] });
      const took = row(`the \`up\`, ${title}`, "s", seconds);
      const least = row("what the bucket allows", "s", allowed);
      const sent = row(`calls to IAM, ${title}`, "calls", total(calls));
      const needed = row("calls needed", "calls", (READS + WRITES) * SIZE);
      const failures = row(`rotations that failed, ${title}`, "rotations", failed);
      const longest = row(`the longest operation, ${title}`, "s", traffic.longestOperation);
      const connections = row(`connections at once, ${title}`, "connections", traffic.connectionsAtOnce);
      measurement.rows.push(took, sent, failures, longest, connections);
      measurement.ratios.push(
        { what: `time over what the bucket allows, ${title}`, of: took, over: least, goal: 1.2 },
        { what: `calls sent over calls needed, ${title}`, of: sent, over: needed, goal: 1.3 },
      );
      measurement.limits.push(
        { what: failures.what, row: failures, goal: 0 },
        {
          what: `${longest.what}, from its journal's \`open\` to its end`,
          row: longest,
          goal: LONGEST_OPERATION / 1000,
        },
        { what: connections.what, row: connections, goal: MOST_CONNECTIONS },
      );
      log(`throttled: ${seconds.toFixed(1)} s of at least ${allowed} s; ${total(traffic.throttled)} calls throttled`);
    }
  } finally {
    stack.remove();
    await endpoint.stop();
  }
  return measurement;
}
