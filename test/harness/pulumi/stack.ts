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
import { Cli, environmentOf, type Surroundings } from "./cli";
import { type Engine, ensureEngine } from "./engine";
import { runtimeOptionsPath } from "./languageHost";
import { killRunningFrom } from "./processTree";

/** The runtime of a project whose program needs no compiler: loading TypeScript takes longer than the program. */
export const JAVASCRIPT = "runtime:\n  name: nodejs\n  options:\n    typescript: false\n";

export interface StackOptions extends Omit<Surroundings, "base"> {
  /** The text of index.js. */
  program: string;
  env?: Record<string, string>;
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
export class Stack extends Cli {
  readonly backend: string;

  private constructor(engine: Engine, options: StackOptions) {
    const folder = mkdtempSync(join(options.below ?? tmpdir(), "rotator-stack-"));
    super(engine.pulumi, folder, { ...environmentOf(engine, { ...options, base: folder }), ...options.env });
    this.backend = join(folder, "backend");
    const modules = join(folder, "node_modules");
    for (const made of [this.backend, modules]) mkdirSync(made);
    if (options.hasty) writeHastyPackage(join(modules, "pulumi-aws-iam-rotator"));
    else if (options.below) copyPackage(join(modules, "pulumi-aws-iam-rotator"));
    else symlinkSync(ROOT, join(modules, "pulumi-aws-iam-rotator"));
    // As an installation links it, for `npx`.
    mkdirSync(join(modules, ".bin"));
    symlinkSync(join(ROOT, "dist/command/main.js"), join(modules, ".bin/pulumi-aws-iam-rotator"));
    for (const name of ["typescript", "ts-node", ...(options.below ? [] : ["@pulumi"])]) {
      symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
    }
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "program", main: "index.js" }));
    this.write(options.program, options.project ?? `name: program\n${JAVASCRIPT}`);
  }

  static async create(options: StackOptions): Promise<Stack> {
    const stack = new Stack(await ensureEngine(), options);
    const host = await runtimeOptionsPath({ typescript: false }, stack.folder);
    stack.env.PATH = [...host, stack.env.PATH].join(":");
    await stack.must("stack", "init", "dev");
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

  up = (...args: string[]) => this.must("up", "--yes", "--skip-preview", "--stack", "dev", ...args);
  tryUp = (...args: string[]) => this.run("up", "--yes", "--skip-preview", "--stack", "dev", ...args);
  preview = (...args: string[]) => this.must("preview", "--stack", "dev", ...args);
  refresh = (...args: string[]) => this.must("refresh", "--yes", "--skip-preview", "--stack", "dev", ...args);
  destroy = (...args: string[]) => this.must("destroy", "--yes", "--skip-preview", "--stack", "dev", ...args);

  async outputs(): Promise<Record<string, unknown>> {
    // Not through `must`: shown secrets are no leak.
    const { text } = await this.exec([this.pulumi, ..."stack output --json --show-secrets --stack dev".split(" ")]);
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
