import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve, sep } from "node:path";

export const ROOT = resolve(__dirname, "../..");

/** What is built or installed once, for this checkout. */
export const WORK = join(ROOT, ".work");

/** The modules of the provider's sources, by path: `model/journal`. */
export function modules(): string[] {
  return readdirSync(join(ROOT, "provider"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => name.slice(0, -".ts".length).split(sep).join("/"));
}

/** Builds `dist` where a source is younger, so that a test file that is run alone never tests what was built long ago. */
export function ensureBuilt(): void {
  const made = (name: string) => {
    const file = join(ROOT, "dist", `${name}.js`);
    return existsSync(file) ? statSync(file).mtimeMs : 0;
  };
  const isStale = (name: string) => made(name) < statSync(join(ROOT, "provider", `${name}.ts`)).mtimeMs;
  // Those of the plugin are bundled, and no part of dist: they would be stale for ever, and dist be built under another's feet.
  const built = modules().filter((name) => !name.startsWith("plugin/"));
  if (!built.some(isStale)) return;
  execFileSync("npm", ["run", "--silent", "build"], { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
}
