import type { Dependencies } from "../act/dependencies";
import { destroy } from "../act/destroy";
import { Renamed } from "../act/observe";
import { AT_ONCE, Queue } from "../act/queue";
import { readDrift } from "../act/readDrift";
import { type Rotated, rotate } from "../act/rotate";
import type { Done } from "../decide/apply";
import { driftLeft } from "../decide/drift";
import { intentOf } from "../decide/intent";
import { blockedBy } from "../decide/pending";
import type { FoundKey } from "../model/accessKey";
import { inWords } from "../model/duration";
import { explain, RotationError } from "../model/errors";
import type { Inputs } from "../model/inputs";
import { instanceOf } from "../model/journal";
import { given, isObject, sameValue } from "../model/json";
import { type ManagedKeys, managedIds } from "../model/managedKeys";
import type { Message } from "../model/message";
import { isBlocked } from "../model/pending";
import { hasUnknowns } from "../model/unknowns";
import { parseUserArn, userKey } from "../model/userArn";
import { type Answer, answer } from "./answer";
import { checkInputs, type Failure } from "./checkInputs";
import {
  ALL_UNDONE,
  blockedOutputs,
  type Foreseen,
  foresee,
  foreseeCreation,
  intentOfCreation,
  undoneBy,
  updated,
  withDerived,
} from "./foresee";
import { halfDone, ownerOf, pickInputs, toAnswered, toManagedKeys, toOutputs, toPending, toUnmanaged } from "./record";
import { checkAccess, openSession, type StackConfig, type World, withFallback } from "./session";
import { withWayOut } from "./wayOut";
import { type UserChange, whichUser } from "./whichUser";
import { doneInWords, unmanagedInWords } from "./words";

type Props = Record<string, unknown>;

/** What a program says of its run, beside the inputs: it lasts no longer than this process. */
export interface RunInfo {
  /** Of its own. */
  id?: string;
  /** Of the resource. */
  urn?: string;
  /** Absent where the program can't tell. */
  isPreview?: boolean;
  /** Ids of the keys that the stack's published outputs name. */
  published?: string[];
}

export interface Difference extends Foreseen {
  replaces: string[];
}

/** The life of a RotatedAccessKey, whatever mount the engine asks it through: the methods stand in the order of that life. */
export class KeyLifecycle {
  #config: StackConfig | undefined;
  readonly #world: World;
  readonly #queue = new Queue(AT_ONCE);
  /** What the program has said of its run, by owner. */
  readonly #runs = new Map<string, RunInfo>();
  /** Ids of the keys of each resource that this process has seen to live on, by its instance: no older instance deletes them. */
  readonly #living = new Map<string, string[]>();

  constructor(world: World) {
    this.#world = world;
  }

  configure(config: StackConfig | undefined): void {
    this.#config = config;
  }

