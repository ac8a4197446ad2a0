import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, readFile, rename } from "node:fs/promises";
import { basename, join } from "node:path";
import execa from "execa";
import { type Log, logToStderr } from "../commands";
import { WORK } from "../dist";
import { fillAlone } from "../staging";
import { goBuild, requireGo } from "./engine/build";
import { VERSION } from "./engine/cache";

const VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

/** What is built, and the folder with the go.mod that pins it. The hosts are the newest that are Go modules: older than a user's. */
const TARGETS: Target[] = [
  ["hosts/yaml", "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"],
  ["engine/language-host", "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"],
  ["hosts/go", "github.com/pulumi/pulumi/sdk/v3/go/pulumi-language-go"],
  ["engine/cli", "./gensdk"],
];
/** Apart, since only nightly tests want it, and its packages are of other versions. */
const JAVA: Target[] = [["hosts/java", "github.com/pulumi/pulumi-java/pkg/cmd/pulumi-language-java"]];
type Target = [module: string, target: string];

/** A folder to put on PATH: the language hosts for YAML, Python and Go, and `gensdk`. Built with Go at the first call. */
export function languageHosts(log: Log = logToStderr): Promise<string> {
  return builtOnce(log, "language-hosts", TARGETS, "hosts for YAML, Python and Go", async (built) => {
    const script = "pulumi-language-python-exec";
    const cwd = join(__dirname, "engine/language-host");
    const sdk = await execa("go", ["list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/sdk/v3"], { cwd });
    await copyFile(join(sdk.stdout.trim(), "python/cmd", script), join(built, script));
  });
}

/** The same with the host for Java, by which `pulumi package gen-sdk` generates as well. */
export function javaHost(log: Log = logToStderr): Promise<string> {
  return builtOnce(log, "java-host", JAVA, "host for Java");
}

async function builtOnce(
  log: Log,
  cache: string,
  targets: Target[],
  what: string,
  finish: (built: string) => Promise<void> = async () => undefined,
): Promise<string> {
  const folder = join(WORK, `${cache}-${await hashOfSources(targets)}`);
  if (existsSync(folder)) return folder;
  return fillAlone(log, WORK, `the language ${what}`, async (staging) => {
    if (existsSync(folder)) return folder;
    await requireGo();
    log(`Building the language ${what}, once: 1 to 4 minutes on two cores.`);
    const built = await staging();
    for (const [module, target] of targets) {
      const name = basename(target);
      const ldflags = `-X ${VERSION_VARIABLE}=v${VERSION}`;
      await goBuild(log, { module: `../${module}`, target, what: name, output: join(built, name), ldflags });
    }
    await finish(built);
    await rename(built, folder);
    return folder;
  });
}

/** What they are built from, and for which machine. */
async function hashOfSources(targets: Target[]): Promise<string> {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch} ${VERSION}`);
  for (const [module, target] of targets) {
    hash.update(await readFile(join(__dirname, module, "go.sum")));
    if (target.startsWith(".")) hash.update(await readFile(join(__dirname, module, target, "main.go")));
  }
  return hash.digest("hex").slice(0, 12);
}
