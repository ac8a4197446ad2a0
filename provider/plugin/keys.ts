import { isDeepStrictEqual } from "node:util";
import { unknownPeriods } from "../decide/intent";
import type { Failure } from "../lifecycle/checkInputs";
import { KeyLifecycle, SavedFailure } from "../lifecycle/lifecycle";
import type { World } from "../lifecycle/session";
import { pickInputs } from "../lifecycle/state";
import { RotationError } from "../model/errors";
import { INPUT_NAMES } from "../model/inputs";
import { sameValue } from "../model/json";
import { ownerHash } from "../model/owner";
import { SECRETS } from "../model/secretValue";
import { foreseeCreate, foreseeUpdate, withDates } from "./foresee";
import { type Bag, containsSecret, plain, plainBag, secret } from "./wire";

const PERIODS = ["rotateEvery", "gracePeriod", "deactivatePeriod", "lastUsedGuard"];

export type DetailKind = "add" | "delete" | "update" | "update-replace";

/** RotatedAccessKey in the engine's terms, over the same life as the dynamic provider's: bags as they come from the wire. */
export class RotatedKeys {
  readonly #keys: KeyLifecycle;
  readonly #world: World;
  /** Resources of which nothing but a period or a date has changed: their update asks AWS nothing. */
  readonly #quiet = new Set<string>();

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

  check(urn: string, news: Bag): { inputs: Bag; failures: Failure[] } {
    const { inputs, failures } = this.#keys.check({ ...plainBag(news), journalOwner: ownerHash(urn) });
    // As they came, with the marks of secrets that the program has set.
    const asGiven = (name: string) => (SECRETS.includes(name) ? secret(inputs[name]) : news[name]);
    const marked = Object.keys(inputs).map((name) => [name, asGiven(name) ?? inputs[name]]);
    return { inputs: { ...Object.fromEntries(marked), journalOwner: inputs.journalOwner }, failures };
  }

  async diff(urn: string, olds: Bag, news: Bag) {
    const [before, after] = [plainBag(olds), plainBag(news)];
    const { changes, replaces = [] } = await this.#keys.diff(before, after);
    const details: Record<string, DetailKind> = {};
    for (const name of INPUT_NAMES) {
      if (name === "journalOwner" || name === "awsProvider" || sameValue(before[name], after[name])) continue;
      const isGiven = (value: unknown) => value !== undefined && value !== null;
      const kind = !isGiven(before[name]) ? "add" : !isGiven(after[name]) ? "delete" : "update";
      details[name] = replaces.includes(name) ? "update-replace" : kind;
    }
    const dated = this.#dated(before, after);
    const isOutdated = ["rotationDueAt", "previousUntil"].some((name) => !sameValue(before[name], dated[name]));
    const isQuiet = !changes && (isOutdated || PERIODS.some((name) => name in details));
    if (isQuiet) this.#quiet.add(urn);
    else this.#quiet.delete(urn);
    return { changes: changes || isQuiet, replaces, details: changes || isQuiet ? details : {} };
  }

  async create(inputs: Bag, preview: boolean): Promise<{ id: string; outputs: Bag }> {
    const given = plainBag(inputs);
    if (preview) {
      const outputs = foreseeCreate(pickInputs(given), this.#now());
      return { id: "", outputs: this.#shown(outputs, given, inputs, {}) };
    }
    const { id, outputs } = await this.#saving(inputs, {}, () => this.#keys.create(given));
    return { id, outputs: this.#shown(outputs, given, inputs, {}) };
  }

  async update(urn: string, olds: Bag, news: Bag, preview: boolean): Promise<Bag> {
    const [before, after] = [plainBag(olds), plainBag(news)];
    // A preview that does not know a period yet can't tell whether its time has come.
    const isQuiet = this.#quiet.has(urn) && unknownPeriods(pickInputs(after)).length === 0;
    if (isQuiet) return this.#shown(this.#dated(before, after), after, news, olds);
    const outputs = preview
      ? foreseeUpdate(before, pickInputs({ ...after, journalOwner: before.journalOwner }), this.#now())
      : await this.#saving(news, olds, () => this.#keys.update(before, after));
    return this.#shown(outputs, after, news, olds);
  }

  async read(id: string, olds: Bag): Promise<Bag> {
    if (Object.keys(olds).length === 0) throw noImport(id);
    const before = plainBag(olds);
    return this.#shown(await this.#keys.read(before), before, olds, {});
  }

  delete(olds: Bag): Promise<void> {
    return this.#keys.delete(plainBag(olds));
  }

  #now(): Date {
    return this.#world.clock.now();
  }

  /** The recorded outputs with today's periods, and the dates that follow. */
  #dated(before: Bag, after: Bag): Bag {
    const { __provider: _, ...recorded } = before;
    const periods = Object.fromEntries(PERIODS.map((name) => [name, after[name]]));
    return withDates({ ...recorded, ...periods }, after.rotationTrigger, this.#now());
  }

  #shown(outputs: Bag, { rotationTrigger }: Bag, news: Bag, olds: Bag): Bag {
    const values = Object.entries(withDates(outputs, rotationTrigger, this.#now()));
    const isSecret = (name: string, value: unknown) =>
      SECRETS.includes(name) ||
      containsSecret(news[name]) ||
      // What is not answered yet is recorded as it was before, and was perhaps secret then.
      (containsSecret(olds[name]) && !isDeepStrictEqual(plain(news[name]), value));
    return Object.fromEntries(
      values
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, isSecret(name, value) ? secret(value) : value]),
    );
  }

  async #saving<T>(news: Bag, olds: Bag, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SavedFailure)) throw error;
      const outputs = this.#shown(error.outputs, error.outputs, news, olds) as SavedFailure["outputs"];
      throw new SavedFailure(outputs, error.cause);
    }
  }
}

function noImport(id: string): RotationError {
  return new RotationError({
    asked: `Can't import the access keys of ${id}`,
    found: "AWS never shows a key's secret again.",
    todo: "Make the resource without importing it, and pass the keys that the user has as `state: { current?, previous? }`.",
  });
}
