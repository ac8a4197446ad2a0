import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import execa from "execa";
import { ROOT } from "./dist";
import { pack } from "./pulumi/program";

/**
 * Puts what `npm pack` packs into a program's node_modules, in place of a link to the repository. What it depends on is
 * linked, so that no test waits for npm.
 */
export async function installPacked(modules: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "rotator-tarball-"));
  const target = join(modules, "pulumi-aws-iam-rotator");
  try {
    const { file } = await pack(folder);
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    await execa("tar", ["-xzf", file, "-C", target, "--strip-components=1"]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const { dependencies } = JSON.parse(readFileSync(join(target, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  }
}
