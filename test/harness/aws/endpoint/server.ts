import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { type Log, withHeartbeat } from "../../commands";
import { type Emulator, pythonWith } from "./python";

type Server = ChildProcessByStdio<Writable, Readable, Readable>;

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 3_000;

/** Starts an emulator; it ends when its standard input does, so with this process at the latest. */
export async function startServer(log: Log, emulator: Emulator): Promise<{ url: string; stop(): Promise<void> }> {
  const python = await pythonWith(log, emulator);
  // In a group of its own: Ctrl-C must leave it alive for what its starter still has to clean up.
  const server: Server = spawn(python, ["-I", join(__dirname, emulator, "server.py")], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  server.stdin.on("error", () => undefined);
  try {
    const port = await withHeartbeat(log, `Starting the IAM emulator ${emulator}`, portOf(server));
    letGo(server);
    return { url: `http://127.0.0.1:${port}`, stop: () => stop(server) };
  } catch (error) {
    await stop(server);
    throw error;
  }
}

async function portOf(server: Server): Promise<number> {
  let told = "";
  server.stderr.setEncoding("utf8").on("data", (text: string) => {
    told = (told + text).slice(-2_000);
  });
  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  const ended = once(server, "exit", { signal }).then(([code]) => {
    throw new Error(`it ended with ${code}`);
  });
  try {
    const [line] = await Promise.race([once(server.stdout, "data", { signal }), ended]);
    return Number(String(line));
  } catch (cause) {
    throw new Error(`The IAM emulator does not start: ${(cause as Error).message}\n${told}`.trim(), { cause });
  }
}

/** Its pipes must not keep a program alive that has nothing else to do. */
function letGo(server: Server): void {
  server.unref();
  for (const pipe of [server.stdin, server.stdout, server.stderr]) (pipe as unknown as { unref(): void }).unref();
}

async function stop(server: Server): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null || server.pid === undefined) return;
  server.ref();
  const ended = once(server, "exit");
  server.stdin.end();
  const timer = setTimeout(() => server.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
