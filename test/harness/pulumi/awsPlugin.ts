import { readdirSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Log, logToStderr } from "../commands";
import { builtOnce, hashOf } from "../staging";
import { goBuild } from "./engine/build";
import { pulumiHome } from "./engine/cache";

const SOURCES = join(__dirname, "aws-plugin");

/**
 * A folder to put on PATH, with an aws plugin for emulators: Pulumi's own comes only by a download. This one is Pulumi's
 * Terraform bridge too, over our own `aws.iam.User` and `aws.iam.AccessKey`; ROTATOR_TEST_AWS_REGIME=6 in the engine's
 * environment has it treat tags as `@pulumi/aws` 6 does. It is built with Go at the first call: what the CLI's build has
 * compiled is not compiled again, since go.mod has the CLI's versions.
 */
export function ownAwsPlugin(log: Log = logToStderr): Promise<string> {
  const names = readdirSync(SOURCES).sort();
  const sources = names.flatMap((name) => [`\n${name}\n`, readFileSync(join(SOURCES, name))]);
  const hash = hashOf(`${process.platform} ${process.arch}`, ...sources);
  return builtOnce(log, `aws-plugin-${hash}`, "the aws plugin", async (built) => {
    log("Building an aws plugin for emulators with Go, once: 1 minute on two cores after the CLI's build, else 3.");
    await goBuild(log, "aws-plugin", ".", join(built, "pulumi-resource-aws"));
  });
}

/** For who takes Pulumi's own where it is installed: the folder with ours where it is not. */
export async function awsPluginUnlessInstalled(log: Log = logToStderr): Promise<string | undefined> {
  const names = await readdir(join(pulumiHome(), "plugins")).catch((): string[] => []);
  const isInstalled = (name: string) =>
    /^resource-aws-v\d+\.\d+\.\d+$/.test(name) && !names.includes(`${name}.partial`);
  return names.some(isInstalled) ? undefined : ownAwsPlugin(log);
}
