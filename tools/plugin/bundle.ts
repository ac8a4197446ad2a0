import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import type { Package } from "./names";
import { schemaOf } from "./schema";

const PACKAGE = require("../../package.json") as Package;
export const VERSION = PACKAGE.version;
export const PLUGIN = "pulumi-resource-aws-iam-rotator";
const ROOT = join(__dirname, "../..");

/** Writes what a plugin consists of into a folder: one bundle, its schema, and a script to start it by. */
export async function bundleInto(folder: string, entry = join(ROOT, "provider/plugin/main.ts")): Promise<void> {
  await mkdir(folder, { recursive: true });
  await build({
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
  await writeFile(join(folder, PLUGIN), `#!/bin/sh\nexec node "$(dirname "$0")/plugin.js" "$@"\n`);
  await chmod(join(folder, PLUGIN), 0o755);
  await writeFile(join(folder, `${PLUGIN}.cmd`), `@node "%~dp0plugin.js" %*\r\n`);
}
