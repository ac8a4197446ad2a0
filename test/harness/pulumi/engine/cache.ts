import { chmod, mkdir, readdir, rename, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import execa from "execa";
import type { Engine } from "../engine";

/** The version of the npm package `pulumi` in package.json, and of the Go modules in cli/go.mod. */
export const VERSION: string = (require("pulumi/package.json") as { version: string }).version;

export const FILES = {
  pulumi: "pulumi",
  languageHost: "pulumi-language-nodejs",
  dynamicProvider: "pulumi-resource-pulumi-nodejs",
} as const;

export function pulumiHome(): string {
  return process.env.PULUMI_HOME || join(homedir(), ".pulumi");
}

export function versionsFolder(): string {
  return join(pulumiHome(), "versions");
}

/** Where the npm package `pulumi` and the Automation API keep a CLI of this version: `npx pulumi` finds it there. */
export function cacheFolder(): string {
  return join(versionsFolder(), VERSION, "bin");
}

export async function cachedEngine(origin: Engine["origin"]): Promise<Engine | undefined> {
  const binFolder = cacheFolder();
  for (const file of Object.values(FILES)) {
    if (!(await isExecutable(join(binFolder, file)))) return undefined;
  }
  const pulumi = join(binFolder, FILES.pulumi);
  const version = await versionOf(pulumi);
  return version === undefined ? undefined : { pulumi, binFolder, version, origin };
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    const found = await stat(file);
    return found.isFile() && found.size > 0 && (found.mode & 0o111) !== 0;
  } catch {
    return false;
  }
}

/** The version that the binary itself tells; undefined if it doesn't run (half a file, another processor's). */
export async function versionOf(pulumi: string): Promise<string | undefined> {
  try {
    const { stdout } = await execa(pulumi, ["version"], {
      env: { PULUMI_SKIP_UPDATE_CHECK: "true" },
      timeout: 30_000,
      stdin: "ignore",
    });
    return /^v?(\d+\.\d+\.\d+\S*)/.exec(stdout.trim())?.[1];
  } catch {
    return undefined;
  }
}

/** Moves the finished files in, each in one step, and `pulumi` last: who finds it finds all of them. */
export async function moveIntoCache(from: string): Promise<void> {
  const target = cacheFolder();
  await mkdir(target, { recursive: true });
  const names = (await readdir(from)).filter((name) => name !== FILES.pulumi);
  for (const name of [...names, FILES.pulumi]) {
    await chmod(join(from, name), 0o755);
    await rename(join(from, name), join(target, name));
  }
}
