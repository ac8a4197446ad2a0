import { join } from "node:path";
import type { Log } from "../../commands";
import { runLong, withHeartbeat } from "../../commands";
import { moveIntoCache, VERSION, versionOf } from "./cache";

const SCRIPT_TIMEOUT_MS = 15_000;
const INSTALL_TIMEOUT_MS = 4 * 60_000;

interface OfficialDownload {
  installCLI(
    version: string,
    root: string,
    io: { fetchText(url: string): Promise<string>; execScript(path: string, args: string[]): void },
  ): Promise<void>;
}

/**
 * What the npm package `pulumi` does at its first start: Pulumi's install script, fetched and run. Here it fills a
 * folder of its own first, since it copies file by file and leaves half of them when it is stopped.
 */
export async function downloadEngine(log: Log, root: string): Promise<void> {
  const { script, args } = await withHeartbeat(log, "Asking for Pulumi's install script", officialInstall(root));
  await runLong(log, "/bin/sh", ["-c", script, "install.sh", ...args], {
    what: `Downloading the Pulumi CLI ${VERSION}`,
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
  if ((await versionOf(join(root, "bin", "pulumi"))) !== VERSION) throw new Error("the downloaded CLI does not run");
  await moveIntoCache(join(root, "bin"));
}

/** Lets the official package say which script and which arguments, without running it: that is done with a time limit. */
async function officialInstall(root: string): Promise<{ script: string; args: string[] }> {
  const { installCLI } = require("pulumi/lib/download") as OfficialDownload;
  let script = "";
  let args: string[] = [];
  await installCLI(VERSION, root, {
    fetchText: async (url) => {
      script = await fetchText(url);
      return script;
    },
    execScript: (_path, given) => {
      args = given;
    },
  });
  return { script, args };
}

async function fetchText(url: string): Promise<string> {
  const reply = await fetch(url, { signal: AbortSignal.timeout(SCRIPT_TIMEOUT_MS) }).catch((error: Error) => {
    throw new Error(`${new URL(url).host} can't be reached`, { cause: error });
  });
  if (!reply.ok) throw new Error(`${new URL(url).host} answers ${reply.status}`);
  return reply.text();
}
