import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { lock } from "proper-lockfile";
import type { Log } from "./commands";

const STAGING = ".staging-";

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
