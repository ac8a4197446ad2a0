import execa from "execa";

/**
 * Runs a script in bash as a person's shell does, but reads no start-up file: a bash whose input is a socket, as that of a
 * child of Node.js is, takes itself for a remote shell where SHLVL is not set, and prints what those files print.
 */
export async function bash(
  script: string,
  { cwd, env, input }: { cwd?: string; env: NodeJS.ProcessEnv; input?: string | undefined },
): Promise<{ all: string; stdout: string; failed: boolean; exitCode: number }> {
  const { BASH_ENV: _, SHELLOPTS: _options, ...clean } = env;
  const given = input === undefined ? ({ stdin: "ignore" } as const) : { input };
  const options = { env: clean, extendEnv: false, all: true, reject: false, ...(cwd && { cwd }), ...given } as const;
  const flags = ["--norc", "--noprofile", "-euo", "pipefail", "-c", script];
  const { all = "", stdout, failed, exitCode } = await execa("bash", flags, options);
  return { all, stdout, failed, exitCode };
}

/** What stands for npx where the commands are on PATH: as with `--no`, nothing is got from npm. */
export const NPX = '[ "$1" = --no ] && shift; exec "$@"';
