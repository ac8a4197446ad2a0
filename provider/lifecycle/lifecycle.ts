import type { Dependencies } from "../act/dependencies";
import { Renamed } from "../act/observe";
import { AT_ONCE, Queue } from "../act/queue";
import { readDrift } from "../act/readDrift";
import { HalfDone, retire, rotate } from "../act/rotate";
import { intentOf, unknownIn, unknownPeriods } from "../decide/intent";
import type { Intent } from "../decide/plan";
import { explain, IamError } from "../model/errors";
import type { Inputs } from "../model/inputs";
import { instanceOf } from "../model/journal";
import { type ManagedKeys, managedIds, without } from "../model/managedKeys";
import { hasUnknowns } from "../model/unknowns";
import { parseUserArn, userChange, userKey } from "../model/userArn";
import { checkInputs, type Failure } from "./checkInputs";
import { previewUpdate, waitInWords } from "./preview";
import { checkAccess, openSession, type StackConfig, type World, withFallback } from "./session";
import {
  halfDone,
  type Outputs,
  ownerOf,
  pickInputs,
  sameAwsProvider,
  sameLogin,
  toAnswered,
  toDrift,
  toManagedKeys,
  toOutputs,
  waiting,
} from "./state";

type Props = Record<string, unknown>;

/** An operation failed half-way: these outputs are what must be saved. */
export class SavedFailure extends Error {
  override readonly name = "SavedFailure";
  constructor(
    readonly outputs: Outputs,
    override readonly cause: Error,
  ) {
    super(cause.message);
  }
}

/** The life of a RotatedAccessKey, whatever mount the engine asks it through: the methods stand in the order of that life. */
export class KeyLifecycle {
  #config: StackConfig | undefined;
  readonly #world: World;
  readonly #queue = new Queue(AT_ONCE);
  /** Owners that a refresh has read, and whose diff comes next. */
  readonly #hasRead = new Set<string>();
  /** Ids of the keys of each resource that this process has seen to live on, by its instance: no older instance deletes them. */
  readonly #living = new Map<string, string[]>();

  constructor(world: World) {
    this.#world = world;
  }

  configure(config: StackConfig | undefined): void {
    this.#config = config;
  }

  check(news: Props): { inputs: Props; failures: Failure[] } {
    const { inputs, failures } = checkInputs(news);
    return { inputs, failures: [...failures, ...checkAccess(inputs, this.#config)] };
  }

  /** Asks AWS nothing, but whether a changed name is a rename; refresh calls it as well as preview. */
  async diff(olds: Props, news: Props): Promise<{ changes: boolean; replaces?: string[] }> {
    const [before, after] = [pickInputs(olds), pickInputs(news)];
    const recorded = toManagedKeys(olds);
    this.#lives(recorded);
    const user = await this.#userChange(before, after, recorded.userId);
    if (user === "other") return { changes: true, replaces: ["userArn"] };
    const answered = toAnswered(olds);
    const drift = toDrift(olds);
    const now = this.#world.clock.now();
    const intent = intentOf({ olds: before, answered, news: after }, recorded, now);
    const preview = previewUpdate(recorded, drift, intent, now);
    // With a period that is not known yet nothing is promised; nor that nothing is due.
    const mayBeDue = hasUnknowns(after.rotateEvery) ? ["rotateEvery"] : [];
    const periods = preview.line ? unknownPeriods(after) : mayBeDue;
    const unknown = [...unknownIn(after), ...periods];
    const may = unknown.length > 0 && `this update may change keys: ${unknown.join(" and ")} is not known yet.`;
    // The first diff after a read is the refresh's own: that speaks of what it found, and has done so.
    const lines = this.#hasRead.delete(ownerOf(before))
      ? []
      : [periods.length === 0 && preview.line, may, ...preview.waits.map((wait) => waitInWords(wait, recorded))];
    for (const line of lines) if (line) this.#world.say(`${before.userArn}: ${line}`);
    const waiting = preview.waits.find(({ what }) => what === "rotation");
    const isUnfinished = olds.unfinished !== undefined || (answered !== undefined && !waiting);
    // Only AWS can tell when that is over.
    const mustLook = preview.waits.some(({ because }) => because === "needed");
    const moved = before.userArn !== after.userArn || before.region !== after.region;
    const sameSigner = sameLogin(before.login, after.login) && sameAwsProvider(before.awsProvider, after.awsProvider);
    return {
      changes: Boolean(preview.line || may || mustLook || isUnfinished || drift.user || moved || !sameSigner),
    };
  }

  async create(news: Props): Promise<{ id: string; outputs: Outputs }> {
    const inputs = pickInputs(news);
    const { userArn, state, deactivatePeriod } = inputs;
    const request = {
      userArn,
      owner: ownerOf(inputs),
      intentAt: (): Intent => ({
        ...(state && { adopt: state, takesOver: true }),
        // Its permission is asked for before there is a key.
        ...(deactivatePeriod && { deactivatePeriod }),
      }),
      patience: this.#world.patience.newUser,
    };
    const { keys } = await this.#attempt(`Can't make access keys for ${userArn}`, inputs, (dependencies) =>
      rotate(request, dependencies).catch((error) => {
        if (!(error instanceof HalfDone)) throw error;
        this.#lives(error.keys);
        throw new SavedFailure(toOutputs(inputs, error.keys), error);
      }),
    );
    this.#lives(keys);
    return { id: userArn, outputs: toOutputs(inputs, keys) };
  }

  async read(olds: Props): Promise<Outputs> {
    const inputs = pickInputs(olds);
    const { userArn } = inputs;
    const asked = `Can't read the access keys of ${userArn}`;
    this.#hasRead.add(ownerOf(inputs));
    const { keys, drift } = await this.#attemptRecorded(asked, inputs, (dependencies) =>
      readDrift(userArn, toManagedKeys(olds), dependencies),
    );
    return toOutputs(inputs, keys, { drift, answered: toAnswered(olds) });
  }

  async update(olds: Props, news: Props): Promise<Outputs> {
    const before = pickInputs(olds);
    // Renamed or moved, a resource is the owner that it was: the tag on the user names that one.
    const inputs = pickInputs({ ...news, journalOwner: before.journalOwner ?? news.journalOwner });
    const { userArn } = inputs;
    const recorded = toManagedKeys(olds);
    const change = { olds: before, answered: toAnswered(olds), news: inputs };
    const request = {
      userArn,
      owner: ownerOf(inputs),
      recorded,
      recordedArn: before.userArn,
      intentAt: (now: Date) => intentOf(change, recorded, now),
      // A user renamed or moved a moment ago may be known by its old ARN for some seconds.
      patience: before.userArn === userArn ? 0 : this.#world.patience.newUser,
    };
    const { keys, waits } = await this.#attempt(`Can't rotate the access keys of ${userArn}`, inputs, (dependencies) =>
      rotate(request, dependencies).catch((error) => {
        if (!(error instanceof HalfDone)) throw error;
        this.#lives(error.keys);
        throw new SavedFailure(halfDone(olds, inputs, error.keys, error.did), error);
      }),
    );
    this.#lives(keys);
    for (const wait of waits) this.#world.say(`${userArn}: ${waitInWords(wait, keys)}`);
    return waits.length > 0 ? waiting(olds, inputs, keys, waits) : toOutputs(inputs, keys);
  }

