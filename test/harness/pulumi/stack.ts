import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../dist";
import { ensureEngine } from "./engine";
import { runtimeOptionsPath } from "./languageHost";
import { killRunningFrom, killTree } from "./processTree";

/** The runtime of a project whose program needs no compiler: loading TypeScript takes longer than the program. */
export const JAVASCRIPT = "runtime:\n  name: nodejs\n  options:\n    typescript: false\n";

export interface Run {
  code: number | null;
  /** What the CLI printed, both streams in order. */
  text: string;
}

export interface StackOptions {
  /** The text of index.js. */
  program: string;
  endpointUrl: string;
  env?: Record<string, string>;
  /** Folders to put on PATH, before the engine's. */
  path?: string[];
  /** A folder in the repository, with other packages of Pulumi's in its node_modules: the program then lies below it. */
  below?: string;
  /** The text of Pulumi.yaml; its project has to be called `program`. */
  project?: string;
  /** Wait for AWS's eventual consistency in tenths of seconds: moto has none. */
  hasty?: boolean;
}

interface State {
  resources: { type: string; urn: string; outputs?: Record<string, unknown>; inputs?: Record<string, unknown> }[];
}

/** A stack of the real CLI: a program of its own outside the repository, and a backend of files. */
export class Stack {
  readonly folder: string;
  readonly backend: string;
  readonly env: Record<string, string>;
  /** Everything the CLI ever printed here, for the search for secrets. */
  printed = "";
  #running: ChildProcess | undefined;

  private constructor(
    readonly pulumi: string,
    binFolder: string,
    options: StackOptions,
  ) {
    this.folder = mkdtempSync(join(options.below ?? tmpdir(), "rotator-stack-"));
    this.backend = join(this.folder, "backend");
    const modules = join(this.folder, "node_modules");
    for (const folder of [this.backend, modules]) mkdirSync(folder);
    if (options.hasty) writeHastyPackage(join(modules, "pulumi-aws-iam-rotator"));
    else if (options.below) copyPackage(join(modules, "pulumi-aws-iam-rotator"));
    else symlinkSync(ROOT, join(modules, "pulumi-aws-iam-rotator"));
    // As an installation links it, for `npx`.
    mkdirSync(join(modules, ".bin"));
    symlinkSync(join(ROOT, "dist/command/main.js"), join(modules, ".bin/pulumi-aws-iam-rotator"));
    for (const name of ["typescript", "ts-node", ...(options.below ? [] : ["@pulumi"])]) {
      symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
    }
    writeFileSync(join(this.folder, "package.json"), JSON.stringify({ name: "program", main: "index.js" }));
    writeFileSync(join(this.folder, "Pulumi.yaml"), options.project ?? `name: program\n${JAVASCRIPT}`);
    this.write(options.program);
    this.env = {
      PATH: [...(options.path ?? []), binFolder, process.env.PATH].join(":"),
      HOME: process.env.HOME ?? tmpdir(),
      // Its logs, and what it remembers of projects, are none of the user's.
      PULUMI_HOME: join(this.folder, "home"),
      PULUMI_BACKEND_URL: `file://${this.backend}`,
      PULUMI_CONFIG_PASSPHRASE: "a passphrase of a test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      AWS_ENDPOINT_URL: options.endpointUrl,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      ...options.env,
    };
  }

  static async create(options: StackOptions): Promise<Stack> {
    const { pulumi, binFolder } = await ensureEngine();
    const stack = new Stack(pulumi, binFolder, options);
    const host = await runtimeOptionsPath({ typescript: false }, stack.folder);
    stack.env.PATH = [...host, stack.env.PATH].join(":");
    const { code, text } = await stack.run("stack", "init", "dev");
    if (code !== 0) throw new Error(`no stack: ${text}`);
    return stack;
  }

  /** Replaces the program; and Pulumi.yaml. */
  write(program: string, project?: string): void {
    writeFileSync(join(this.folder, "index.js"), program);
    if (project) writeFileSync(join(this.folder, "Pulumi.yaml"), project);
  }

  /** The text of Pulumi.yaml. */
  project(): string {
    return readFileSync(join(this.folder, "Pulumi.yaml"), "utf8");
  }

