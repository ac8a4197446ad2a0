import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Credentials } from "../aws/admin";
import { ROOT } from "../dist";
import { Cli, environmentOf } from "./cli";
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
  readonly #cli: Cli;
  #cancelled = false;

  /** @param aws.awsPlugin a folder with an aws plugin of ours; without it the installed one is used */
  constructor(engine: Engine, aws: { endpoint: string; admin: Credentials; awsPlugin: string | undefined }) {
    const base = this.#base;
    const home = join(base, "home");
    for (const folder of [this.folder, this.backend, home]) mkdirSync(folder);
    copyProjects(this.folder, "Pulumi.yaml", "examples");
    if (!aws.awsPlugin) linkPlugins(home);
    const { endpoint: endpointUrl, admin: credentials, awsPlugin } = aws;
    const { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: never = "", ...environment } = environmentOf(engine, {
      base,
      endpointUrl,
      credentials,
      path: awsPlugin ? [awsPlugin] : [],
    });
    const env = {
      ...withoutSettings(process.env),
      ...environment,
      ...(awsPlugin && { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: never }),
      // `npm run check` has checked their types already.
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      AWS_REGION: "us-east-1",
      // Files that don't exist: what stands in the user's own could lead to a real account.
      AWS_CONFIG_FILE: join(base, "no-aws-config"),
      AWS_SHARED_CREDENTIALS_FILE: join(base, "no-aws-credentials"),
      AWS_EC2_METADATA_DISABLED: "true",
    };
    // In a group of its own: Ctrl-C is passed on by `cancel`, once.
    this.#cli = new Cli(engine.pulumi, this.folder, env, true);
  }

  /** Runs the CLI from a folder of the project. */
  async pulumi(args: string[], from = ""): Promise<Printed> {
    const command = [this.#cli.pulumi, ...args, "--non-interactive", "--color", "never"];
    const { code, text } = await this.#cli.exec(command, { cwd: join(this.folder, from) });
    if (this.#cancelled) return new Promise(() => undefined);
    return { code: code ?? 1, text };
  }

  /** Lets the engine end as after Ctrl-C: it then ends its plugins, which a killed one would leave behind. */
  async cancel(): Promise<void> {
    this.#cancelled = true;
    await this.#cli.interrupt();
  }

  /** Synchronous, for the end of the process. */
  remove(): void {
    rmSync(this.#base, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** Without the settings and stacks that somebody has made there. */
export function copyProjects(into: string, ...names: string[]): void {
  const asWritten = (file: string) => !/^(node_modules|Pulumi\..+\.yaml)$/.test(basename(file));
  for (const name of names) cpSync(join(ROOT, name), join(into, name), { recursive: true, filter: asWritten });
  symlinkSync(join(ROOT, "node_modules"), join(into, "node_modules"));
}

/** A home of Pulumi's with the plugins that are installed. */
export function linkPlugins(home: string): void {
  symlinkSync(join(pulumiHome(), "plugins"), join(home, "plugins"));
}

export function withoutSettings(env: NodeJS.ProcessEnv): Record<string, string> {
  const theirs = Object.entries(env).filter(([name]) => !/^(AWS|PULUMI)_/.test(name));
  return Object.fromEntries(theirs) as Record<string, string>;
}
