import { existsSync, realpathSync } from "node:fs";
import { chmod, mkdir, readdir, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import execa from "execa";
import { onPath } from "../../commands";
import type { Engine } from "../engine";

/** The version of the npm package `pulumi` in package.json, and of the Go modules in cli/go.mod. */
export const VERSION: string = (require("pulumi/package.json") as { version: string }).version;

/** The first release whose dynamic providers get the stack's configuration. */
const OLDEST = [3, 139] as const;

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
  if (!Object.values(FILES).every((file) => existsSync(join(binFolder, file)))) return undefined;
  const pulumi = join(binFolder, FILES.pulumi);
  const version = await versionOf(pulumi);
  return version === undefined ? undefined : { pulumi, binFolder, version, origin };
}

/** A CLI that is installed already, provided that it is complete and recent enough. */
export async function engineOnPath(): Promise<Engine | undefined> {
  for (const pulumi of onPath(FILES.pulumi)) {
    // The npm package's own `pulumi`, which npm and npx put on PATH, would start a download of its own.
    if (realpathSync(pulumi).endsWith(".js")) continue;
    if (!findsBeside(pulumi, FILES.languageHost) || !findsBeside(pulumi, FILES.dynamicProvider)) continue;
    const version = await versionOf(pulumi);
    const [major = 0, minor = 0] = (version ?? "").split(".").map(Number);
    const isRecent = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
    if (version && isRecent) return { pulumi, binFolder: dirname(pulumi), version, origin: "path" };
  }
  return undefined;
}

/** The engine looks on PATH, and beside its own binary. */
function findsBeside(pulumi: string, name: string): boolean {
  const folders = [dirname(pulumi), dirname(realpathSync(pulumi))];
  return folders.some((folder) => existsSync(join(folder, name))) || onPath(name).length > 0;
}

/** The version that the binary itself tells; undefined if it doesn't run (half a file, another processor's). */
export async function versionOf(pulumi: string): Promise<string | undefined> {
  const options = {
    env: { PULUMI_SKIP_UPDATE_CHECK: "true" },
    timeout: 30_000,
    stdin: "ignore",
    reject: false,
  } as const;
  const { failed, stdout } = await execa(pulumi, ["version"], options);
  return failed ? undefined : /^v?(\d+\.\d+\.\d+\S*)/.exec(stdout.trim())?.[1];
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
