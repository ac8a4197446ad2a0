import { createHash } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Log, logToStderr, runLong } from "../commands";
import { WORK } from "../dist";
import { fillAlone } from "../staging";

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
  const hash = createHash("sha256");
  for (const name of FILES) hash.update(readFileSync(join(__dirname, name)));
  const folder = join(WORK, `package-tools-${hash.digest("hex").slice(0, 12)}`);
  if (!existsSync(folder)) {
    await fillAlone(log, WORK, "package managers and versions of Node.js", async (staging) => {
      if (!existsSync(folder)) renameSync(await install(log, await staging()), folder);
    });
  }
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

async function install(log: Log, folder: string): Promise<string> {
  for (const name of FILES) cpSync(join(__dirname, name), join(folder, name));
  log("Installing package managers and versions of Node.js into .work, once");
  // No script is run: all that is needed of them is what their packages hold.
  const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
  await runLong(log, "npm", ["ci", ...flags], {
    what: "Installing package managers and versions of Node.js",
    cwd: folder,
    timeoutMs: 5 * 60_000,
  });
  // Their headers and manuals are two thirds of the files.
  for (const major of NODE_MAJORS)
    for (const name of ["include", "share"])
      rmSync(join(nodePackage(folder, major), name), { recursive: true, force: true });
  return folder;
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
