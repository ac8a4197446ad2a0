import type { Row } from "../measurement";
import type { Cost, Kind } from "./stacks";

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
    this.#row(`${of}: the provider's memory`, "MB").values.push(provider.peakMB);
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

  #row(what: string, unit: string): Row {
    const known = this.#rows.get(what);
    if (known) return known;
    const row: Row = { what, unit, values: [] };
    this.#rows.set(what, row);
    return row;
  }
}
