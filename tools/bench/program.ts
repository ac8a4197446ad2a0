import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import execa from "execa";
import { withHeartbeat } from "../../test/harness/commands";
import { ensureBuilt, ROOT } from "../../test/harness/dist";
import { ensureEngine } from "../../test/harness/pulumi/engine";

const { devDependencies } = require("../../package.json") as { devDependencies: Record<string, string> };

export interface Cost {
  /** Wall clock. */
  seconds: number;
  /** Of the processor, by the command and all that it started. */
  cpuSeconds: number;
  text: string;
}

/**
 * A user's program: a folder outside of the repository, into which npm has installed the packed package, @pulumi/pulumi
 * and what else is asked for. It can hold several stacks; each has the program that was written last when it runs.
 */
export class Program {
  readonly folder = mkdtempSync(join(tmpdir(), "rotator-bench-"));
  /** What the engine gets beside its own settings: endpoint and credentials. */
  env: Record<string, string> = {};

  static async install(log: (line: string) => void, ...packages: string[]): Promise<Program> {
    ensureBuilt();
    const program = new Program();
    try {
      await withHeartbeat(log, "Installing a program", program.#install(packages));
      return program;
    } catch (error) {
      program.remove();
      throw error;
    }
  }

  async #install(packages: string[]): Promise<void> {
    const flags = ["--ignore-scripts", "--json", "--pack-destination", this.folder];
    const { stdout } = await execa("npm", ["pack", ...flags], { cwd: ROOT });
    const [packed] = JSON.parse(stdout) as { filename: string }[];
    this.write("package.json", JSON.stringify({ name: "program", version: "1.0.0", private: true, main: "index.js" }));
    const pinned = ["@pulumi/pulumi", ...packages].map((name) => `${name}@${devDependencies[name]}`);
    await execa(
      "npm",
      [
        "install",
        "--prefer-offline",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        `./${packed?.filename}`,
        ...pinned,
      ],
      { cwd: this.folder, stdin: "ignore" },
    );
    mkdirSync(join(this.folder, "backend"));
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Runs the real CLI, and throws with what it printed if it fails. */
  async pulumi(...args: string[]): Promise<Cost> {
    const { pulumi, binFolder } = await ensureEngine();
    const start = process.hrtime.bigint();
    // The shell tells what its children used, once they have ended.
    const child = execa("sh", ["-c", '"$@" && times >&3', "sh", pulumi, ...args, "--non-interactive"], {
      cwd: this.folder,
      all: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      extendEnv: false,
      env: {
        PATH: [binFolder, process.env.PATH].join(delimiter),
        HOME: process.env.HOME ?? tmpdir(),
        PULUMI_HOME: join(this.folder, "home"),
        PULUMI_BACKEND_URL: `file://${join(this.folder, "backend")}`,
        PULUMI_CONFIG_PASSPHRASE: "a passphrase of a benchmark",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        ...this.env,
      },
    });
    let times = "";
    child.stdio?.[3]?.on("data", (chunk) => (times += chunk));
    const { all = "" } = await child;
    return { seconds: Number(process.hrtime.bigint() - start) / 1e9, cpuSeconds: cpuOf(times), text: all };
  }

  /** Runs a script in a plain node, from the program's folder. @returns what it prints */
  async node(...args: string[]): Promise<string> {
    const { stdout } = await execa(process.execPath, args, { cwd: this.folder, stdin: "ignore" });
    return stdout;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Seconds of user and system time of a shell's children: the second line of what its `times` prints. */
export function cpuOf(times: string): number {
  const [, children = ""] = times.trim().split("\n");
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, rest]) => sum + 60 * Number(minutes) + Number(rest),
    0,
  );
}
