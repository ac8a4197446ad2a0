import { join } from "node:path";
import type { PackageTools } from "../harness/packages/packageTools";
import type { Program } from "../harness/pulumi/program";
import type { Cell } from "./cells";

interface Manager {
  command(tools: PackageTools): [string, ...string[]];
  /** What a program needs beside its package.json. */
  files?: Record<string, string>;
  /** What keeps its cache out of the user's home. */
  env?(cache: string): Record<string, string>;
}

const MANAGERS: Record<Cell["manager"], Manager> = {
  npm: {
    command: () => ["npm", "install", "--prefer-offline", "--no-audit", "--no-fund"],
  },
  pnpm: {
    command: ({ pnpm }) => [pnpm, "install", "--prefer-offline", "--no-frozen-lockfile"],
    // pnpm wants a decision on the scripts of what Pulumi and tsx depend on.
    files: { "pnpm-workspace.yaml": "allowBuilds:\n  protobufjs: false\n  esbuild: false\n" },
    env: (cache) => ({ XDG_DATA_HOME: cache, XDG_CACHE_HOME: cache, XDG_STATE_HOME: cache }),
  },
  Yarn: {
    command: ({ yarn }) => ["node", yarn, "install", "--no-immutable"],
    files: { ".yarnrc.yml": "nodeLinker: node-modules\n", "yarn.lock": "" },
    env: (cache) => ({ YARN_GLOBAL_FOLDER: join(cache, "yarn"), YARN_ENABLE_TELEMETRY: "0" }),
  },
  Bun: {
    command: ({ bun }) => [bun, "install"],
    env: (cache) => ({ BUN_INSTALL_CACHE_DIR: join(cache, "bun") }),
  },
};

/**
 * Lets a package manager install what the program's package.json names: @returns what it says.
 * @param other files in place of those that it would have
 */
export async function installBy(
  manager: Cell["manager"],
  tools: PackageTools,
  program: Program,
  other: Record<string, string> = {},
): Promise<string> {
  const { command, files = {}, env } = MANAGERS[manager];
  for (const [name, text] of Object.entries({ ...files, ...other })) program.write(name, text);
  const [file, ...args] = command(tools);
  return program.run(file, args, env?.(tools.cache));
}

/** The lines in which a package manager complains of this package. */
export function complaints(said: string): string[] {
  const told = said.split("\n").filter((line) => line.includes("pulumi-aws-iam-rotator"));
  // npm names the script that builds a clone where a package comes from a file, though it does not run it there.
  return told.filter((line) => /warn|error|deprecated|peer|✘|✕|YN00(?!13)/i.test(line) && !line.includes("(prepare: "));
}
