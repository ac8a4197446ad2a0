import { chmod, copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { licensesOf, packagesIn } from "./materials";
import type { Package } from "./names";
import { schemaOf } from "./schema";

const PACKAGE = require("../../package.json") as Package;
export const VERSION = PACKAGE.version;
export const PLUGIN = "pulumi-resource-aws-iam-rotator";
const ROOT = join(__dirname, "../..");

const NEEDS = `${PLUGIN} needs Node.js 20.19 or newer, and there is no node on PATH.`;

/**
 * Writes what a plugin consists of into a folder: one bundle, its schema, licenses, and a script to start it by.
 *
 * @returns the folders of the packages of which something is in the bundle
 */
export async function bundleInto(folder: string, entry = join(ROOT, "provider/plugin/main.ts")): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: ROOT,
    metafile: true,
    entryPoints: [entry],
    outfile: join(folder, "plugin.js"),
    bundle: true,
    platform: "node",
    target: "node20",
    minify: true,
    keepNames: true,
    legalComments: "linked",
    logLevel: "warning",
  });
  await writeFile(join(folder, "schema.json"), `${JSON.stringify(schemaOf(PACKAGE), null, 2)}\n`);
  const script = `#!/bin/sh
command -v node >/dev/null || { echo "${NEEDS}" >&2; exit 1; }
exec node "$(dirname "$0")/plugin.js" "$@"
`;
  await writeFile(join(folder, PLUGIN), script);
  await chmod(join(folder, PLUGIN), 0o755);
  const cmd = `@where /q node || (echo ${NEEDS} 1>&2 & exit /b 1)\r\n@node "%~dp0plugin.js" %*\r\n`;
  await writeFile(join(folder, `${PLUGIN}.cmd`), cmd);
  const packages = packagesIn(metafile);
  await copyFile(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  await writeFile(join(folder, "LICENSES-OF-OTHERS.txt"), licensesOf(packages));
  return packages;
}
