import { readFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { basename, join } from "node:path";
import execa from "execa";
import { type Log, logToStderr } from "../commands";
import { builtOnce, hashOf } from "../staging";
import { goBuild } from "./engine/build";
import { VERSION } from "./engine/cache";

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
  return hostsIn(log, "language-hosts", TARGETS, "hosts for YAML, Python and Go", async (built) => {
    const script = "pulumi-language-python-exec";
    const cwd = join(__dirname, "engine/language-host");
    const sdk = await execa("go", ["list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/sdk/v3"], { cwd });
    await copyFile(join(sdk.stdout.trim(), "python/cmd", script), join(built, script));
  });
}

/** The same with the host for Java, by which `pulumi package gen-sdk` generates as well. */
export function javaHost(log: Log = logToStderr): Promise<string> {
  return hostsIn(log, "java-host", JAVA, "host for Java");
}

function hostsIn(
  log: Log,
  cache: string,
  targets: Target[],
  what: string,
  finish: (built: string) => Promise<void> = async () => undefined,
): Promise<string> {
  const sources = targets.flatMap(([module, target]) =>
    [`${module}/go.sum`, ...(target.startsWith(".") ? [`${module}/${target}/main.go`] : [])].map((file) =>
      readFileSync(join(__dirname, file)),
    ),
  );
  const hash = hashOf(`${process.platform} ${process.arch} ${VERSION}`, ...sources);
  return builtOnce(log, `${cache}-${hash}`, `the language ${what}`, async (built) => {
    log(`Building the language ${what}, once: 1 to 4 minutes on two cores.`);
    for (const [module, target] of targets) await goBuild(log, module, target, join(built, basename(target)));
    await finish(built);
  });
}
