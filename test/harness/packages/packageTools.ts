import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Log, logToStderr, runLong } from "../commands";
import { WORK } from "../dist";
import { builtOnce, hashOf } from "../staging";

const FILES = ["package.json", "package-lock.json"];

export const NODE_MAJORS = [20, 22, 24] as const;
export type NodeMajor = (typeof NODE_MAJORS)[number];

/** What a user of the package may have beside npm: its lock file pins each. */
export interface PackageTools {
  pnpm: string;
  bun: string;
  /** A script of Node.js. */
  yarn: string;
  /** The folder with this `node` alone, to put on PATH. */
  node(major: NodeMajor): string;
  /** A folder for what the package managers keep between two runs. */
  cache: string;
}

/** Installs the package managers and versions of Node.js into `.work`, at the first call: 15 s, 450 MB. */
export async function packageTools(log: Log = logToStderr): Promise<PackageTools> {
  const hash = hashOf(...FILES.map((name) => readFileSync(join(__dirname, name))));
  const what = "package managers and versions of Node.js";
  const folder = await builtOnce(log, `package-tools-${hash}`, what, async (built) => {
    for (const name of FILES) cpSync(join(__dirname, name), join(built, name));
    log(`Installing ${what} into .work, once`);
    await npmCi(log, what, built);
    // Their headers and manuals are two thirds of the files.
    for (const major of NODE_MAJORS)
      for (const name of ["include", "share"])
        rmSync(join(nodePackage(built, major), name), { recursive: true, force: true });
  });
  const modules = join(folder, "node_modules");
  const { platform, arch } = process;
  const cache = join(WORK, "package-cache");
  mkdirSync(cache, { recursive: true });
  return {
    pnpm: join(modules, `@pnpm/exe.${platform}-${arch}`, "pnpm"),
    bun: join(modules, `@oven/bun-${platform}-${arch === "arm64" ? "aarch64" : arch}`, "bin", "bun"),
    yarn: join(modules, "@yarnpkg", "cli-dist", "bin", "yarn.js"),
    node: (major) => nodeFolder(folder, major),
    cache,
  };
}

/** Installs what the lock file in a folder says. No script is run: what is needed of it is what the packages hold. */
export async function npmCi(log: Log, what: string, cwd: string): Promise<void> {
  const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
  await runLong(log, "npm", ["ci", ...flags], { what: `Installing ${what}`, cwd, timeoutMs: 5 * 60_000 });
}

/** The package with that Node.js for this machine, one of the optional dependencies. */
function nodePackage(folder: string, major: NodeMajor): string {
  return join(folder, "node_modules", `node${major}-${process.platform}-${process.arch}`);
}

function nodeFolder(folder: string, major: NodeMajor): string {
  const found = join(nodePackage(folder, major), "bin");
  if (existsSync(join(found, "node"))) return found;
  // npm has no such package for every machine; the Node.js that runs this may be of that version.
  if (Number(process.versions.node.split(".")[0]) !== major)
    throw new Error(
      `npm has no Node.js ${major} for ${process.platform} ${process.arch}: run this with Node.js ${major}`,
    );
  const own = join(folder, `own-node${major}`);
  mkdirSync(own, { recursive: true });
  const launcher = join(own, "node");
  writeFileSync(launcher, `#!/bin/sh\nexec '${process.execPath}' "$@"\n`);
  chmodSync(launcher, 0o755);
  return own;
}
