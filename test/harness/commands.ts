import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import execa from "execa";

export type Log = (line: string) => void;

export const logToStderr: Log = (line) => {
  process.stderr.write(`${line}\n`);
};

const HEARTBEAT_MS = 8_000;

/** Awaits the work and says every few seconds that it still goes on: what is silent for a minute looks stuck. */
export async function withHeartbeat<T>(log: Log, what: string, work: Promise<T>, detail = () => ""): Promise<T> {
  const start = Date.now();
  const timer = setInterval(() => {
    log(`  ${what}: ${Math.round((Date.now() - start) / 1000)} s${detail()}`);
  }, HEARTBEAT_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

export interface Job {
  what: string;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  timeoutMs?: number;
}

/** Runs a command to its end, with a heartbeat that shows the last line it printed; throws with its last lines. */
export async function runLong(log: Log, command: string, args: readonly string[], job: Job): Promise<void> {
  const lines: string[] = [];
  // A group of its own, so that a time-out reaches the command's children as well.
  const child = execa(command, args, {
    all: true,
    buffer: false,
    detached: true,
    stdin: "ignore",
    ...(job.cwd && { cwd: job.cwd }),
    ...(job.env && { env: job.env, extendEnv: false }),
  });
  child.all?.setEncoding("utf8").on("data", (text: string) => {
    lines.push(...text.split(/[\r\n]+/).filter((line) => line.trim()));
    lines.splice(0, lines.length - 30);
  });
  const endGroup = () => killGroup(child.pid);
  // Such a group is out of reach for Ctrl-C in the terminal: pass our own end on.
  process.once("exit", endGroup);
  for (const signal of SIGNALS) process.once(signal, exitBySignal);
  const timer = job.timeoutMs ? setTimeout(endGroup, job.timeoutMs) : undefined;
  const detail = () => (lines.length > 0 ? ` (${(lines.at(-1) ?? "").trim().slice(0, 90)})` : "");
  try {
    await withHeartbeat(log, job.what, child, detail);
  } catch (cause) {
    const told = lines.slice(-12).map((line) => `  ${line}`);
    throw new Error([`${job.what} failed: ${command} ${args.join(" ")}`, ...told].join("\n"), { cause });
  } finally {
    clearTimeout(timer);
    process.removeListener("exit", endGroup);
    for (const signal of SIGNALS) process.removeListener(signal, exitBySignal);
  }
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function exitBySignal(): void {
  process.exit(130);
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid) process.kill(-pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}

/** All files of that name in the folders of PATH, in order. */
export function onPath(name: string, path = process.env.PATH ?? ""): string[] {
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .filter((file) => existsSync(file));
}
