import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import execa from "execa";
import { create } from "tar";
import { logToStderr } from "../commands";
import { bundleInto, PLUGIN, VERSION } from "./bundle";
import { makeExecutable } from "./executable";
import { languageHosts } from "./hosts";

const OUT = resolve(__dirname, "../../out");
const PLATFORMS = ["linux", "darwin", "windows"].flatMap((os) => ["amd64", "arm64"].map((arch) => [os, arch] as const));

/**
 * Writes what a release has beside the npm package: the plugin for each platform, its schema, and with `--sdk` the SDKs. The
 * plugins differ in the script alone; Pulumi looks for one by platform. With `--executable`, one for this machine that needs
 * no Node.js: 100 MB.
 */
async function main(): Promise<void> {
  await rm(OUT, { recursive: true, force: true });
  await mkdir(OUT, { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), "rotator-plugin-"));
  try {
    await bundleInto(folder);
    await writeFile(join(OUT, "schema.json"), await readFile(join(folder, "schema.json")));
    for (const [os, arch] of PLATFORMS) {
      const script = os === "windows" ? `${PLUGIN}.cmd` : PLUGIN;
      const archive = join(OUT, `${PLUGIN}-v${VERSION}-${os}-${arch}.tar.gz`);
      const files = [script, "plugin.js", "plugin.js.LEGAL.txt", "schema.json"];
      // Portable, and with one time for all: the same source makes the same archive.
      await create({ file: archive, cwd: folder, gzip: true, portable: true, mtime: new Date(0) }, files);
      console.log(`out/${PLUGIN}-v${VERSION}-${os}-${arch}.tar.gz`);
    }
    if (process.argv.includes("--executable")) {
      await makeExecutable(folder, join(OUT, "executable"));
      console.log(`out/executable/${PLUGIN}: without Node.js, for this machine`);
    }
    if (process.argv.includes("--sdk")) {
      const generator = join(await languageHosts(logToStderr), "gensdk");
      await execa(generator, [join(OUT, "schema.json"), join(OUT, "sdk")], { stdio: "inherit" });
      console.log("out/sdk/nodejs, out/sdk/python, out/sdk/go");
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
