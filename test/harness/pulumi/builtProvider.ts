import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { RotatedAccessKey } from "../../../provider/program/rotatedAccessKey";
import { logToStderr } from "../commands";
import { ensureBuilt, ROOT } from "../dist";
import { npmCi } from "../packages/packageTools";
import { builtOnce, hashOf } from "../staging";

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
  const hash = hashOf(readFileSync(join(locked, "package-lock.json"))).slice(0, 8);
  const what = `@pulumi/pulumi ${OLDEST_PULUMI}`;
  const folder = await builtOnce(logToStderr, `pulumi-${OLDEST_PULUMI}-${hash}`, what, async (built) => {
    cpSync(locked, built, { recursive: true });
    await npmCi(logToStderr, what, built);
  });
  return join(folder, "node_modules", "@pulumi", "pulumi");
}
