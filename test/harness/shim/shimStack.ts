import path from "node:path";
import { ROOT } from "../dist";
import { PartialFailure, type Props, type Shim, ShimDied, startShim } from "./shim";

export type Outcome =
  | { end: "ok" }
  | { end: "partial"; message: string; reasons: string[] }
  | { end: "failed"; message: string }
  | { end: "died" };

const hasty = path.join(ROOT, "test/harness/fixtures/hastyProvider.js");
export const PROVIDER_TEXT = `exports.handler=()=>require(${JSON.stringify(hasty)}).provider`;

/** What the engine does with one resource, and what it saves of it, with the provider in the real shim. */
export class ShimStack {
  state: Props | undefined;
  /** The engine calls update next time, whatever diff says. */
  failed = false;
  /** Inputs of each run. */
  more: Props = {};
  /** All that was said on stderr, in errors and in reasons. */
  said = "";
  #shim: Promise<Shim> | undefined;

  constructor(
    readonly userArn: string,
    readonly endpoint: string,
    readonly owner: string,
    /** The plugin's script; without it the dynamic provider. */
    readonly plugin?: string,
  ) {}

  inputs(more: Props = {}): Props {
    const provider = this.plugin ? {} : { __provider: PROVIDER_TEXT };
    return { userArn: this.userArn, journalOwner: this.owner, ...this.more, ...more, ...provider };
  }

  async up(more: Props): Promise<Outcome> {
    return this.#attempt(async (shim) => {
      const news = this.inputs(more);
      const olds = this.state;
      if (!olds) return this.#save((await shim.create(news)).outs, false);
      const { changes } = await shim.diff(this.userArn, olds, news);
      if (changes || this.failed) this.#save((await shim.update(this.userArn, olds, news)).outs, false);
    });
  }

  async destroy(): Promise<Outcome> {
    return this.#attempt(async (shim) => {
      if (this.state) await shim.delete(this.userArn, this.state);
      this.state = undefined;
    });
  }

  async #attempt(run: (shim: Shim) => Promise<void>): Promise<Outcome> {
    const shim = await this.shim();
    const from = shim.stderr.length;
    try {
      await run(shim);
      return { end: "ok" };
    } catch (error) {
      if (error instanceof ShimDied) {
        this.#shim = undefined;
        await shim.stop(); // what it talked to is still there
        return { end: "died" };
      }
      const message = String(error instanceof Error ? error.message : error);
      this.said += message;
      if (!(error instanceof PartialFailure)) return { end: "failed", message };
      this.said += error.reasons.join();
      this.#save(error.properties, true);
      return { end: "partial", message, reasons: error.reasons };
    } finally {
      this.said += shim.stderr.slice(from);
    }
  }

  #save(outputs: Props, failed: boolean): void {
    this.state = outputs;
    this.failed = failed;
  }

  async shim(): Promise<Shim> {
    this.#shim ??= startShim({
      cwd: __dirname,
      timeoutMs: 250_000,
      ...(this.plugin && { plugin: this.plugin }),
      env: {
        AWS_ENDPOINT_URL: this.endpoint,
        AWS_ACCESS_KEY_ID: "test",
        AWS_SECRET_ACCESS_KEY: "test",
        AWS_REGION: "us-east-1",
        AWS_MAX_ATTEMPTS: "2",
      },
    });
    return this.#shim;
  }

  /** As when the machine goes down. */
  async kill(): Promise<void> {
    const shim = await this.#shim;
    this.#shim = undefined;
    await shim?.stop();
  }

  /** Uses another stack's running process, so that not every case has to start one. */
  adoptShim(other: ShimStack): void {
    this.#shim = other.#shim;
  }

  stop = () => this.kill();
}
