import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pythonWith } from "../aws/endpoint/python";
import { bash, NPX } from "../bash";
import { logToStderr } from "../commands";
import { ensureBuilt, ROOT } from "../dist";
import { awsPluginUnlessInstalled } from "../pulumi/awsPlugin";
import { environmentOf } from "../pulumi/cli";
import { ensureEngine } from "../pulumi/engine";
import { copyProjects, linkPlugins, withoutSettings } from "../pulumi/project";
import { Stand } from "../pulumi/stand";
import { secretsIn } from "../secrets";

/** The code blocks of a language on the page of a recipe. */
export function blocksOf(recipe: string, language: string): string[] {
  const text = readFileSync(join(ROOT, "examples", recipe, "README.md"), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(
    ([, block = ""]) => block,
  );
}

/** A shell in a copy of this repository, as somebody has who follows a page: Pulumi and the AWS CLI, an emulator for AWS. */
export class PageShell {
  readonly env: NodeJS.ProcessEnv;
  printed = "";

  private constructor(
    readonly base: string,
    env: NodeJS.ProcessEnv,
  ) {
    this.env = env;
  }

  static async open(endpointUrl: string): Promise<PageShell> {
    ensureBuilt();
    const engine = await ensureEngine();
    const awsPlugin = await awsPluginUnlessInstalled();
    const python = await pythonWith(logToStderr, "awscli");
    const base = mkdtempSync(join(tmpdir(), "rotator-pages-"));
    copyProjects(base, "Pulumi.yaml", "package.json", "examples");
    for (const name of ["bin", "home", "state", "user"]) mkdirSync(join(base, name));
    if (!awsPlugin) linkPlugins(join(base, "home"));
    const commands = { npx: NPX, aws: `exec ${python} -m awscli "$@"` };
    for (const [name, script] of Object.entries(commands)) {
      writeFileSync(join(base, "bin", name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(base, "bin", name), 0o755);
    }
    const path = [join(base, "bin"), ...(awsPlugin ? [awsPlugin] : [])];
    return new PageShell(base, {
      ...withoutSettings(process.env),
      ...environmentOf(engine, { base, endpointUrl, path }),
      HOME: join(base, "user"),
      PULUMI_BACKEND_URL: `file://${join(base, "state")}`,
      // What a person would answer.
      PULUMI_SKIP_CONFIRMATIONS: "true",
      // `npm run check` has checked their types already.
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: String(awsPlugin !== undefined),
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
    });
  }

  /** Runs commands that have to succeed. */
  async run(script: string, { env = {}, input }: { env?: NodeJS.ProcessEnv; input?: string } = {}): Promise<string> {
    const { all, failed } = await this.try(script, { ...this.env, ...env }, input);
    if (failed) throw new Error(`${script}\n${all}`);
    return all;
  }

  /** Runs commands in an environment that is given whole. */
  async try(script: string, env: NodeJS.ProcessEnv, input?: string): Promise<{ all: string; failed: boolean }> {
    const { all, failed } = await bash(script, { cwd: this.base, env, input });
    this.printed += all;
    return { all, failed };
  }

  /** Runs a command for what it writes to its standard output, secrets maybe: that is kept apart. */
  async out(script: string, env = this.env): Promise<{ stdout: string }> {
    const { stdout, failed, exitCode } = await bash(script, { cwd: this.base, env });
    if (failed) throw new Error(`${script}\nended with ${exitCode}`);
    return { stdout };
  }

  /** What lies in the backend, states and their backups. */
  stored(): string {
    const names = readdirSync(join(this.base, "state"), { recursive: true, encoding: "utf8" });
    const files = names.map((name) => join(this.base, "state", name)).filter((file) => statSync(file).isFile());
    return files.map((file) => readFileSync(file, "utf8")).join("\n");
  }

  remove(): void {
    rmSync(this.base, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A stand with such a shell. */
export class Pages extends Stand {
  shell!: PageShell;

  override async start(): Promise<void> {
    await super.start();
    this.shell = await PageShell.open(this.proxy.url);
  }

  override leaksNothing(): void {
    assert.ok(this.shell.printed.length > 1000);
    assert.deepEqual(secretsIn(this.shell.printed + this.shell.stored()), []);
    super.leaksNothing();
  }

  override async stop(): Promise<void> {
    this.shell?.remove();
    await super.stop();
  }
}
