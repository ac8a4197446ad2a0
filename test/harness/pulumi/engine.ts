import { type Log, logToStderr } from "../commands";
import { fillAlone } from "../staging";
import { buildEngine } from "./engine/build";
import { cachedEngine, cacheFolder, VERSION, versionsFolder } from "./engine/cache";
import { downloadEngine } from "./engine/download";
import { engineOnPath } from "./engine/path";

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
    const noDownload = await failureOf(async () => downloadEngine(log, await staging()));
    if (!noDownload) return finished("download");
    log(`The Pulumi CLI ${VERSION} can't be downloaded here: ${noDownload.message}`);
    const noBuild = await failureOf(async () => buildEngine(log, await staging()));
    if (!noBuild) return finished("build");
    throw new Error(
      [
        `No Pulumi CLI: none on PATH, none in ${cacheFolder()}.`,
        `Its download failed: ${noDownload.message}`,
        `Its build failed: ${noBuild.message}`,
        "Install Pulumi (https://www.pulumi.com/docs/install/) so that `pulumi` is on PATH, or Go 1.25 or newer" +
          " (https://go.dev/doc/install), which needs to reach a Go module proxy; then run this again.",
      ].join("\n"),
      { cause: noBuild },
    );
  });
}

async function failureOf(work: () => Promise<void>): Promise<Error | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function finished(origin: Engine["origin"]): Promise<Engine> {
  const engine = await cachedEngine(origin);
  if (!engine) throw new Error(`The Pulumi CLI in ${cacheFolder()} does not run, right after its ${origin}.`);
  return engine;
}

if (require.main === module) {
  ensureEngine().then(
    ({ pulumi, version, origin }) => console.log(`Pulumi ${version} (${origin}): ${pulumi}`),
    (error: Error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  );
}
