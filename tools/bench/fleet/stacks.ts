import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stack } from "../../../test/harness/pulumi/stack";
import { type Used, Watch } from "./processes";
import { arnOf } from "./users";

/** What a stack consists of: our resource, one without any work, and one without any work but with as large a state. */
export type Kind = "rotated" | "empty" | "ballast";

/** What one run of the engine took. */
export interface Cost extends Used {
  seconds: number;
}

let fleets = 0;

/** So many resources of one kind in a stack of the real engine, with a backend of files, and users of its own. */
export class FleetStack {
  readonly #stack: Stack;
  /** The beginning of its users' ARNs. */
  readonly #users = arnOf(`fleet${++fleets}-`);

  private constructor(
    stack: Stack,
    readonly kind: Kind,
    readonly size: number,
  ) {
    this.#stack = stack;
    writeFileSync(join(stack.folder, "idle.js"), IDLE);
  }

  /** @param url where IAM answers */
  static async create(kind: Kind, size: number, url: string, env: Record<string, string> = {}): Promise<FleetStack> {
    const options = { program: "", endpointUrl: url, env: { AWS_REGION: "us-east-1", ...env } };
    return new FleetStack(await Stack.create(options), kind, size);
  }

  /** Creates, or with another trigger than before rotates, or changes nothing. */
  up(trigger: string, ...args: string[]): Promise<Cost> {
    this.#write(trigger);
    return this.#cost(() => this.#stack.up(...args));
  }

  /** @throws Error if the preview shows a change */
  preview(trigger: string): Promise<Cost> {
    this.#write(trigger);
    return this.#cost(() => this.#stack.preview("--expect-no-changes"));
  }

  refresh(): Promise<Cost> {
    return this.#cost(() => this.#stack.refresh());
  }

  destroy(): Promise<Cost> {
    return this.#cost(() => this.#stack.destroy());
  }

  /** An `up` that may fail, and how many of its resources did. */
  async tryUp(trigger: string, ...args: string[]): Promise<Cost & { failed: number; text: string }> {
    this.#write(trigger);
    let failed = 0;
    let text = "";
    const cost = await this.#cost(async () => {
      const run = await this.#stack.tryUp("--continue-on-error", ...args);
      text = run.text;
      const failures = /(\d+) errored/.exec(run.text)?.[1];
      failed = run.code === 0 ? 0 : Number(failures ?? this.size);
    });
    return { ...cost, failed, text };
  }

  remove(): void {
    this.#stack.remove();
  }

  async #cost(run: () => Promise<unknown>): Promise<Cost> {
    const watch = new Watch(() => this.#stack.pid);
    const start = process.hrtime.bigint();
    await run().catch((error) => {
      watch.stop();
      throw error;
    });
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    return { seconds, ...watch.stop() };
  }

  #write(trigger: string): void {
    this.#stack.write(
      this.kind === "rotated" ? rotatedProgram(this.#users, this.size, trigger) : idleProgram(this, trigger),
    );
  }
}

function rotatedProgram(users: string, size: number, rotationTrigger: string): string {
  return `const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
for (let i = 0; i < ${size}; i++) {
  new RotatedAccessKey("user" + i, { userArn: ${JSON.stringify(users)} + i, rotationTrigger: ${JSON.stringify(rotationTrigger)} });
}`;
}

/** The floor: a constant text as its provider, and nothing captured, as RotatedAccessKey has it. */
function idleProgram({ kind, size }: { kind: Kind; size: number }, trigger: string): string {
  return `const pulumi = require("@pulumi/pulumi");
class Idle extends pulumi.CustomResource {
  constructor(name, props) {
    const __provider = 'exports.handler=()=>require(process.cwd()+"/idle.js").provider';
    super("pulumi-nodejs:dynamic/bench:Idle", name, { ...props, __provider }, { additionalSecretOutputs: ["current", "previous"] });
  }
}
for (let i = 0; i < ${size}; i++) new Idle("user" + i, { trigger: ${JSON.stringify(trigger)}, ballast: ${kind === "ballast"} });`;
}

const IDLE = `const key = (id) => ({ accessKeyId: id, secretAccessKey: "x".repeat(40), createdAt: "2026-11-01T00:00:00Z" });
const ballast = { userArn: ${JSON.stringify(arnOf("fleet-1000"))}, userId: "AIDA" + "X".repeat(17),
  journalOwner: "0123456789ab", operationId: "01234567-01234567", filler: "x".repeat(570), currentCreatedAt: "2026-11-01T00:00:00Z",
  currentAccessKeyId: "AKIA" + "X".repeat(16), previousAccessKeyId: "AKIA" + "X".repeat(16),
  current: key("AKIA" + "X".repeat(16)), previous: key("AKIA" + "X".repeat(16)) };
const outs = (inputs) => ({ ...inputs, ...(inputs.ballast && ballast) });
exports.provider = {
  check: async (_olds, inputs) => ({ inputs, failures: [] }),
  diff: async (_id, olds, news) => ({ changes: olds.trigger !== news.trigger }),
  create: async (inputs) => ({ id: "idle", outs: outs(inputs) }),
  read: async (id, props) => ({ id, props }),
  update: async (_id, _olds, news) => ({ outs: outs(news) }),
  delete: async () => {},
};`;
