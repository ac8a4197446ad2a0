import type { Growth, Row } from "../measurement";
import type { Cost, Kind } from "./stacks";

const NAMES: Record<Kind, string> = {
  rotated: "RotatedAccessKey",
  empty: "an empty dynamic resource",
  ballast: "an empty one with as large a state",
};

/** The rows of a fleet's measurement, by what they are about. */
export class Table {
  readonly #rows = new Map<string, Row>();

  get rows(): Row[] {
    return [...this.#rows.values()].filter(({ values }) => values.length > 0);
  }

  add(operation: string, size: number, kind: Kind, { seconds, engine, provider }: Cost): void {
    this.seconds(operation, size, kind).values.push(seconds);
    if (process.platform !== "linux" || kind === "ballast") return;
    const of = `${operation} ${size} ${kind}`;
    this.#row(`${of}: the engine's CPU time`, "s").values.push(engine.cpuSeconds);
    this.#row(`${of}: the provider's CPU time`, "s").values.push(provider.cpuSeconds);
    this.#row(`${of}: the engine's memory`, "MB").values.push(engine.peakMB);
    this.#memory(operation, size, kind).values.push(provider.peakMB);
  }

  /** @param served calls a second that the endpoint answers */
  addCalls(operation: string, size: number, calls: number, served: number): void {
    this.#row(`${operation} ${size}: what the endpoint needs`, "s").values.push(calls / served);
  }

  seconds(operation: string, size: number, kind: Kind): Row {
    return this.#row(`${operation} ${size} ${kind}`, "s");
  }

  /** What no provider can go below: the engine's own time, or the endpoint's, whichever is longer. */
  floor(operation: string, size: number): Row {
    const endpoint = this.#row(`${operation} ${size}: what the endpoint needs`, "s").values;
    const engine = this.seconds(operation, size, "empty").values;
    const values = engine.map((seconds, run) => Math.max(seconds, endpoint[run] ?? 0));
    return { what: `${operation} ${size}: the larger of both`, unit: "s", values };
  }

  /** What each of these operations took by size, and the provider's memory during one of them. */
  growth(operations: readonly string[], sizes: number[], memoryOf: string): Growth[] {
    const growth = (what: string, unit: string, rowOf: (size: number, kind: Kind) => Row): Growth => {
      const lines = (Object.keys(NAMES) as Kind[]).map((kind) => ({
        name: NAMES[kind],
        points: sizes.map((size) => ({ size, row: rowOf(size, kind) })).filter(({ row }) => row.values.length > 0),
      }));
      return { what, unit, lines: lines.filter(({ points }) => points.length > 0) };
    };
    return [
      ...operations.map((operation) => growth(operation, "s", (size, kind) => this.seconds(operation, size, kind))),
      growth(`provider's memory, ${memoryOf}`, "MB", (size, kind) => this.#memory(memoryOf, size, kind)),
    ].filter(({ lines }) => lines.length > 0);
  }

  #memory(operation: string, size: number, kind: Kind): Row {
    return this.#row(`${operation} ${size} ${kind}: the provider's memory`, "MB");
  }

  #row(what: string, unit: string): Row {
    const known = this.#rows.get(what);
    if (known) return known;
    const row: Row = { what, unit, values: [] };
    this.#rows.set(what, row);
    return row;
  }
}
