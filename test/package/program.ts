import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import execa from "execa";
import { ensureBuilt, ROOT } from "../harness/dist";
import { ensureEngine } from "../harness/pulumi/engine";

const { devDependencies, files: PACKED } = require("../../package.json") as {
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
  constructor(readonly path: string[] = []) {}

  write(name: string, text: string | object): void {
    writeFileSync(join(this.folder, name), typeof text === "string" ? text : JSON.stringify(text));
  }

  /** Lets npm install the tarball and @pulumi/pulumi alone: @returns what it says. */
  async install(tarball: Tarball): Promise<string> {
    this.write("package.json", { name: "program", version: "1.0.0", private: true, main: "index.ts" });
    const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
    const packages = [tarball.file, `@pulumi/pulumi@${devDependencies["@pulumi/pulumi"]}`];
    const { all = "" } = await execa("npm", ["install", ...flags, ...packages], { cwd: this.folder, all: true });
    return all;
  }

  /** The version that is installed of a package. */
  versionOf(name: string): string {
    return JSON.parse(readFileSync(join(this.folder, "node_modules", name, "package.json"), "utf8")).version;
  }

  /** Runs a command in the program's folder: @returns what it prints; throws with that if it fails. */
  async run(command: string, args: string[], env: Record<string, string> = {}): Promise<string> {
    const PATH = [...this.path, process.env.PATH].join(delimiter);
    const { all = "" } = await execa(command, args, {
      cwd: this.folder,
      all: true,
      stdin: "ignore",
      env: { PATH, ...env },
    });
    return all;
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

  /** Runs the real CLI on the program, with a backend of files; throws with its output if it fails. */
  pulumi(endpointUrl: string, ...args: string[]): Promise<string> {
    return this.pulumiWith(endpointUrl, {}, ...args);
  }

  async pulumiWith(endpointUrl: string, env: Record<string, string>, ...args: string[]): Promise<string> {
    const { pulumi } = await this.engine();
    return this.run(pulumi, [...args, "--non-interactive"], { ...(await this.environment(endpointUrl)), ...env });
  }

  /** The CLI, which is got at the first call. */
  engine = () => ensureEngine();

  /** What the CLI is told by the environment. */
  async environment(endpointUrl: string): Promise<Record<string, string>> {
    const { binFolder } = await this.engine();
    mkdirSync(this.backend, { recursive: true });
    return {
      PATH: [...this.path, binFolder, process.env.PATH].join(delimiter),
      PULUMI_BACKEND_URL: `file://${this.backend}`,
      PULUMI_CONFIG_PASSPHRASE: "a passphrase of a test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      AWS_ENDPOINT_URL: endpointUrl,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    };
  }

  private get backend(): string {
    return join(this.folder, "backend");
  }

  /** What the state of the stack `dev` records of the one resource of such a type. */
  recorded(type: "RotatedAccessKey" | "Stack"): Record<string, unknown> {
    const text = readFileSync(join(this.backend, ".pulumi/stacks/program/dev.json"), "utf8");
    const { resources = [] } = JSON.parse(text).checkpoint.latest as { resources?: Recorded[] };
    return resources.find((resource) => resource.type.endsWith(`:${type}`))?.outputs ?? {};
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