  /** @param internal names that are not the program's; without them, those that the class of the npm package passes */
  check(news: Props, internal?: string[]): { inputs: Props; failures: Failure[] } {
    const {
      inputs: { run, ...inputs },
      failures,
    } = checkInputs(news, internal);
    if (isObject(run)) this.#runs.set(ownerOf(pickInputs(inputs)), run);
    return { inputs, failures: [...failures, ...checkAccess(inputs, this.#config)] };
  }

  /** What the program that has these inputs said of its run; nothing in a refresh or a destroy, where none runs. */
  runOf(news: Props): RunInfo {
    return this.#runs.get(ownerOf(pickInputs(news))) ?? {};
  }

  foreseeCreate(news: Props): Foreseen {
    const inputs = pickInputs(news);
    const seen = foreseeCreation(inputs, this.#now());
    return { ...seen, messages: told(inputs, seen.messages, this.runOf(news)) };
  }

  foreseeUpdate(olds: Props, news: Props): Foreseen {
    const seen = foresee(olds, this.#inherit(olds, news), this.#now(), this.runOf(news).published);
    return { ...seen, messages: told(pickInputs(olds), seen.messages) };
  }

  /** Asks AWS nothing, but whether a changed name is a rename; refresh calls it as well as preview. */
  async diff(olds: Props, news: Props): Promise<Difference> {
    const [before, after] = [pickInputs(olds), pickInputs(news)];
    const recorded = toManagedKeys(olds);
    this.#lives(recorded);
    const user = await this.#whichUser(before, after, recorded);
    const foreseen = user.is === "other" ? this.foreseeCreate(news) : this.foreseeUpdate(olds, news);
    const about = user.message ? told(user.is === "other" ? after : before, [user.message]) : [];
    return {
      ...foreseen,
      messages: [...about, ...foreseen.messages],
      replaces: user.is === "other" ? ["userArn"] : [],
    };
  }

  async create(news: Props): Promise<Answer> {
    const inputs = pickInputs(news);
    const { userArn } = inputs;
    const request = {
      userArn,
      owner: ownerOf(inputs),
      intentAt: () => intentOfCreation(inputs),
      patience: this.#world.patience.newUser,
    };
    return this.#attempt(`Can't make access keys for ${userArn}`, inputs, this.runOf(news), async (dependencies) => {
      const done = await rotate(request, dependencies);
      this.#lives(done.keys);
      const { pending, unmanaged } = done;
      const outputs = toOutputs(inputs, done.keys, { pending, unmanaged: idsOf(unmanaged) });
      return this.#answered(inputs, answer(outputs), done, []);
    });
  }

  /** @param latest the inputs of the last run, where the mount is told them: of sessions, the newest is there */
  async read(olds: Props, latest: Props = olds): Promise<Answer> {
    const inputs = pickInputs(olds);
    const { userArn } = inputs;
    const recorded = toManagedKeys(olds);
    const signed = signedLike(inputs, latest);
    return this.#attemptRecorded(`Can't read the access keys of ${userArn}`, signed, async (dependencies) => {
      const { keys, drift, unmanaged } = await readDrift(userArn, recorded, dependencies);
      const known = toUnmanaged(olds);
      const notes = { drift, answered: toAnswered(olds), unmanaged: unmanaged ? idsOf(unmanaged) : known };
      const outputs = toOutputs(inputs, keys, { ...notes, pending: toPending(olds) });
      // What was recorded of a key that has another fate by now is no longer true.
      const isSame = sameValue(keys, recorded);
      const isOfPrevious = ({ what }: { what: string }) => what === "retirement";
      if (!isSame) {
        const now = foresee(outputs, inputs, this.#now()).outputs.pending;
        const others = toPending(olds).filter((wait) => !isOfPrevious(wait));
        outputs.pending = [...others, ...(Array.isArray(now) ? now.filter(isOfPrevious) : [])];
      }
      return answer(outputs, { messages: told(inputs, newcomers(unmanaged ?? [], known)) });
    });
  }

  async update(olds: Props, given: Props): Promise<Answer> {
    const news = this.#inherit(olds, given);
    const foreseen = this.foreseeUpdate(olds, given);
    if (foreseen.changes !== "work") return { ...foreseen, messages: [] };
    const before = pickInputs(olds);
    const { userArn } = news;
    const recorded = toManagedKeys(olds);
    const change = { olds: before, answered: toAnswered(olds), news, published: this.runOf(given).published };
    const request = {
      userArn,
      owner: ownerOf(news),
      recorded,
      recordedArn: before.userArn,
      intentAt: (now: Date) => intentOf(change, recorded, now),
      // A user renamed or moved a moment ago may be known by its old ARN for some seconds.
      patience: before.userArn === userArn ? 0 : this.#world.patience.newUser,
    };
    const attempted = `Can't rotate the access keys of ${userArn}`;
    const said = await this.#attempt(attempted, news, this.runOf(given), async (dependencies) => {
      const done = await rotate(request, dependencies);
      this.#compareClocks(dependencies);
      this.#lives(done.keys);
      const { keys, pending, did } = done;
      const unmanaged = idsOf(done.unmanaged);
      const notes = { pending, unmanaged, drift: driftLeft(keys, done.observed) };
      const outputs = done.failure
        ? halfDone(olds, news, keys, did, notes)
        : withDerived(updated(olds, news, keys, notes), news, this.#now());
      const undone = done.failure ? ALL_UNDONE : undoneBy(pending, news);
      return this.#answered(news, answer(outputs, { undone }), done, toUnmanaged(olds));
    });
    const revokes = intentOf(change, recorded, this.#now()).revoke !== undefined;
    if (!revokes) return stamped(blockedIfAlone(said, foreseen, olds, news), this.runOf(given));
    return said.failure ? { ...said, failure: withWayOut(said.failure, userArn, recorded, said.did) } : said;
  }

  /** @param latest as in `read` */
  async delete(olds: Props, latest: Props = olds): Promise<Answer> {
    const inputs = signedLike(pickInputs(olds), latest);
    const recorded = toManagedKeys(olds);
    this.#living.delete(instanceOf(recorded.operationId));
    const held = [...this.#living.values()].flat();
    const go = (userArn: string) =>
      this.#attemptRecorded(
        `Can't delete the access keys of ${userArn}`,
        { ...inputs, userArn },
        async (dependencies) => {
          const did = await destroy(userArn, ownerOf(inputs), recorded, held, dependencies);
          return answer(undefined, { did, messages: told(inputs, doneMessages(did)) });
        },
      );
    const said = await go(inputs.userArn);
    // Nobody can correct the ARN of a resource that is no longer in the program; its keys tell it exactly.
    const { failure } = said;
    return failure instanceof Renamed && parseUserArn(failure.where) ? go(failure.where) : said;
  }

  #now(): Date {
    return this.#world.clock.now();
  }

  /** Renamed or moved, a resource is the owner that it was: the tag on the user names that one. */
  #inherit(olds: Props, news: Props): Inputs {
    return pickInputs({ ...news, journalOwner: pickInputs(olds).journalOwner ?? news.journalOwner });
  }

