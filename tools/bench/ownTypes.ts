import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Program } from "./program";

/** One of the events in what `tsc --generateTrace` writes; times are in microseconds. */
export interface TraceEvent {
  /** `B` begins, `E` ends, `X` has a duration. */
  ph: string;
  name: string;
  ts: number;
  dur?: number;
  args?: { path?: string; containingFileName?: string };
}

/** What tsc does to a file by itself. None of these contains another one. */
const WORK = ["createSourceFile", "resolveModuleNamesWorker", "bindSourceFile", "checkSourceFile"];

/** Seconds that tsc spends in the types of a package, and in a program's own file, that uses them. */
export async function ownSeconds(program: Program, name: string, packageName: string): Promise<number> {
  const trace = `trace-${name}`;
  await program.node("node_modules/typescript/bin/tsc", "-p", `tsconfig.${name}.json`, "--generateTrace", trace);
  const events = JSON.parse(readFileSync(join(program.folder, trace, "trace.json"), "utf8")) as TraceEvent[];
  return secondsIn(events, (file) => file.includes(`/node_modules/${packageName}/`) || file.endsWith(`/${name}.ts`));
}

/** @throws Error if there is nothing about such files: another version of tsc may call it otherwise */
export function secondsIn(events: TraceEvent[], isOurs: (file: string) => boolean): number {
  const work = events.filter(
    ({ name, args }) => WORK.includes(name) && isOurs(args?.path ?? args?.containingFileName ?? ""),
  );
  if (work.length === 0) throw new Error("tsc's trace tells nothing of these files");
  const sign: Record<string, number> = { B: -1, E: 1 };
  const microseconds = work.reduce((sum, { ph, ts, dur = 0 }) => sum + (ph === "X" ? dur : (sign[ph] ?? 0) * ts), 0);
  return microseconds / 1e6;
}
