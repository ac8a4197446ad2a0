import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { lock } from "proper-lockfile";
import type { Log } from "./commands";
import { WORK } from "./dist";

const STAGING = ".staging-";

/**
 * A folder in `.work`, made at the first call. What is built in another one is moved there in one step: what is there is
 * whole, and nothing in it may depend on the name of the folder that it was built in.
 */
export async function builtOnce(
  log: Log,
  name: string,
  what: string,
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(WORK, name);
  if (existsSync(folder)) return folder;
  return fillAlone(log, WORK, what, async (staging) => {
    // Another process may have built it while this one waited for it.
    if (existsSync(folder)) return folder;
    const built = await staging();
    await build(built);
    await rename(built, folder);
    return folder;
  });
}

/** For the name of such a folder, of what it is made from: after a change it is another one. */
export function hashOf(...parts: (string | Buffer)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 12);
}

/**
 * Lets one process at a time fill a cache folder, with an empty folder on the same file system to prepare things in:
 * they are then moved into place in one step. A holder that died is noticed, since it stops refreshing its lock.
 */
export async function fillAlone<T>(
  log: Log,
  cache: string,
  what: string,
  fill: (staging: () => Promise<string>) => Promise<T>,
): Promise<T> {
  await mkdir(cache, { recursive: true });
  const release = await acquire(log, cache, what);
  const own: string[] = [];
  try {
    // Under the lock such a folder can only be what a killed process left.
    for (const name of await readdir(cache)) if (name.startsWith(STAGING)) await remove(join(cache, name));
    return await fill(async () => {
      const folder = await mkdtemp(join(cache, STAGING));
      own.push(folder);
      return folder;
    });
  } finally {
    for (const folder of own) await remove(folder);
    await release().catch(() => undefined);
  }
}

/** What a killed process started may still write in there; the next one here removes the rest. */
async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
}

async function acquire(log: Log, cache: string, what: string): Promise<() => Promise<void>> {
  let told = Date.now();
  for (;;) {
    try {
      return await lock(cache, {
        lockfilePath: join(cache, ".lock"),
        stale: 20_000,
        update: 5_000,
        // Lost in a machine's sleep: two that fill at once waste time, but moving into place stays safe.
        onCompromised: () => undefined,
      });
    } catch (error) {
      if ((error as { code?: string }).code !== "ELOCKED") throw error;
    }
    if (Date.now() - told > 8_000) {
      told = Date.now();
      log(`  Another process is getting ${what}: waiting for it`);
    }
    await new Promise((done) => setTimeout(done, 300));
  }
}