  async delete(olds: Props): Promise<void> {
    const inputs = pickInputs(olds);
    await this.#retire(inputs, olds).catch((error) => {
      // Nobody can correct the ARN of a resource that is no longer in the program; its keys tell it exactly.
      if (!(error instanceof Renamed) || !parseUserArn(error.where)) throw error;
      return this.#retire({ ...inputs, userArn: error.where }, olds);
    });
  }

  #retire(inputs: Inputs, olds: Props): Promise<void> {
    const { userArn } = inputs;
    const recorded = toManagedKeys(olds);
    this.#living.delete(instanceOf(recorded.operationId));
    const kept = [...this.#living.values()].flat();
    const stay = managedIds(recorded).filter((id) => kept.includes(id));
    if (stay.length > 0)
      this.#world.say(`${userArn}: what another resource of this program keeps is left: ${stay.join(" and ")}.`);
    return this.#attemptRecorded(`Can't delete the access keys of ${userArn}`, inputs, (dependencies) =>
      retire(userArn, ownerOf(inputs), stay.reduce(without, recorded), dependencies),
    );
  }

  #lives(keys: ManagedKeys): void {
    this.#living.set(instanceOf(keys.operationId), managedIds(keys));
  }

  /** Another user is a replacement, the same one under another name is not. What can't be told here, the update finds out. */
  async #userChange(before: Inputs, after: Inputs, userId: string): Promise<"same" | "other"> {
    const change = userChange(before.userArn, after.userArn);
    if (change === "other" || change === "same") return change;
    const say = (found: string) => this.#world.say(`${before.userArn}: ${found}`);
    if (change === "unknown") {
      say(
        "the user's ARN may change. If it is the same user, renamed or moved, its keys stay; if it is another one, they are replaced.",
      );
      return "same";
    }
    try {
      const id = await this.#userId(after);
      if (id && id !== userId) return "other";
      // IAM may not know a new name for some seconds. Then it has no old one either, and the update waits for the new one.
      if (!id && (await this.#userId({ ...after, userArn: before.userArn }))) return "other";
      say(`this is the same user under another name or path, ${after.userArn}: its keys stay.`);
      return "same";
    } catch {
      say(
        `nobody could look whether ${after.userArn} is the same user under another name or path; if so, its keys stay.`,
      );
      return "same";
    }
  }

  async #userId(inputs: Inputs): Promise<string | undefined> {
    try {
      return (await openSession(this.#world, this.#config, inputs).iam.getUser()).userId;
    } catch (error) {
      if (error instanceof IamError && error.kind === "noSuchEntity") return undefined;
      throw error;
    }
  }

  /** With the credentials of today's program. */
  async #attempt<T>(asked: string, inputs: Inputs, work: (dependencies: Dependencies) => Promise<T>): Promise<T> {
    try {
      return await this.#inTurn(inputs, () => work(openSession(this.#world, this.#config, inputs)));
    } catch (error) {
      throw explain(asked, inputs.userArn, error);
    }
  }

  /** With recorded credentials, which may be out of date. */
  async #attemptRecorded<T>(
    asked: string,
    inputs: Inputs,
    work: (dependencies: Dependencies) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#inTurn(inputs, () => withFallback(this.#world, this.#config, inputs, work));
    } catch (error) {
      throw explain(asked, inputs.userArn, error);
    }
  }

  #inTurn<T>({ userArn }: Inputs, work: () => Promise<T>): Promise<T> {
    const user = parseUserArn(userArn);
    return this.#queue.take(user ? userKey(user) : userArn, work);
  }
}
