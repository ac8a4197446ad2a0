import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { type Log, logToStderr } from "../commands";
import { WORK } from "../dist";
import { fillAlone } from "../staging";
import { goBuild, requireGo } from "./engine/build";
import { pulumiHome } from "./engine/cache";

const SOURCES = join(__dirname, "aws-plugin");
const EXECUTABLE = "pulumi-resource-aws";

/**
 * A folder to put on PATH, with an aws plugin for emulators: Pulumi's own comes only by a download. This one is Pulumi's
 * Terraform bridge too, over our own `aws.iam.User` and `aws.iam.AccessKey`; ROTATOR_TEST_AWS_REGIME=6 in the engine's
 * environment has it treat tags as `@pulumi/aws` 6 does. It is built with Go at the first call: what the CLI's build has
 * compiled is not compiled again, since go.mod has the CLI's versions.
 */
export async function ownAwsPlugin(log: Log = logToStderr): Promise<string> {
  const folder = join(WORK, `aws-plugin-${await hashOfSources()}`);
  if (existsSync(folder)) return folder;
  return fillAlone(log, WORK, "the aws plugin", async (staging) => {
    if (existsSync(folder)) return folder;
    await requireGo().catch((cause: Error) => {
      throw new Error(`No aws plugin: Pulumi's own is not installed, and to build one ${cause.message}. ${OTHERWISE}`, {
        cause,
      });
    });
    log("Building an aws plugin for emulators with Go, once: 1 minute on two cores after the CLI's build, else 3.");
    const built = await staging();
    await goBuild(log, { module: "../aws-plugin", target: ".", what: EXECUTABLE, output: join(built, EXECUTABLE) });
    // In one step: a plugin that is there is whole.
    await rename(built, folder);
    return folder;
  });
}

const OTHERWISE =
  "Install Go 1.25 or newer (https://go.dev/doc/install), or run `pulumi plugin install resource aws` where it can be had.";

/** What it is built from, and for which machine. */
async function hashOfSources(): Promise<string> {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  for (const name of (await readdir(SOURCES)).sort()) {
    hash.update(`\n${name}\n`).update(await readFile(join(SOURCES, name)));
  }
  return hash.digest("hex").slice(0, 12);
}

/** For who takes Pulumi's own where it is installed: the folder with ours where it is not. */
export async function awsPluginUnlessInstalled(log: Log = logToStderr): Promise<string | undefined> {
  return (await realPluginInstalled()) ? undefined : ownAwsPlugin(log);
}

/** Whether Pulumi's own aws plugin is installed: it then comes first, and none has to be built. */
async function realPluginInstalled(): Promise<boolean> {
  const names = await readdir(join(pulumiHome(), "plugins")).catch((): string[] => []);
  return names.some((name) => /^resource-aws-v\d+\.\d+\.\d+$/.test(name) && !names.includes(`${name}.partial`));
}
