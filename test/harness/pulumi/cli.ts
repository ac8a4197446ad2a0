import { once } from "node:events";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import execa from "execa";
import type { Engine } from "./engine";
import { killTree } from "./processTree";

export interface Run {
  code: number | null;
  /** What the CLI printed, both streams in order. */
  text: string;
}

export interface Surroundings {
  /** A folder for a backend of files, and for Pulumi's home: neither the user's stacks nor the login are touched. */
  base: string;
  endpointUrl: string;
  /** Default: those that moto takes for an administrator's. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** Folders to put on PATH, before the engine's. */
  path?: string[];
}

/** All that the CLI is told by its environment; of that of this process only PATH and HOME. */
export function environmentOf({ binFolder }: Engine, about: Surroundings): Record<string, string> {
  const { accessKeyId, secretAccessKey } = about.credentials ?? { accessKeyId: "test", secretAccessKey: "test" };
  return {
    PATH: [...(about.path ?? []), binFolder, process.env.PATH].join(delimiter),
    HOME: process.env.HOME ?? tmpdir(),
    // Its logs, and what it remembers of projects, are none of the user's.
    PULUMI_HOME: join(about.base, "home"),
    PULUMI_BACKEND_URL: `file://${join(about.base, "backend")}`,
    PULUMI_CONFIG_PASSPHRASE: "a passphrase of a test",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    AWS_ENDPOINT_URL: about.endpointUrl,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
}

/**
 * The real CLI in one folder, a command at a time. Automation's PulumiCommand passes on this process's environment, keeps
 * the two streams apart, and tells no process id: what is killed here needs one.
 */
export class Cli {
  /** Everything that it ever printed here, for the search for secrets. */
  printed = "";
  #running: execa.ExecaChildProcess | undefined;

  constructor(
    readonly pulumi: string,
    readonly folder: string,
    readonly env: Record<string, string>,
    /** In a group of its own, which Ctrl-C in a terminal does not reach. */
    private readonly detached = false,
  ) {}

  run(...args: string[]): Promise<Run> {
    return this.runWith({}, ...args);
  }

  async runWith(env: Record<string, string>, ...args: string[]): Promise<Run> {
    const run = await this.exec([this.pulumi, ...args, "--non-interactive"], { env });
    this.printed += run.text;
    return run;
  }

  /** Runs any command as the CLI would be, and keeps nothing of what it prints. */
  async exec([file = "", ...args]: string[], { env = {}, cwd = this.folder } = {}): Promise<Run> {
    const options = { cwd, env: { ...this.env, ...env }, extendEnv: false, all: true, reject: false } as const;
    const child = execa(file, args, { ...options, stdin: "ignore", detached: this.detached, stripFinalNewline: false });
    this.#running = child;
    const { exitCode = null, all = "", signal, ...rest } = await child;
    this.#running = undefined;
    // Neither ended nor killed: it was never there.
    if (exitCode === null && !signal) throw Object.assign(new Error(`${file} can't be run`), { cause: rest });
    return { code: exitCode, text: all };
  }

  /** Runs a command that has to succeed. */
  must(...args: string[]): Promise<string> {
    return this.mustWith({}, ...args);
  }

  async mustWith(env: Record<string, string>, ...args: string[]): Promise<string> {
    const { code, text } = await this.runWith(env, ...args);
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${code}:\n${text}`);
    return text;
  }

  /** The engine's process, while one runs. */
  get pid(): number | undefined {
    return this.#running?.pid;
  }

  /** Signals the engine alone. */
  signal(signal: NodeJS.Signals): void {
    this.#running?.kill(signal, { forceKillAfterTimeout: false });
  }

  /** As Ctrl-C does: over when the engine has ended, which is killed after ten seconds. */
  async interrupt(): Promise<void> {
    const child = this.#running;
    const timer = setTimeout(() => child?.kill("SIGKILL"), 10_000);
    child?.kill("SIGINT");
    await child;
    clearTimeout(timer);
  }

  /** Kills the engine, the language host, the program and the provider at once; over when the engine is gone. */
  async kill(): Promise<void> {
    const child = this.#running;
    if (!child?.pid) return;
    killTree(child.pid);
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
}
