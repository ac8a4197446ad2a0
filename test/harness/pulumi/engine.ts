import { join } from "node:path";
import { type Log, logToStderr, runLong } from "../commands";
import { fillAlone } from "../staging";
import { buildEngine } from "./engine/build";
import {
  cachedEngine,
  cacheFolder,
  engineOnPath,
  moveIntoCache,
  VERSION,
  versionOf,
  versionsFolder,
} from "./engine/cache";

/** The Pulumi CLI, with the Node.js language host and the runner of dynamic providers beside it. */
export interface Engine {
  /** Absolute path of the binary. */
  pulumi: string;
  /** Put this first on PATH: the engine looks there for its language host. */
  binFolder: string;
  version: string;
  origin: "path" | "cache" | "download" | "build";
}

let engine: Promise<Engine> | undefined;

/** Finds the Pulumi CLI, or gets it: from PATH, the cache of the npm package `pulumi`, its download, a build with Go. */
export function ensureEngine(log: Log = logToStderr): Promise<Engine> {
  engine ??= findOrGet(log);
  return engine;
}

async function findOrGet(log: Log): Promise<Engine> {
  const present = (await engineOnPath()) ?? (await cachedEngine("cache"));
  if (present) return present;
  return fillAlone(log, versionsFolder(), `the Pulumi CLI ${VERSION}`, async (staging) => {
    // Another process may have filled the cache while this one waited for it.
    const filled = await cachedEngine("cache");
    if (filled) return filled;
    const ways = { download: downloadEngine, build: buildEngine };
    const failures: string[] = [];
    for (const [origin, get] of Object.entries(ways) as [keyof typeof ways, typeof buildEngine][]) {
      try {
        await get(log, await staging());
      } catch (error) {
        failures.push(`Its ${origin} failed: ${(error as Error).message}`);
        log(`The Pulumi CLI ${VERSION}: ${failures.at(-1)}`);
        continue;
      }
      const engine = await cachedEngine(origin);
      if (engine) return engine;
      throw new Error(`The Pulumi CLI in ${cacheFolder()} does not run, right after its ${origin}.`);
    }
    throw new Error(
      [
        `No Pulumi CLI: none on PATH, none in ${cacheFolder()}.`,
        ...failures,
        "Install Pulumi (https://www.pulumi.com/docs/install/) so that `pulumi` is on PATH, or Go 1.25 or newer" +
          " (https://go.dev/doc/install), which needs to reach a Go module proxy; then run this again.",
      ].join("\n"),
    );
  });
}

/**
 * What the npm package `pulumi` does at its first start: Pulumi's install script, fetched and run. Here it fills a
 * folder of its own first, since it copies file by file and leaves half of them when it is stopped.
 */
async function downloadEngine(log: Log, root: string): Promise<void> {
  const script = "require(process.argv[1]).installCLI(...process.argv.slice(2))";
  await runLong(log, process.execPath, ["-e", script, require.resolve("pulumi/lib/download"), VERSION, root], {
    what: `Downloading the Pulumi CLI ${VERSION}`,
    timeoutMs: 4 * 60_000,
  });
  if ((await versionOf(join(root, "bin", "pulumi"))) !== VERSION) throw new Error("the downloaded CLI does not run");
  await moveIntoCache(join(root, "bin"));
}
