import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Log, onPath, runLong } from "../../commands";
import { FILES, moveIntoCache, VERSION } from "./cache";

const CLI = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
// Later Node.js hosts are in no Go module; this one still serves today's engine and SDK.
const LANGUAGE_HOST = "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs";

/** Builds the CLI and its Node.js host from their Go modules, which go.sum pins, into the cache. */
export async function buildEngine(log: Log, bin: string): Promise<void> {
  await requireSameVersion();
  log(`Building the Pulumi CLI ${VERSION} with Go, once: 4 to 8 minutes on two cores, about 2 GB of Go's caches.`);
  await goBuild(log, "engine/language-host", LANGUAGE_HOST, join(bin, FILES.languageHost));
  await goBuild(log, "engine/cli", CLI, join(bin, FILES.pulumi));
  await writeFile(join(bin, FILES.dynamicProvider), DYNAMIC_PROVIDER);
  await moveIntoCache(bin);
}

/** The npm package and go.mod name the version each for itself; the binary would tell the npm package's. */
async function requireSameVersion(): Promise<void> {
  const modules = await readFile(join(__dirname, "cli", "go.mod"), "utf8");
  if (modules.split(/\s+/).join(" ").includes(`/pulumi/pkg/v3 v${VERSION} `)) return;
  throw new Error(`test/harness/pulumi/engine/cli/go.mod does not pin Pulumi ${VERSION}, as package.json does`);
}

/** @param module the folder in test/harness/pulumi with the go.mod that pins what is built */
export async function goBuild(log: Log, module: string, target: string, output: string): Promise<void> {
  if (onPath("go").length === 0) throw new Error("there is no Go on PATH, 1.25 or newer (https://go.dev/doc/install)");
  const ldflags = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${VERSION}`;
  await runLong(log, "go", ["build", "-v", "-trimpath", "-ldflags", ldflags, "-o", output, target], {
    what: `Building ${basename(output)}`,
    cwd: join(__dirname, "..", module),
    env: goEnvironment(),
  });
}

/** Nothing of the user's own Go projects may change what is built, or turn off the check against go.sum. */
function goEnvironment(): NodeJS.ProcessEnv {
  const { GOOS: _os, GOARCH: _arch, GOEXPERIMENT: _experiment, ...rest } = process.env;
  return { ...rest, CGO_ENABLED: "0", GOWORK: "off", GO111MODULE: "on", GOFLAGS: "-mod=readonly -buildvcs=false" };
}

/** As in Pulumi's own distribution, but `exec` leaves no shell between engine and provider, and a failure is one. */
const DYNAMIC_PROVIDER = `#!/bin/sh
script=$(node -e "console.log(require.resolve('@pulumi/pulumi/cmd/dynamic-provider'))") || exit 1
exec node "$script" "$@"
`;
