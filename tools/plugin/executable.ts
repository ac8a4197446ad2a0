import { chmod, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import execa from "execa";
import { PLUGIN } from "./bundle";

/** What Node.js looks for in its own binary: https://nodejs.org/api/single-executable-applications.html */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

/** Puts the bundle into a copy of this Node.js: one file, to stand beside its schema. */
export async function makeExecutable(bundle: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const [blob, settings] = [join(bundle, "plugin.blob"), join(bundle, "sea.json")];
  const code = {
    main: join(bundle, "plugin.js"),
    output: blob,
    useCodeCache: true,
    disableExperimentalSEAWarning: true,
  };
  await writeFile(settings, JSON.stringify(code));
  await execa(process.execPath, ["--experimental-sea-config", settings]);
  const executable = join(folder, PLUGIN);
  await copyFile(process.execPath, executable);
  await chmod(executable, 0o755);
  const { inject } = require("postject") as {
    inject(file: string, resource: string, data: Buffer, options: { sentinelFuse: string }): Promise<void>;
  };
  await inject(executable, "NODE_SEA_BLOB", await readFile(blob), { sentinelFuse: FUSE });
  await copyFile(join(bundle, "schema.json"), join(folder, "schema.json"));
}
