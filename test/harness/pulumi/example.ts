import assert from "node:assert/strict";
import type { Credentials } from "../aws/admin";
import { type Endpoint, startEndpoint } from "../aws/endpoint";
import { ensureBuilt } from "../dist";
import { remember, secretsIn } from "../secrets";
import { awsPluginUnlessInstalled } from "./awsPlugin";
import { ensureEngine } from "./engine";
import { Project } from "./project";

/** An account that refuses keys that it does not have, and the examples with a backend of their own. */
export class Examples {
  readonly #open: Example[] = [];

  private constructor(
    readonly endpoint: Endpoint,
    readonly admin: Credentials,
    readonly project: Project,
  ) {}

  /** @param surroundings the credentials that Pulumi finds in its environment; default those of an administrator */
  static async start(surroundings?: Credentials): Promise<Examples> {
    ensureBuilt();
    const endpoint = await startEndpoint();
    try {
      const admin = await endpoint.newAdmin();
      remember(admin.secretAccessKey);
      await endpoint.requireAuth();
      const awsPlugin = await awsPluginUnlessInstalled();
      const settings = { endpoint: endpoint.url, admin: surroundings ?? admin, awsPlugin };
      return new Examples(endpoint, admin, new Project(await ensureEngine(), settings));
    } catch (error) {
      await endpoint.stop();
      throw error;
    }
  }

  /** One of them, with a stack that was just made. */
  async of(name: string): Promise<Example> {
    const example = new Example(this.project, name);
    this.#open.push(example);
    await example.pulumi("stack init test");
    return example;
  }

  /** Which secrets that were given out were printed by any run. */
  secretsPrinted(): string[] {
    return this.#open.flatMap(({ printed }) => secretsIn(printed));
  }

  async stop(): Promise<void> {
    this.project.remove();
    await this.endpoint.stop();
  }
}

/** The stack of one example. */
export class Example {
  /** Whatever the CLI printed here, but for secrets that were asked for. */
  printed = "";

  constructor(
    private readonly project: Project,
    readonly name: string,
  ) {}

  /** Runs a command that has to succeed. */
  async pulumi(command: string, ...more: string[]): Promise<string> {
    const { code, text } = await this.run(command, ...more);
    this.printed += text;
    assert.equal(code, 0, `pulumi ${command}:\n${text}`);
    return text;
  }

  up = (...more: string[]) => this.pulumi("up --yes --skip-preview", ...more);
  /** An update after a change of one plain setting, `name=value`. */
  upWith = (setting: string) => this.up("--config", setting);
  destroy = () => this.pulumi("destroy --yes --skip-preview");

  /** Settings by their paths. */
  async config(settings: Record<string, string>): Promise<void> {
    await this.pulumi("config set-all --path", ...Object.entries(settings).flatMap(pairs("--plaintext")));
  }

  async secretConfig(settings: Record<string, string>): Promise<void> {
    await this.pulumi("config set-all --path", ...Object.entries(settings).flatMap(pairs("--secret")));
  }

  /** What `pulumi stack output` shows to everybody. */
  async output(name: string): Promise<string> {
    return (await this.pulumi("stack output", name)).trim();
  }

  /** All outputs; what is a secret in them must not be printed from then on, nor have been printed before. */
  async secretOutputs<Outputs>(): Promise<Outputs> {
    const { code, text } = await this.run("stack output --json --show-secrets");
    assert.equal(code, 0);
    for (const [secret] of text.matchAll(/(?<=")[A-Za-z0-9+/]{40,}(?=")/g)) remember(secret);
    return JSON.parse(text) as Outputs;
  }

  private run(command: string, ...more: string[]) {
    return this.project.pulumi([...command.split(" "), ...more], `examples/${this.name}`);
  }
}

const pairs =
  (flag: string) =>
  ([path, value]: [string, string]): string[] => [flag, `${path}=${value}`];
