import { existsSync, realpathSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { onPath } from "../../commands";
import type { Engine } from "../engine";
import { FILES, versionOf } from "./cache";

/** The first release whose dynamic providers get the stack's configuration. */
const OLDEST = [3, 139] as const;

/** A CLI that is installed already, provided that it is complete and recent enough. */
export async function engineOnPath(): Promise<Engine | undefined> {
  for (const pulumi of onPath(FILES.pulumi)) {
    if (await isNodeScript(pulumi)) continue;
    if (!findsBeside(pulumi, FILES.languageHost) || !findsBeside(pulumi, FILES.dynamicProvider)) continue;
    const version = await versionOf(pulumi);
    if (version && isRecent(version)) return { pulumi, binFolder: dirname(pulumi), version, origin: "path" };
  }
  return undefined;
}

/** The npm package's own `pulumi`, which npm and npx put on PATH, would start a download of its own. */
async function isNodeScript(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0);
    const [firstLine = ""] = buffer.toString("latin1", 0, bytesRead).split("\n");
    return firstLine.startsWith("#!") && /\bnode\b/.test(firstLine);
  } finally {
    await handle.close();
  }
}

/** The engine looks on PATH, and beside its own binary. */
function findsBeside(pulumi: string, name: string): boolean {
  return (
    [dirname(pulumi), dirname(realpathSync(pulumi))].some((folder) => existsSync(join(folder, name))) ||
    onPath(name).length > 0
  );
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}