  /** What is decided goes by AWS's clock, and what a preview shows by this machine's. */
  #compareClocks({ iam, say }: Dependencies): void {
    const ahead = this.#now().getTime() - iam.time().getTime();
    if (Math.abs(ahead) < 5 * 60_000) return;
    say(
      `this machine's clock is ${inWords(Math.abs(ahead))} ${ahead > 0 ? "ahead of" : "behind"} AWS's, by which the rotation goes: previews are wrong by that.`,
      "warning",
    );
  }

  #lives(keys: ManagedKeys): void {
    this.#living.set(instanceOf(keys.operationId), managedIds(keys));
  }

  #whichUser(before: Inputs, after: Inputs, { userId }: ManagedKeys): Promise<UserChange> {
    return whichUser(before.userArn, after.userArn, userId, (userArn) =>
      openSession(this.#world, this.#config, { ...after, userArn }).iam.getUser(),
    );
  }

  #answered(inputs: Inputs, said: Answer, { did, why, unmanaged, failure }: Rotated, known: string[]): Answer {
    const until = said.outputs?.previousUntil;
    const messages = [...doneMessages(did, { why, until }), ...newcomers(unmanaged, known)];
    return { ...said, did, messages: told(inputs, messages), ...(failure && { failure }) };
  }

  /** With the credentials of today's program. */
  async #attempt(
    attempted: string,
    inputs: Inputs,
    { urn }: RunInfo,
    work: (dependencies: Dependencies) => Promise<Answer>,
  ): Promise<Answer> {
    return this.#inTurn(attempted, inputs, () => work(openSession(this.#worldOf(inputs, urn), this.#config, inputs)));
  }

  /** With recorded credentials, which may be out of date. */
  async #attemptRecorded(
    attempted: string,
    inputs: Inputs,
    work: (dependencies: Dependencies) => Promise<Answer>,
  ): Promise<Answer> {
    return this.#inTurn(attempted, inputs, () => withFallback(this.#worldOf(inputs), this.#config, inputs, work));
  }

  /** What is said while it works names the user. */
  #worldOf({ userArn }: Inputs, urn?: string): World {
    const say = (text: string, severity: Message["severity"] = "info") =>
      this.#world.say(`${userArn}: ${text}`, severity, urn);
    return { ...this.#world, say };
  }

  async #inTurn(attempted: string, { userArn }: Inputs, work: () => Promise<Answer>): Promise<Answer> {
    const user = parseUserArn(userArn);
    try {
      return await this.#queue.take(user ? userKey(user) : userArn, work);
    } catch (error) {
      return answer(undefined, { failure: explain(attempted, userArn, error) });
    }
  }
}

function signedLike({ login: _, awsProvider: __, ...inputs }: Inputs, latest: Props): Inputs {
  const { login, awsProvider } = pickInputs(latest);
  return { ...inputs, ...given({ login, awsProvider }) };
}

/** What concerns this user alone, and has changed nothing, leaves the resource as it is, and fails no other. */
function blockedIfAlone(said: Answer, foreseen: Foreseen, olds: Props, news: Inputs): Answer {
  const { failure } = said;
  if (said.outputs || !(failure instanceof RotationError) || !failure.parts.because) return said;
  const { because, found, todo, accessKeyId } = failure.parts;
  const does = (did: Done["did"]) => foreseen.did.some((one) => one.did === did);
  const ends = does("deleted") || does("deactivated");
  const isAdoption = because === "state" || (does("adopted") && !does("made"));
  const what = isAdoption ? "adoption" : ends && !does("made") ? "retirement" : "rotation";
  const outputs = blockedOutputs(olds, news, blockedBy(what, because, found, todo, accessKeyId));
  return answer(outputs, { undone: ALL_UNDONE });
}

/** A program has to tell what was blocked in this run from what was recorded by an earlier one. */
function stamped(said: Answer, { id }: RunInfo): Answer {
  const { outputs } = said;
  return id && outputs && isBlocked(outputs.pending) ? { ...said, outputs: { ...outputs, blockedIn: id } } : said;
}

function told({ userArn }: Inputs, messages: Message[], { urn }: RunInfo = {}): Message[] {
  const name = urn?.split("::").slice(3).join("::");
  const who = hasUnknowns(userArn) ? `${name ? `${name}, ` : ""}a user that is still to be made` : userArn;
  return messages.map((message) => ({ ...message, text: `${who}: ${message.text}` }));
}

function doneMessages(did: Done[], about: Parameters<typeof doneInWords>[1] = {}): Message[] {
  return did.length > 0 ? [{ severity: "info", text: doneInWords(did, about) }] : [];
}

/** Keys that are unmanaged, and were not known yet. */
function newcomers(unmanaged: FoundKey[], known: string[]): Message[] {
  const news = unmanaged.filter(({ accessKeyId }) => !known.includes(accessKeyId));
  return news.length > 0 ? [{ severity: "warning", text: unmanagedInWords(news) }] : [];
}

function idsOf(keys: FoundKey[]): string[] {
  return keys.map(({ accessKeyId }) => accessKeyId);
}
