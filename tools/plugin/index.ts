import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { create } from "tar";
import { logToStderr } from "../../test/harness/commands";
import { bundleInto, PLUGIN, VERSION } from "./bundle";
import { packagesOfNpm, sbomOf } from "./materials";
import { writeSdks } from "./sdks";

const { values: OPTIONS } = parseArgs({
  options: { out: { type: "string" }, into: { type: "string" }, sdk: { type: "boolean" } },
});
const OUT = resolve(OPTIONS.out ?? join(__dirname, "../../out"));
const NPM = "pulumi-aws-iam-rotator";
const PLATFORMS = ["linux", "darwin", "windows"].flatMap((os) => ["amd64", "arm64"].map((arch) => [os, arch] as const));

/**
 * Writes what a release has beside the npm package: the plugin for each platform, its schema, what both consist of, and
 * checksums; with `--sdk` the SDKs. The plugins differ in the script alone; Pulumi looks for one by platform. `--out FOLDER`:
 * there, and not in `out`; it has to be empty. With `--into FOLDER`, the bundle alone, as package/package.json wants it.
 */
async function main(): Promise<void> {
  if (OPTIONS.into) {
    await bundleInto(resolve(OPTIONS.into));
    return;
  }
  if (OPTIONS.out && (await readdir(OUT).catch(() => [])).length > 0) throw new Error(`${OUT} is not empty.`);
  await rm(OUT, { recursive: true, force: true });
  await mkdir(OUT, { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), "rotator-plugin-"));
  try {
    const bundled = await bundleInto(folder);
    await writeFile(join(OUT, "schema.json"), await readFile(join(folder, "schema.json")));
    const same = ["plugin.js", "schema.json", "LICENSE", "LICENSES-OF-OTHERS.txt", "plugin.js.LEGAL.txt"];
    for (const [os, arch] of PLATFORMS) {
      const script = os === "windows" ? `${PLUGIN}.cmd` : PLUGIN;
      const archive = join(OUT, `${PLUGIN}-v${VERSION}-${os}-${arch}.tar.gz`);
      // Portable, and with one time for all: the same source makes the same archive.
      await create({ file: archive, cwd: folder, gzip: true, portable: true, mtime: new Date(0) }, [script, ...same]);
    }
    const asJson = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
    const plugin = sbomOf({ type: "application", name: PLUGIN, version: VERSION }, bundled);
    await writeFile(join(OUT, `${PLUGIN}-v${VERSION}.cdx.json`), asJson(plugin));
    const npm = sbomOf({ type: "library", name: NPM, version: VERSION }, packagesOfNpm());
    await writeFile(join(OUT, `${NPM}-${VERSION}.cdx.json`), asJson(npm));
    await writeFile(join(OUT, "SHA256SUMS"), await checksums());
    if (OPTIONS.sdk) await writeSdks(logToStderr, require("../../package.json"), join(OUT, "sdk"));
    for (const name of await readdir(OUT)) {
      console.log(`${await sizeOf(join(OUT, name))}  ${join(OPTIONS.out ?? "out", name)}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** As `sha256sum --check` reads them. */
async function checksums(): Promise<string> {
  const lines = (await readdir(OUT)).sort().map(async (name) => {
    const hash = createHash("sha256").update(await readFile(join(OUT, name)));
    return `${hash.digest("hex")}  ${name}\n`;
  });
  return (await Promise.all(lines)).join("");
}

async function sizeOf(path: string): Promise<string> {
  const files = (await stat(path)).isDirectory() ? await readdir(path, { recursive: true }) : [""];
  const sizes = await Promise.all(files.map(async (file) => stat(join(path, file))));
  const bytes = sizes.reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
  return `${Math.ceil(bytes / 1000)} kB`.padStart(10);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
