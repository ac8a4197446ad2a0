import type * as pulumi from "@pulumi/pulumi";
import { systemClock } from "../act/clock";
import { PATIENCE } from "../act/dependencies";
import { engineAt } from "../act/engine";
import type { Answer } from "../lifecycle/answer";
import { KeyLifecycle } from "../lifecycle/lifecycle";
import type { World } from "../lifecycle/session";
import { RotationError } from "../model/errors";
import { sameValue } from "../model/json";
import { withSecrets } from "../model/secretValue";
import { Lines } from "./lines";
import { PartialFailure } from "./partialFailure";
import { endWhenIdle } from "./signals";

type Props = Record<string, unknown>;

/** RotatedAccessKey behind Pulumi's host of dynamic providers, in the terms of that host. */
export class AccessKeyProvider implements pulumi.dynamic.ResourceProvider {
  readonly #keys: KeyLifecycle;
  readonly #world: World;
  #underWay = 0;
  /** When the last of it ended. */
  #ended = 0;

  #begin: (() => void) | undefined;

  /** @param begin is called once, before the first change of keys */
  constructor(world: World, begin?: () => void) {
    this.#world = world;
    this.#begin = begin;
    this.#keys = new KeyLifecycle(world);
  }

  // It races with the first calls, so it only remembers.
  async configure(request: pulumi.dynamic.ConfigureRequest): Promise<void> {
    this.#keys.configure(request.config);
  }

  async check(olds: Props, news: Props): Promise<pulumi.dynamic.CheckResult> {
    const { inputs, failures } = this.#keys.check(news);
    const isNew = Object.keys(olds ?? {}).length === 0;
    // The engine asks nobody else about a creation in a preview.
    if (isNew && failures.length === 0 && this.#keys.runOf(inputs).isPreview)
      await this.#tell(this.#keys.foreseeCreate(inputs), inputs);
    // The engine prints the value of a property that a failure names, secret or not: so the reason names it.
    return {
      inputs: withSecrets(inputs),
      failures: failures.map(({ property, reason }) => ({ property: "", reason: `${property}: ${reason}` })),
    };
  }

  async diff(_id: string, olds: Props, news: Props): Promise<pulumi.dynamic.DiffResult> {
    const said = await this.#keys.diff(olds, news).catch(quietly);
    // The update says what it did; of what waits without one, the program speaks.
    // Of a replacement it is asked again, as of a creation.
    const all = said.replaces.length > 0 ? said.messages.slice(0, 1) : said.messages;
    // What the provider plugin has left lacks the text by which the host finds the provider in a refresh: it is written anew.
    const changes = said.changes === "work" || olds.__provider === undefined;
    // Of all keys that are deactivated the program speaks, at once; in the preview of an update it does not know of them.
    const messages = changes ? all : all.filter(({ because }) => because !== "deactivated");
    if (this.#keys.runOf(news).isPreview) await this.#tell({ ...said, messages }, news);
    return { changes, replaces: said.replaces };
  }

  async create(news: Props): Promise<pulumi.dynamic.CreateResult> {
    const id = String(news.userArn);
    const said = await this.#tell(await this.#during(this.#keys.create(news)), news);
    return { id, outs: saved(said, id, news) };
  }

  async read(id: string, olds: Props): Promise<pulumi.dynamic.ReadResult> {
    const { outputs, failure } = await this.#tell(await this.#keys.read(olds));
    if (!outputs) return quietly(failure);
    return { id, props: withSecrets(outputs) };
  }

  async update(id: string, olds: Props, news: Props): Promise<pulumi.dynamic.UpdateResult> {
    const said = await this.#tell(await this.#during(this.#keys.update(olds, news)), news);
    return { outs: saved(said, id, news) };
  }

  async delete(_id: string, olds: Props): Promise<void> {
    const { failure } = await this.#tell(await this.#during(this.#keys.delete(olds)));
    if (failure) quietly(failure);
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

  /** @param news what the program passes for the resource: of what is recorded alone nobody tells which resource it is */
  async #tell<T extends Answer>(said: T, news?: Props): Promise<T> {
    const { urn } = news ? this.#keys.runOf(news) : {};
    for (const { text, severity } of said.messages) this.#world.say(text, severity, urn);
    await this.#world.heard?.();
    return said;
  }

  async #during<T>(work: Promise<T>): Promise<T> {
    this.#begin?.();
    this.#begin = undefined;
    this.#underWay += 1;
    return work.finally(() => {
      this.#underWay -= 1;
      this.#ended = Date.now();
    });
  }
}

/**
 * The outputs with every secret marked as one. What was not done is recorded as it was before: the engine encrypts an output
 * if today's input of that name is a secret, and can't know that the value before was one.
 */
function saved({ outputs, undone, failure }: Answer, id: string, news: Props): Props {
  if (!outputs) throw failure;
  const earlier = undone.filter((name) => outputs[name] !== undefined && !sameValue(outputs[name], news[name]));
  const marked = withSecrets(outputs, earlier);
  if (failure) throw new PartialFailure(id, failure, { ...marked, __provider: news.__provider });
  return marked;
}

/** The host prints text and stack of what diff, read and delete throw, beside the engine's own message. */
function quietly(error: unknown): never {
  if (error instanceof RotationError) {
    error.toString = () => error.parts.attempted;
    error.stack = "see the error message.";
  }
  throw error;
}

const lines = new Lines(process.argv[2]);

/** Named in every state file, by the constant text of RotatedAccessKey: this export stays for ever. */
export const provider: AccessKeyProvider = new AccessKeyProvider(
  {
    // The AWS SDK is loaded with the first call to AWS, so that a preview does not pay for it.
    connect: (...args) => (require("../aws/iam") as typeof import("../aws/iam")).connect(...args),
    clock: systemClock,
    patience: PATIENCE,
    engine: engineAt(process.argv[2]),
    env: process.env,
    say: (text, severity, urn) => lines.say(text, severity, urn),
    heard: () => lines.heard(),
  },
  // Whoever only loads this provider, or reads, ends as it likes.
  () => endWhenIdle(provider),
);
