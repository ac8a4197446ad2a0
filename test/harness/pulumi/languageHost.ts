import { mkdtempSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import execa from "execa";
import { onPath } from "../commands";
import { ensureEngine } from "./engine";

export interface RuntimeOptions {
  typescript?: boolean;
  nodeargs?: string;
}

/** What the host says of its flags. */
let flagged: Promise<execa.ExecaReturnValue> | undefined;

/**
 * Folders to put on PATH, so that the `options` of the runtime in Pulumi.yaml count. Today's engine leaves them to its
 * Node.js host; the host that is built here is older and takes them as flags. Pulumi's own one needs nothing.
 */
export async function runtimeOptionsPath(options: RuntimeOptions, within: string): Promise<string[]> {
  if (Object.keys(options).length === 0) return [];
  const { binFolder } = await ensureEngine();
  const [host] = onPath("pulumi-language-nodejs", [binFolder, process.env.PATH].join(delimiter));
  if (!host) throw new Error("The engine has no host for Node.js");
  flagged ??= execa(host, ["-help"], { all: true, reject: false, stdin: "ignore" });
  if (!(await flagged).all?.includes("-nodeargs")) return [];
  const folder = mkdtempSync(join(within, "language-host-"));
  const flags = Object.entries(options).map(([name, value]) => `'-${name}=${value}'`);
  const script = `#!/bin/sh\nexec '${host}' ${flags.join(" ")} "$@"\n`;
  writeFileSync(join(folder, "pulumi-language-nodejs"), script, { mode: 0o755 });
  return [folder];
}