  run(...args: string[]): Promise<Run> {
    return this.runWith({}, ...args);
  }

  async runWith(env: Record<string, string>, ...args: string[]): Promise<Run> {
    const child = spawn(this.pulumi, [...args, "--non-interactive"], {
      cwd: this.folder,
      env: { ...this.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#running = child;
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += chunk));
    const code = await new Promise<number | null>((done, fail) => {
      child.on("error", fail);
      child.on("close", done);
    });
    this.#running = undefined;
    this.printed += text;
    return { code, text };
  }

  /** Runs a command that has to succeed. */
  async must(...args: string[]): Promise<string> {
    const { code, text } = await this.run(...args);
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${code}:\n${text}`);
    return text;
  }

  up = (...args: string[]) => this.must("up", "--yes", "--skip-preview", "--stack", "dev", ...args);
  tryUp = (...args: string[]) => this.run("up", "--yes", "--skip-preview", "--stack", "dev", ...args);
  preview = (...args: string[]) => this.must("preview", "--stack", "dev", ...args);
  refresh = (...args: string[]) => this.must("refresh", "--yes", "--skip-preview", "--stack", "dev", ...args);
  destroy = (...args: string[]) => this.must("destroy", "--yes", "--skip-preview", "--stack", "dev", ...args);

  async outputs(): Promise<Record<string, unknown>> {
    // Not through `must`: shown secrets are no leak.
    const child = spawn(this.pulumi, ["stack", "output", "--json", "--show-secrets", "--stack", "dev"], {
      cwd: this.folder,
      env: this.env,
    });
    let text = "";
    child.stdout.on("data", (chunk) => (text += chunk));
    await new Promise((done) => child.on("close", done));
    return JSON.parse(text) as Record<string, unknown>;
  }

  /** The saved state as it lies on the disk: secrets encrypted. */
  stateText(): string {
    return readFileSync(join(this.backend, ".pulumi/stacks/program/dev.json"), "utf8");
  }

  state(): State {
    return JSON.parse(this.stateText()).checkpoint.latest as State;
  }

  /** The recorded outputs of the one RotatedAccessKey. */
  recorded(): Record<string, unknown> | undefined {
    return this.state().resources?.find((resource) => resource.type.endsWith(":RotatedAccessKey"))?.outputs;
  }

  /** Whatever was printed, and every file of the backend: states, their backups, the history. */
  everything(): [string, string][] {
    const files = readdirSync(this.backend, { recursive: true, encoding: "utf8" })
      .map((name) => join(this.backend, name))
      .filter((path) => statSync(path).isFile());
    return [
      ["what was printed", this.printed],
      ...files.map((path): [string, string] => [path, readFileSync(path, "utf8")]),
    ];
  }

  /** Kills the engine, the language host, the program and the provider at once; over when the engine is gone. */
  async kill(): Promise<void> {
    const child = this.#running;
    if (!child?.pid) return;
    killTree(child.pid);
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }

  /** The engine's process, while one runs. */
  get pid(): number | undefined {
    return this.#running?.pid;
  }

  /** Signals the engine alone. */
  signal(signal: NodeJS.Signals): void {
    this.#running?.kill(signal);
  }

  /** Where the state lies. */
  get stacksFolder(): string {
    return join(this.backend, ".pulumi", "stacks");
  }

  remove(): void {
    // What a killed engine leaves runs from this folder.
    killRunningFrom(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A link would lead to the repository's own packages of Pulumi's. */
function copyPackage(folder: string): void {
  for (const name of ["package.json", "dist"]) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
}

/** The package as it is built, but for the provider's patience. */
function writeHastyPackage(folder: string): void {
  mkdirSync(folder);
  const files = {
    "package.json": JSON.stringify({ name: "pulumi-aws-iam-rotator", main: "index.js" }),
    "index.js": `module.exports = require(${JSON.stringify(join(ROOT, "dist/index.js"))});`,
    "user.js": `module.exports = require(${JSON.stringify(join(ROOT, "dist/user.js"))});`,
    "provider.js": `module.exports = require(${JSON.stringify(join(ROOT, "test/harness/fixtures/hastyProvider.js"))});`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}
