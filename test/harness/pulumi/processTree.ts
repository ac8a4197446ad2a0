import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A process with all that it started: the engine puts its plugins into process groups of their own. */
export function processTree(root: number | undefined): number[] {
  // Below 0 and 1 is all that runs on the machine.
  if (!root || root <= 1) throw new Error(`${root} is no process of a test's`);
  const children = new Map<number, number[]>();
  for (const [pid, parent] of parents()) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

function parents(): [number, number][] {
  if (process.platform === "linux") {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name): [number, number][] => {
        try {
          // The command's name, in parentheses, may hold anything.
          const fields = readFileSync(`/proc/${name}/stat`, "utf8")
            .replace(/^.*\) /s, "")
            .split(" ");
          return [[Number(name), Number(fields[1])]];
        } catch {
          return []; // it has ended meanwhile
        }
      });
  }
  const lines = execFileSync("ps", ["-axo", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  return lines.map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
}

/** All at once, as when the machine goes down. */
export function killTree(root: number): void {
  const tree = processTree(root);
  // Stopped first, so that none can start another in between.
  for (const signal of ["SIGSTOP", "SIGKILL"] as const) signalAll(tree, signal);
}

export function signalAll(tree: number[], signal: NodeJS.Signals): void {
  for (const pid of tree) {
    try {
      process.kill(pid, signal);
    } catch {
      // ended by itself
    }
  }
}

/** Ends the processes whose folder this is, where the system tells. */
export function killRunningFrom(folder: string): void {
  if (process.platform !== "linux") return;
  for (const [pid] of parents()) {
    try {
      if (readlinkSync(`/proc/${pid}/cwd`) === folder) process.kill(pid, "SIGKILL");
    } catch {
      // ended by itself, or not ours to see
    }
  }
}
