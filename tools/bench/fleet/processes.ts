import { readFileSync } from "node:fs";
import { processTree } from "../../../test/harness/pulumi/processTree";

/** What one of an engine's processes used, as far as /proc tells: only on Linux. */
export interface Usage {
  cpuSeconds: number;
  peakMB: number;
}

export interface Used {
  engine: Usage;
  /** The process that runs dynamic providers. */
  provider: Usage;
}

const PAUSE_MS = 200;
/** Linux counts processor time in hundredths of a second on every machine that Node.js runs on. */
const TICKS_PER_SECOND = 100;

/** Watches an engine and its provider while they run. */
export class Watch {
  readonly #seen = new Map<number, Usage & { isProvider: boolean }>();
  readonly #timer: NodeJS.Timeout;

  /** @param engine the engine's process id, once there is one */
  constructor(readonly engine: () => number | undefined) {
    this.#timer = setInterval(() => this.#look(), PAUSE_MS);
  }

  stop(): Used {
    clearInterval(this.#timer);
    const used: Used = { engine: { cpuSeconds: 0, peakMB: 0 }, provider: { cpuSeconds: 0, peakMB: 0 } };
    for (const [, { isProvider, cpuSeconds, peakMB }] of this.#seen) {
      const at = isProvider ? used.provider : used.engine;
      at.cpuSeconds += cpuSeconds;
      at.peakMB = Math.max(at.peakMB, peakMB);
    }
    return used;
  }

  #look(): void {
    const root = this.engine();
    if (root === undefined || process.platform !== "linux") return;
    for (const pid of processTree(root)) {
      const isProvider = this.#seen.get(pid)?.isProvider ?? runsDynamicProviders(pid);
      if (!isProvider && pid !== root) continue;
      const usage = usageOf(pid);
      if (usage) this.#seen.set(pid, { isProvider, ...usage });
    }
  }
}

function runsDynamicProviders(pid: number): boolean {
  const [program = "", script = ""] = (read(pid, "cmdline") ?? "").split("\0");
  return /(^|\/)node$/.test(program) && script.includes("cmd/dynamic-provider");
}

function usageOf(pid: number): Usage | undefined {
  // Behind the command's name, in parentheses, which may hold anything; utime and stime are the 14th and 15th field.
  const fields = read(pid, "stat")
    ?.replace(/^.*\) /s, "")
    .split(" ");
  const peak = /^VmHWM:\s*(\d+) kB/m.exec(read(pid, "status") ?? "")?.[1];
  if (!fields || !peak) return undefined;
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND, peakMB: Number(peak) / 1024 };
}

function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined; // it has ended meanwhile
  }
}
