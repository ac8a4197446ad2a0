import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import execa from "execa";
import type { Credentials } from "../aws/admin";
import { ROOT } from "../dist";
import type { Engine } from "./engine";
import { pulumiHome } from "./engine/cache";

export interface Printed {
  code: number;
  text: string;
}

/**
 * A copy of this repository's Pulumi projects in a folder of its own, with a backend of files and a home for Pulumi
 * beside it: neither the repository, nor the user's stacks, login and AWS settings are touched.
 */
export class Project {
  readonly #base = mkdtempSync(join(tmpdir(), "rotator-demo-"));
  readonly folder = join(this.#base, "project");
  readonly backend = join(this.#base, "backend");
  readonly #engine: Engine;
  readonly #env: NodeJS.ProcessEnv;
  #running: execa.ExecaChildProcess | undefined;
  #cancelled = false;

  /** @param aws.awsPlugin a folder with an aws plugin of ours; without it the installed one is used */
  constructor(engine: Engine, aws: { endpoint: string; admin: Credentials; awsPlugin: string | undefined }) {
    this.#engine = engine;
    const home = join(this.#base, "home");
    for (const folder of [this.folder, this.backend, home]) mkdirSync(folder);
    for (const name of ["Pulumi.yaml", "examples"]) {
      const asWritten = (file: string) =>
        basename(file) !== "node_modules" && !/^Pulumi\..+\.yaml$/.test(basename(file));
      cpSync(join(ROOT, name), join(this.folder, name), { recursive: true, filter: asWritten });
    }
    symlinkSync(join(ROOT, "node_modules"), join(this.folder, "node_modules"));
    if (!aws.awsPlugin) symlinkSync(join(pulumiHome(), "plugins"), join(home, "plugins"));
    this.#env = {
      ...withoutSettings(process.env),
      PATH: [aws.awsPlugin, engine.binFolder, process.env.PATH].filter(Boolean).join(":"),
      PULUMI_HOME: home,
      PULUMI_BACKEND_URL: `file://${this.backend}`,
      PULUMI_CONFIG_PASSPHRASE: "a passphrase for the demo",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // `npm run check` has checked their types already.
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      ...(aws.awsPlugin && { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" }),
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: aws.admin.accessKeyId,
      AWS_SECRET_ACCESS_KEY: aws.admin.secretAccessKey,
      // Files that don't exist: what stands in the user's own could lead to a real account.
      AWS_CONFIG_FILE: join(this.#base, "no-aws-config"),
      AWS_SHARED_CREDENTIALS_FILE: join(this.#base, "no-aws-credentials"),
      AWS_EC2_METADATA_DISABLED: "true",
    };
  }

  /** Runs the CLI from a folder of the project. */
  async pulumi(args: string[], from = ""): Promise<Printed> {
    // In a group of its own: Ctrl-C is passed on by `cancel`, once.
    const child = execa(this.#engine.pulumi, [...args, "--non-interactive", "--color", "never"], {
      cwd: join(this.folder, from),
      env: this.#env,
      extendEnv: false,
      all: true,
      reject: false,
      stdin: "ignore",
      detached: true,
    });
    this.#running = child;
    const { exitCode, all = "", failed } = await child;
    if (this.#cancelled) return new Promise(() => undefined);
    this.#running = undefined;
    return { code: failed ? exitCode || 1 : 0, text: all };
  }

  /** Lets the engine end as after Ctrl-C: it then ends its plugins, which a killed one would leave behind. */
  async cancel(): Promise<void> {
    this.#cancelled = true;
    const child = this.#running;
    if (!child) return;
    child.kill("SIGINT");
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await child;
    clearTimeout(timer);
  }

  /** Synchronous, for the end of the process. */
  remove(): void {
    rmSync(this.#base, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(AWS|PULUMI)_/.test(name)));
}
