import { isDeepStrictEqual } from "node:util";
import type { Answer } from "../lifecycle/answer";
import type { Failure } from "../lifecycle/checkInputs";
import { KeyLifecycle } from "../lifecycle/lifecycle";
import type { Outputs } from "../lifecycle/record";
import type { World } from "../lifecycle/session";
import { RotationError } from "../model/errors";
import { PUBLIC_INPUTS } from "../model/inputs";
import { sameValue } from "../model/json";
import { outputsThatAre, SECRETS } from "../model/outputs";
import { ownerHash } from "../model/owner";
import { severityOf } from "../model/pending";
import { type Bag, containsSecret, plain, plainBag, secret } from "./wire";

/** The keys of a RotatedUser of this plugin, and what that passes to them beside their inputs. */
const OF_USER = "aws-iam-rotator:index:RotatedUser$aws-iam-rotator:index:RotatedAccessKey";
const USER_PASSES = ["awsProvider", "run"];

export type DetailKind = "add" | "delete" | "update" | "update-replace";

/** What an operation failed with after a change: these outputs must be saved. */
export class HalfDone extends Error {
  override readonly name = "HalfDone";
  constructor(
    readonly outputs: Bag,
    override readonly cause: Error,
  ) {
    super(cause.message);
  }
}

/** RotatedAccessKey in the engine's terms, over the same life as the dynamic provider's: bags as they come from the wire. */
export class AccessKeyMount {
  readonly #keys: KeyLifecycle;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.#keys = new KeyLifecycle(world);
  }

  /** @param settings those of @pulumi/aws, as this provider's own configuration or as arguments of an explicit provider */
  configure(settings: Bag): void {
    const given = plainBag(settings);
    this.#keys.configure({
      get: (key) => {
        const value = key.startsWith("aws:") ? given[key.slice("aws:".length)] : undefined;
        if (value === undefined || value === null) return undefined;
        return typeof value === "string" ? value : JSON.stringify(value);
      },
      source: (name) => `the provider's configuration sets ${name}`,
    });
  }

  check(urn: string, olds: Bag, news: Bag): { inputs: Bag; failures: Failure[] } {
    const [before, given] = [plainBag(olds), plainBag(news)];
    // No program may pass these, but what is recorded comes back by the option ignoreChanges.
    const internal = Object.keys(given).filter((name) => sameValue(given[name], before[name]));
    if (urn.split("::")[2]?.endsWith(OF_USER)) internal.push(...USER_PASSES);
    if (!("journalOwner" in given)) internal.push("journalOwner");
    const { inputs, failures } = this.#keys.check({ journalOwner: ownerHash(urn), ...given }, internal);
    // As they came, with the marks of secrets that the program has set.
    const asGiven = (name: string) => (SECRETS.includes(name) ? secret(inputs[name]) : news[name]);
    const marked = Object.keys(inputs).map((name) => [name, asGiven(name) ?? inputs[name]]);
    return { inputs: { ...Object.fromEntries(marked), journalOwner: inputs.journalOwner }, failures };
  }

  async diff(olds: Bag, news: Bag) {
    const [before, after] = [plainBag(olds), plainBag(news)];
    const { changes, replaces, messages } = await this.#keys.diff(before, after);
    // What is not shown by an update, or before it, is said here.
    if (changes === "none" || replaces.length > 0)
      for (const { text, severity } of messages) this.#world.say(text, severity);
    const details: Record<string, DetailKind> = {};
    for (const name of PUBLIC_INPUTS) {
      if (sameValue(before[name], after[name])) continue;
      const isGiven = (value: unknown) => value !== undefined && value !== null;
      const kind = !isGiven(before[name]) ? "add" : !isGiven(after[name]) ? "delete" : "update";
      details[name] = replaces.includes(name) ? "update-replace" : kind;
    }
    return { changes: changes !== "none", replaces, details: changes === "none" ? {} : details };
  }

  async create(inputs: Bag, isPreview: boolean): Promise<{ id: string; outputs: Bag }> {
    const given = plainBag(inputs);
    const said = isPreview ? this.#keys.foreseeCreate(given) : await this.#keys.create(given);
    return { id: isPreview ? "" : String(given.userArn), outputs: this.#passOn(said, inputs, {}) };
  }

  async update(olds: Bag, news: Bag, isPreview: boolean): Promise<Bag> {
    const [before, after] = [plainBag(olds), plainBag(news)];
    const said = isPreview ? this.#keys.foreseeUpdate(before, after) : await this.#keys.update(before, after);
    if (!isPreview && said.outputs) {
      for (const wait of said.outputs.pending)
        this.#world.say(`${said.outputs.userArn}: ${wait.message}`, severityOf(wait));
    }
    return this.#passOn(said, news, olds);
  }

  /** @param latest the inputs of the last run, which are newer than those among the outputs where only a session has changed */
  async read(id: string, olds: Bag, latest = olds): Promise<Bag> {
    if (Object.keys(olds).length === 0) throw noImport(id);
    return this.#passOn(await this.#keys.read(plainBag(olds), plainBag(latest)), olds, {});
  }

  async delete(olds: Bag, latest = olds): Promise<void> {
    const { failure, messages } = await this.#keys.delete(plainBag(olds), plainBag(latest));
    for (const { text, severity } of messages) this.#world.say(text, severity);
    if (failure) throw failure;
  }

  /** Says what was said, and marks what is secret; throws what failed. */
  #passOn({ outputs, secrets, undone, messages, failure }: Answer, news: Bag, olds: Bag): Bag {
    for (const { text, severity } of messages) this.#world.say(text, severity);
    if (!outputs) throw failure;
    const isSecret = (name: string, value: unknown) =>
      secrets.includes(name) ||
      containsSecret(news[name]) ||
      // What was not done is recorded as it was before, and was perhaps secret then.
      (undone.includes(name) && containsSecret(olds[name]) && !isDeepStrictEqual(plain(news[name]), value));
    const marked = Object.fromEntries(
      Object.entries(withNulls(outputs)).map(([name, value]) => [name, isSecret(name, value) ? secret(value) : value]),
    );
    if (failure) throw new HalfDone(marked, failure);
    return marked;
  }
}

/** An output that is absent would be unknown in a preview. */
function withNulls(outputs: Outputs): Bag {
  const all = outputsThatAre("optional").map((name) => [name, outputs[name] ?? null]);
  return { ...Object.fromEntries(all), ...outputs };
}

function noImport(id: string): RotationError {
  return new RotationError({
    attempted: `Can't import the access keys of ${id}`,
    found: "AWS never shows a key's secret again.",
    todo: "Make the resource without importing it, and pass the keys that the user has as `state: { current?, previous? }`.",
  });
}
