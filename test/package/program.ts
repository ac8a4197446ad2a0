import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import execa from "execa";
import { ensureEngine } from "../../tools/engine";
import { ensureBuilt, ROOT } from "../support/dist";

const { devDependencies } = require("../../package.json") as { devDependencies: Record<string, string> };

/** The package as a registry would hand it out. */
export interface Tarball {
  file: string;
  /** What is in it, in order. */
  paths: string[];
}

/** Packs what is built; the scripts of a real `npm publish` would only build it again. */
export async function pack(into: string): Promise<Tarball> {
  ensureBuilt();
  const { stdout } = await execa("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", into], {
    cwd: ROOT,
  });
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  if (!packed) throw new Error(`npm pack says ${stdout}`);
  return { file: join(into, packed.filename), paths: packed.files.map(({ path }) => path).sort() };
}

/** A user's program: a folder outside of the repository, into which npm installs the tarball and @pulumi/pulumi alone. */
export class Program {
  readonly folder = mkdtempSync(join(tmpdir(), "rotator-program-"));

  write(name: string, text: string | object): void {
    writeFileSync(join(this.folder, name), typeof text === "string" ? text : JSON.stringify(text));
  }

  /** @returns what npm says */
  async install(tarball: Tarball): Promise<string> {
    this.write("package.json", { name: "program", version: "1.0.0", private: true, main: "index.ts" });
    const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
    const packages = [tarball.file, `@pulumi/pulumi@${devDependencies["@pulumi/pulumi"]}`];
    const { all = "" } = await execa("npm", ["install", ...flags, ...packages], { cwd: this.folder, all: true });
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
  async pulumi(endpointUrl: string, ...args: string[]): Promise<string> {
    const { pulumi, binFolder } = await ensureEngine();
    const backend = join(this.folder, "backend");
    mkdirSync(backend, { recursive: true });
    const { all = "" } = await execa(pulumi, [...args, "--non-interactive"], {
      cwd: this.folder,
      all: true,
      stdin: "ignore",
      env: {
        PATH: [binFolder, process.env.PATH].join(delimiter),
        PULUMI_BACKEND_URL: `file://${backend}`,
        PULUMI_CONFIG_PASSPHRASE: "a passphrase of a test",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        AWS_ENDPOINT_URL: endpointUrl,
        AWS_ACCESS_KEY_ID: "test",
        AWS_SECRET_ACCESS_KEY: "test",
      },
    });
    return all;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
