import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import execa from "execa";
import { lock } from "proper-lockfile";
import type { Log } from "../commands";
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

/** Where the npm package `pulumi` and the Automation API keep a CLI of this version: `npx pulumi` finds it there. */
export function cacheFolder(): string {
  return join(pulumiHome(), "versions", VERSION, "bin");
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

const STAGING = ".staging-";

/** An empty folder on the cache's own file system, from where finished files can be moved in at once. */
export async function withStaging(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(await versionsFolder(), STAGING));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
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

/** One process at a time fills the cache. A holder that died is noticed: it no longer refreshes its lock. */
export async function withCacheLock<T>(log: Log, work: () => Promise<T>): Promise<T> {
  const folder = await versionsFolder();
  let told = Date.now();
  const release = await retryWhileLocked(
    () => lock(folder, { stale: 30_000, update: 5_000 }),
    () => {
      if (Date.now() - told < 8_000) return;
      told = Date.now();
      log(`  Another process is getting the Pulumi CLI ${VERSION}: waiting for it`);
    },
  );
  try {
    // Under the lock a staging folder can only be what a killed process left.
    for (const name of await readdir(folder)) {
      if (name.startsWith(STAGING)) await rm(join(folder, name), { recursive: true, force: true });
    }
    return await work();
  } finally {
    await release();
  }
}

async function retryWhileLocked<T>(attempt: () => Promise<T>, waiting: () => void): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if ((error as { code?: string }).code !== "ELOCKED") throw error;
      waiting();
      await new Promise((done) => setTimeout(done, 500));
    }
  }
}

async function versionsFolder(): Promise<string> {
  const folder = join(pulumiHome(), "versions");
  await mkdir(folder, { recursive: true });
  return folder;
}
