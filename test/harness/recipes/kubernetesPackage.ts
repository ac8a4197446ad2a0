import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import execa from "execa";
import { extract } from "tar";
import { logToStderr } from "../commands";
import { ROOT, WORK } from "../dist";
import { fillAlone } from "../staging";

const EXAMPLE = join(ROOT, "examples/kubernetes-secret");
const NAME = "@pulumi/kubernetes";

/**
 * A copy of examples/kubernetes-secret in a folder that finds `@pulumi/kubernetes` in the version that the example asks
 * for, and all else where it is for every example. The package is got at the first call: 1 MB from npm's registry, and
 * nothing of it is run, since its installation would download the CLI and a plugin.
 */
export async function withKubernetes(): Promise<string> {
  const { peerDependencies } = JSON.parse(readFileSync(join(EXAMPLE, "package.json"), "utf8"));
  const version = peerDependencies[NAME] as string;
  const folder = join(WORK, `kubernetes-${version}`);
  await fillAlone(logToStderr, WORK, NAME, async (staging) => {
    if (existsSync(folder)) return;
    const built = await staging();
    const target = join(built, "node_modules", NAME);
    await mkdir(target, { recursive: true });
    const { stdout } = await execa("npm", ["pack", "--json", "--pack-destination", built, `${NAME}@${version}`]);
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    await extract({ file: join(built, filename.replace("/", "-").replace("@", "")), cwd: target, strip: 1 });
    await rename(built, folder);
  });
  const compilerOptions = { rootDir: ".", types: ["node"] };
  const settings = { extends: join(ROOT, "tsconfig.json"), compilerOptions, include: ["index.ts"] };
  await write(join(folder, "index.ts"), readFileSync(join(EXAMPLE, "index.ts"), "utf8"));
  await write(join(folder, "tsconfig.json"), JSON.stringify(settings));
  return folder;
}

/** In one step, since another test may read it at this moment. */
async function write(file: string, text: string): Promise<void> {
  const own = `${file}.${process.pid}`;
  await writeFile(own, text);
  await rename(own, file);
}
