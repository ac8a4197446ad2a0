import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { connect } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import type { Journal } from "../model/journal";

/** The process that runs an operation, as others see it through the journal. */
export interface Runner {
  /** Machine and process, for the journal. */
  id: string;
  /** A short random id. */
  newId(): string;
  /** Whether the process of an open operation still runs; `undefined` if it ran on another machine. */
  isRunning(journal: Journal): boolean | undefined;
  /** Whether nobody is left to save a result, since the engine was killed. Such a process ends itself here. */
  isAbandoned(): Promise<boolean>;
}

/** @param engineAddress where the engine listens, as it tells a provider's process; without it nothing is abandoned */
export function thisProcess(engineAddress: string | undefined): Runner {
  const machine = machineId();
  return {
    id: `${machine}.${process.pid}`,
    newId: () => randomBytes(4).toString("hex"),
    isRunning({ runner }) {
      const [itsMachine, pid] = runner.split(".");
      if (itsMachine !== machine) return undefined;
      // Whoever asks has not begun yet, so an operation of this very process has failed, or had this process id before.
      return Number(pid) !== process.pid && isAlive(Number(pid));
    },
    async isAbandoned() {
      if (!(await isGone(engineAddress))) return false;
      await new Promise((resolve) => setTimeout(resolve, 200));
      if (!(await isGone(engineAddress))) return false;
      // Nobody hears from this process any more. As long as it lives, the journal says that its operation is running.
      process.exit(1);
    },
  };
}

/** Tells machines, their boots, and containers on them apart: process ids mean something only within one of these. */
function machineId(): string {
  const traits = [
    hostname(),
    attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")),
    attempt(() => readlinkSync("/proc/self/ns/pid")),
    Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ mac }) => mac)),
  ];
  return createHash("sha256").update(JSON.stringify(traits)).digest("hex").slice(0, 10);
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined; // not a Linux machine
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The engine listens as long as it lives; it passes its address to the provider's process. */
function isGone(address: string | undefined): Promise<boolean> {
  const [, host, port] = /^(127\.0\.0\.1|localhost|\[::1\]):(\d+)$/.exec(address ?? "") ?? [];
  if (!host || !port) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect({ host: host.replace(/[[\]]/g, ""), port: Number(port), timeout: 2_000 });
    const end = (gone: boolean) => () => {
      socket.destroy();
      resolve(gone);
    };
    socket.on("connect", end(false)).on("error", end(true)).on("timeout", end(false));
  });
}
