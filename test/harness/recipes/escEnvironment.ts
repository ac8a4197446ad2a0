import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import execa from "execa";

const SOURCES = join(__dirname, "esc");

/** What is behind the providers of an environment, in place of Pulumi Cloud: outputs by stack; credentials of a role. */
export interface Behind {
  "pulumi-stacks"?: Record<string, unknown>;
  "aws-login"?: Record<string, string>;
}

interface Part {
  values: Record<string, unknown> | null;
  /** Whether all of it is hidden. */
  secret: Record<string, boolean> | null;
}

export interface Opened {
  environmentVariables: Part;
  pulumiConfig: Part;
}

/** Pulumi ESC's own evaluator, built with Go: 10 s at the first time, then from Go's cache. */
export class EscEvaluator {
  readonly #folder = mkdtempSync(join(tmpdir(), "rotator-esc-"));

  async build(): Promise<this> {
    const env = { CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly -buildvcs=false" };
    await execa("go", ["build", "-o", join(this.#folder, "esc"), "."], { cwd: SOURCES, env });
    return this;
  }

  /** Opens an environment by its text; fails with what is wrong in it. */
  async open(text: string, behind: Behind): Promise<Opened> {
    const file = join(this.#folder, "environment.yaml");
    writeFileSync(file, text);
    const options = { input: JSON.stringify(behind), reject: false } as const;
    const { failed, stdout, stderr } = await execa(join(this.#folder, "esc"), [file], options);
    if (failed) throw new Error(stderr);
    return JSON.parse(stdout) as Opened;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
