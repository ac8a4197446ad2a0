import { constants } from "node:os";
import type * as pulumi from "@pulumi/pulumi";
import { systemClock } from "../act/clock";
import { PATIENCE } from "../act/dependencies";
import { engineAt } from "../act/engine";
import { KeyLifecycle, SavedFailure } from "../lifecycle/lifecycle";
import type { World } from "../lifecycle/session";
import type { Outputs } from "../lifecycle/state";
import { RotationError } from "../model/errors";
import { sameValue } from "../model/json";
import { sealed, secret } from "../model/secretValue";
import { PartialFailure } from "./partialFailure";

type Props = Record<string, unknown>;

const TRIGGERS = ["rotationTrigger", "revocationTrigger"] as const;

/** RotatedAccessKey behind Pulumi's host of dynamic providers, in the terms of that host. */
export class AccessKeyProvider implements pulumi.dynamic.ResourceProvider {
  readonly #keys: KeyLifecycle;
  #underWay = 0;
  /** When the last of it ended. */
  #ended = 0;

  constructor(world: World) {
    this.#keys = new KeyLifecycle(world);
  }

  // It races with the first calls, so it only remembers.
  async configure(request: pulumi.dynamic.ConfigureRequest): Promise<void> {
    this.#keys.configure(request.config);
  }

  async check(_olds: Props, news: Props): Promise<pulumi.dynamic.CheckResult> {
    const { inputs, failures } = this.#keys.check(news);
    // The engine prints the value of a property that a failure names, secret or not: so the reason names it.
    return {
      inputs: sealed(inputs),
      failures: failures.map(({ property, reason }) => ({ property: "", reason: `${property}: ${reason}` })),
    };
  }

  async diff(_id: string, olds: Props, news: Props): Promise<pulumi.dynamic.DiffResult> {
    const { changes, ...more } = await this.#keys.diff(olds, news).catch(quietly);
    // What the provider plugin has left lacks the text by which the host finds the provider in a refresh: it is written anew.
    const isPlugins = "rotationDueAt" in olds;
    return { changes: changes || isPlugins, ...more };
  }

  async create(news: Props): Promise<pulumi.dynamic.CreateResult> {
    const made = await this.#during(this.#keys.create(news)).catch(saving(String(news.userArn), news));
    return { id: made.id, outs: marked(made.outputs, news) };
  }

  async read(id: string, olds: Props): Promise<pulumi.dynamic.ReadResult> {
    return { id, props: sealed(await this.#keys.read(olds).catch(quietly)) };
  }

  async update(id: string, olds: Props, news: Props): Promise<pulumi.dynamic.UpdateResult> {
    const outputs = await this.#during(this.#keys.update(olds, news)).catch(saving(id, news));
    return { outs: marked(outputs, news) };
  }

  async delete(_id: string, olds: Props): Promise<void> {
    await this.#during(this.#keys.delete(olds)).catch(quietly);
  }

  /**
   * Resolves when nothing that changes keys has been under way for a tenth of a second, in which the host has answered. Not
   * longer: by SIGINT the engine ends each provider, and waits for it.
   */
  async idle(): Promise<void> {
    while (this.#underWay > 0 || Date.now() - this.#ended < 100) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #during<T>(work: Promise<T>): Promise<T> {
    this.#underWay += 1;
    return work.finally(() => {
      this.#underWay -= 1;
      this.#ended = Date.now();
    });
  }
}

function saving(id: string, news: Props) {
  return (error: unknown): never => {
    if (!(error instanceof SavedFailure)) throw error;
    throw new PartialFailure(id, error, { ...marked(error.outputs, news), __provider: news.__provider });
  };
}

/**
 * The outputs with every secret marked as one. A trigger that is not answered yet is recorded as it was before: the engine
 * encrypts an output if today's input of that name is a secret, and can't know that the value before was one.
 */
function marked(outputs: Outputs, news: Props): Props {
  const earlier = TRIGGERS.filter((name) => outputs[name] !== undefined && !sameValue(outputs[name], news[name]));
  return sealed({ ...outputs, ...Object.fromEntries(earlier.map((name) => [name, secret(outputs[name])])) });
}

/** The host prints text and stack of what diff, read and delete throw, beside the engine's own message. */
function quietly(error: unknown): never {
  if (error instanceof RotationError) {
    error.toString = () => error.parts.asked;
    error.stack = "see the error message.";
  }
  throw error;
}

/** Named in every state file, by the constant text of RotatedAccessKey: this export stays for ever. */
export const provider = new AccessKeyProvider({
  // The AWS SDK is loaded with the first call to AWS, so that a preview does not pay for it.
  connect: (...args) => (require("../aws/iam") as typeof import("../aws/iam")).connect(...args),
  clock: systemClock,
  patience: PATIENCE,
  engine: engineAt(process.argv[2]),
  env: process.env,
  // The engine shows a dynamic provider's stderr to the user, in preview as in `up`.
  say: (line) => console.error(line),
});

// Of who ends all processes of a run at once, as systemd and Jenkins do, by one signal or several: what is under way comes to
// its end, so that the engine can save a new key; or, if the engine is gone, so that a key that nobody has is deleted. Only in
// Pulumi's host: another process that loads this file decides for itself.
const isHost = /[\\/]dynamic-provider([\\/]|$)/.test(process.argv[1] ?? "");
for (const signal of isHost ? (["SIGTERM", "SIGINT", "SIGHUP"] as const) : []) {
  process.on(signal, async () => {
    await provider.idle();
    process.exit(128 + constants.signals[signal]);
  });
}
