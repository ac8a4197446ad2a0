import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import execa from "execa";
import { NPX } from "../bash";
import { ROOT } from "../dist";

const LOCAL = join(ROOT, "node_modules/gitlab-ci-local/dist/index.js");
/** The job starts in an installed program, and Pulumi is on PATH; rsync, which few machines have, is asked for a plain copy. */
const COMMANDS = {
  npm: ":",
  npx: NPX,
  rsync: 'for to; do :; done; tar -c --exclude .gitlab-ci-local --exclude .git . | tar -x -C "$to"',
};

/**
 * GitLab's pipelines on this machine, by gitlab-ci-local: it holds a `.gitlab-ci.yml` against GitLab's own schema, and runs
 * its jobs in a shell, without GitLab and without their image.
 */
export class GitlabRunner {
  readonly #folder = mkdtempSync(join(tmpdir(), "rotator-gitlab-"));
  readonly tokenFile = join(this.#folder, "token");
  readonly #bin = join(this.#folder, "bin");

  constructor() {
    mkdirSync(this.#bin);
    for (const [name, script] of Object.entries(COMMANDS)) {
      writeFileSync(join(this.#bin, name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(this.#bin, name), 0o755);
    }
  }

  /** What a pipeline of a schedule would run, or what is wrong with the file. */
  async check(text: string): Promise<{ failed: boolean; all: string }> {
    const folder = mkdtempSync(join(this.#folder, "check-"));
    await execa("git", ["init", "--quiet", folder]);
    writeFileSync(join(folder, ".gitlab-ci.yml"), text);
    return this.#local(folder, ["--list"], process.env, {});
  }

  /** Runs a job of the file in a folder, as a schedule does. */
  async run(folder: string, job: string, env: NodeJS.ProcessEnv, variables: Record<string, string>) {
    await execa("git", ["init", "--quiet", folder]);
    return this.#local(folder, ["--force-shell-executor", job], env, variables);
  }

  async #local(folder: string, args: string[], env: NodeJS.ProcessEnv, variables: Record<string, string>) {
    const all = { CI_PIPELINE_SOURCE: "schedule", AWS_WEB_IDENTITY_TOKEN_FILE: this.tokenFile, ...variables };
    const given = Object.entries(all).flatMap(([name, value]) => ["--variable", `${name}=${value}`]);
    const command = ["--require", join(__dirname, "node20.cjs"), LOCAL, "--home", this.#folder];
    const PATH = [this.#bin, env.PATH].join(delimiter);
    const options = {
      cwd: folder,
      env: { ...env, PATH, FORCE_COLOR: "0" },
      extendEnv: false,
      all: true,
      reject: false,
    } as const;
    const { failed, all: text = "" } = await execa(process.execPath, [...command, ...args, ...given], options);
    return { failed, all: text };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
