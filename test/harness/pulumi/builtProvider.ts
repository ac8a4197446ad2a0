import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import execa from "execa";
import { RotatedAccessKey } from "../../../provider/program/rotatedAccessKey";
import { ensureBuilt, ROOT } from "../dist";

export const OLDEST_PULUMI = "3.139.0";

/** The `__provider` text that a RotatedAccessKey registers, which is what lies in every state file. */
export async function providerText(): Promise<string> {
  let text: unknown;
  await pulumi.runtime.setMocks({
    call: () => ({}),
    newResource: ({ inputs }) => {
      text = inputs.__provider;
      return { id: "id", state: inputs };
    },
  });
  const key = new RotatedAccessKey("ci", { userArn: "arn:aws:iam::123456789012:user/ci" });
  await pulumi.isSecret(key.current);
  await new Promise((resolve) => key.urn.apply(resolve));
  return String(text);
}

/** A program's folder outside of the repository, in which the package is found by its name, as it is built. */
export function programFolder(): { path: string; remove(): void } {
  ensureBuilt();
  const path = mkdtempSync(join(tmpdir(), "rotator-shim-"));
  mkdirSync(join(path, "node_modules"));
  symlinkSync(ROOT, join(path, "node_modules", "pulumi-aws-iam-rotator"), "junction");
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The folder of the oldest @pulumi/pulumi that is supported. At the first call npm installs what its lock file says. */
export async function oldestPulumi(): Promise<string> {
  const locked = join(ROOT, "test", "fixtures", "pulumi-oldest");
  const lock = readFileSync(join(locked, "package-lock.json"));
  const hash = createHash("sha256").update(lock).digest("hex").slice(0, 8);
  const folder = join(ROOT, ".work", `pulumi-${OLDEST_PULUMI}-${hash}`);
  const found = join(folder, "node_modules", "@pulumi", "pulumi");
  if (existsSync(found)) return found;
  mkdirSync(join(ROOT, ".work"), { recursive: true });
  const staging = mkdtempSync(join(ROOT, ".work", "pulumi-staging-"));
  try {
    cpSync(locked, staging, { recursive: true });
    const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
    await execa("npm", ["ci", ...flags], { cwd: staging, stdin: "ignore", timeout: 240_000 });
    renameSync(staging, folder);
  } catch (cause) {
    // Another process may have been faster.
    if (existsSync(found)) return found;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`npm can't install @pulumi/pulumi ${OLDEST_PULUMI}, against which this is tested too: ${why}`, {
      cause,
    });
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return found;
}
