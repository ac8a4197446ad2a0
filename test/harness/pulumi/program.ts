import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import execa from "execa";
import { ensureBuilt, ROOT } from "../dist";
import { Cli, environmentOf } from "./cli";
import { ensureEngine } from "./engine";

const { devDependencies, files: PACKED } = require("../../../package.json") as {
  devDependencies: Record<string, string>;
  files: string[];
};

/** Asks for the installed package from the program's folder, as `__provider` does. */
export const PROVIDER =
  'exports.handler=()=>require(require.resolve("pulumi-aws-iam-rotator/provider",{paths:[process.cwd()]})).provider';

/** The package as a registry would hand it out. */
export interface Tarball {
  file: string;
  /** What is in it, in order. */
  paths: string[];
}

/** Packs a copy of what is built: npm's scripts would build it again, and empty `dist` while other tests run. */
export async function pack(into: string): Promise<Tarball> {
  ensureBuilt();
  const copy = mkdtempSync(join(into, "package-"));
  for (const name of ["package.json", "README.md", "LICENSE", ...PACKED]) {
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  }
  const { stdout } = await execa("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", into], {
    cwd: copy,
    stdin: "ignore",
  });
  rmSync(copy, { recursive: true });
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  if (!packed) throw new Error(`npm pack says ${stdout}`);
  return { file: join(into, packed.filename), paths: packed.files.map(({ path }) => path).sort() };
}

interface Recorded {
  type: string;
  outputs?: Record<string, unknown>;
}

/** A user's program: a folder outside of the repository, into which the tarball is installed. */
export class Program {
  readonly folder = mkdtempSync(join(tmpdir(), "rotator-program-"));

  /** @param path folders to put on PATH, before the engine's */
  constructor(readonly path: string[] = []) {
    mkdirSync(join(this.folder, "backend"));
  }

  write(name: string, text: string | object): void {
    writeFileSync(join(this.folder, name), typeof text === "string" ? text : JSON.stringify(text));
  }

  /** Lets npm install the tarball and @pulumi/pulumi alone: @returns what it says. */
  async install(tarball: Tarball, main = "index.ts"): Promise<string> {
    this.write("package.json", { name: "program", version: "1.0.0", private: true, main });
    const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
    return this.run("npm", ["install", ...flags, tarball.file, `@pulumi/pulumi@${devDependencies["@pulumi/pulumi"]}`]);
  }

  /** The version that is installed of a package. */
  versionOf(name: string): string {
    return JSON.parse(readFileSync(join(this.folder, "node_modules", name, "package.json"), "utf8")).version;
  }

  /** Runs a command in the program's folder: @returns what it prints; throws with that if it fails. */
  async run(command: string, args: string[], env: Record<string, string> = {}): Promise<string> {
    const PATH = [...this.path, process.env.PATH].join(delimiter);
    const options = { cwd: this.folder, all: true, stdin: "ignore", env: { PATH, ...env } } as const;
    return (await execa(command, args, options)).all ?? "";
  }

  /** Runs a script in a plain node, from the program's folder. */
  node(script: string): Promise<execa.ExecaReturnValue> {
    return execa(process.execPath, ["-e", script], { cwd: this.folder, reject: false, stdin: "ignore" });
  }

  /** Type-checks the program with this repository's TypeScript: @returns its errors. */
  async typeCheck(compilerOptions: object, ...files: string[]): Promise<string[]> {
    const base = {
      target: "ES2022",
      lib: ["ES2022"],
      types: ["node"],
      strict: true,
      noEmit: true,
      skipLibCheck: false,
    };
    this.write("tsconfig.check.json", { compilerOptions: { ...base, ...compilerOptions }, files });
    const tsc = require.resolve("typescript/bin/tsc");
    const args = [tsc, "--pretty", "false", "-p", "tsconfig.check.json"];
    const { stdout } = await execa(process.execPath, args, { cwd: this.folder, reject: false, stdin: "ignore" });
    return stdout.split("\n").filter((line) => line !== "");
  }

  /** The real CLI on the program, with a backend of files. */
  async cli(endpointUrl: string): Promise<Cli> {
    const engine = await ensureEngine();
    const { path, folder } = this;
    const env = { ...environmentOf(engine, { base: folder, endpointUrl, path }), AWS_REGION: "us-east-1" };
    return new Cli(engine.pulumi, folder, env);
  }

  /** Runs the real CLI; throws with its output if it fails. */
  async pulumi(endpointUrl: string, ...args: string[]): Promise<string> {
    return (await this.cli(endpointUrl)).must(...args);
  }

  /** What the state of the stack `dev` records of the one resource of such a type. */
  recorded(type: "RotatedAccessKey" | "Stack"): Record<string, unknown> {
    const text = readFileSync(join(this.folder, "backend/.pulumi/stacks/program/dev.json"), "utf8");
    const { resources = [] } = JSON.parse(text).checkpoint.latest as { resources?: Recorded[] };
    return resources.find((resource) => resource.type.endsWith(`:${type}`))?.outputs ?? {};
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
