import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ModuleKind, ScriptTarget, transpileModule } from "typescript";
import { pulumiHome } from "./engine/cache";

const SOURCES = join(__dirname, "awsPlugin");
const WORK = resolve(__dirname, "../.work");
const EXECUTABLE = "pulumi-resource-aws";

/**
 * A folder to put on PATH, with the stand-in for Pulumi's aws plugin: it comes only by a download of its own, and this
 * one is enough for `aws.iam.User` and `aws.iam.AccessKey` at an emulator. It is compiled here, since the engine starts
 * it at each operation.
 */
export function standInPath(): string {
  const sources = readdirSync(SOURCES)
    .sort()
    .map((name) => ({ name, text: readFileSync(join(SOURCES, name), "utf8") }));
  const hash = createHash("sha256").update(JSON.stringify(sources)).digest("hex").slice(0, 12);
  const folder = join(WORK, `stand-in-for-aws-plugin-${hash}`);
  if (existsSync(folder)) return folder;
  mkdirSync(WORK, { recursive: true });
  const staging = mkdtempSync(join(WORK, "aws-plugin-staging-"));
  for (const { name, text } of sources) {
    const { outputText } = transpileModule(text, {
      compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022, esModuleInterop: true },
    });
    writeFileSync(join(staging, name.replace(/\.ts$/, ".js")), outputText);
  }
  writeFileSync(join(staging, EXECUTABLE), LAUNCHER);
  chmodSync(join(staging, EXECUTABLE), 0o755);
  moveUnlessThere(staging, folder);
  return folder;
}

/** In one step, so that a plugin that is there is whole; another process may have been faster. */
function moveUnlessThere(staging: string, folder: string): void {
  try {
    renameSync(staging, folder);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

/** The SDK's hint about future Node.js versions would show in each run of Pulumi. */
const LAUNCHER = `#!/bin/sh
export AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true
exec node "\${0%/*}/main.js" "$@"
`;

/** Whether Pulumi's own aws plugin is installed: then no stand-in is needed. */
export async function realPluginInstalled(): Promise<boolean> {
  const names = await readdir(join(pulumiHome(), "plugins")).catch((): string[] => []);
  return names.some((name) => /^resource-aws-v\d+\.\d+\.\d+$/.test(name) && !names.includes(`${name}.partial`));
}
