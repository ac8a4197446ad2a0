import { afterAdoption } from "../decide/adoption";
import { LONGEST_OPERATION } from "../decide/judge";
import type { Entry, Found, Step } from "../decide/plan";
import { type RotatedKey, timestamp } from "../model/accessKey";
import { explain, RotationError } from "../model/errors";
import { formatJournal, instanceOf, type Journal, parseJournal } from "../model/journal";
import { type ManagedKeys, managedIds, managedKeys, withCurrent, without } from "../model/managedKeys";
import { poll } from "./clock";
import { createKey, deleteKey } from "./createKey";
import type { Dependencies } from "./dependencies";
import { mustBeAccepted, notAccepted, tryAdoptedKeys, tryOnce, untilAccepted } from "./tryKey";

/** A step failed: what the earlier ones did stays done, and `keys` are the managed keys as they are now. */
export class StepFailure extends Error {
  override readonly name = "StepFailure";
  constructor(
    readonly keys: ManagedKeys,
    /** Whether a new key was made, and is kept. */
    readonly made: boolean,
    readonly step: Step,
    override readonly cause: Error,
  ) {
    super(cause.message, { cause });
  }
}

/** How long after it began an operation may still make a key, in milliseconds: the rest is for that call and what follows. */
const LATEST_KEY = LONGEST_OPERATION / 2;

/** How long a look at the tag counts, in milliseconds. */
const A_WHILE = 1_000;

/** What is rotated, by whom, and what was found before. */
export interface Operation {
  userArn: string;
  owner: string;
  found: Found;
}

/** Runs the steps in their order, and knows after each which keys are ours. */
export async function runSteps(
  steps: Step[],
  start: ManagedKeys,
  operation: Operation,
  dependencies: Dependencies,
): Promise<ManagedKeys> {
  const run = new Run(start, operation, dependencies);
  for (const step of steps) {
    try {
      await run.step(step);
    } catch (error) {
      const reason = await run.end(step, error);
      const { userArn } = operation;
      const cause = explain(`Can't ${inWords(step)} of ${userArn}`, userArn, reason);
      throw new StepFailure(run.keys, run.hasMade, step, cause);
    }
  }
  return run.keys;
}

class Run {
  keys: ManagedKeys;
  /** As it stands in the tag, as far as this run has written it. */
  #journal: Journal | undefined;
  /** Whether the tag was seen to be still this operation's, and nothing has taken long since. */
  #confirmed = true;
  #freedSlot = false;
  /** An older key was deleted after the new one was made. */
  #hasDeletedSince = false;
  /** A key whose secret nobody has may be there: the journal stays open until the next run has looked. */
  #doubt = false;
  #made: { key: RotatedKey; keysBefore: ManagedKeys } | undefined;
  readonly #start: ManagedKeys;
  readonly #operation: Operation;
  readonly #dependencies: Dependencies;

  constructor(start: ManagedKeys, operation: Operation, dependencies: Dependencies) {
    this.keys = start;
    this.#start = start;
    this.#operation = operation;
    this.#dependencies = dependencies;
  }

  get hasMade(): boolean {
    return this.#made !== undefined;
  }

  async step(step: Step): Promise<void> {
    if (await this.#dependencies.engine.isGone()) throw new Abandoned(this.#operation.userArn);
    switch (step.do) {
      case "forget":
        this.keys = without(this.keys, step.accessKeyId);
        return;
      case "adopt":
        this.keys = afterAdoption(this.keys, step);
        return;
      case "tryAdopted":
        return tryAdoptedKeys(step.keys, this.#dependencies);
      case "open":
        return this.#open(step.entry);
      case "makeRoom":
        return this.#delete(step.accessKeyId);
      case "discard":
      case "delete":
        await this.#confirm();
        return this.#delete(step.accessKeyId);
      case "create":
        return this.#create(step);
      case "tryCurrent":
        return this.#tryCurrent(step.required === true);
      case "close":
        return this.#close(step.phase);
      case "settle":
        return this.#write(step.journal);
    }
  }

  async #open(entry: Entry): Promise<void> {
    const { iam, engine } = this.#dependencies;
    const instance = instanceOf(this.#start.operationId) || engine.newId();
    const operationId = `${instance}-${engine.newId()}`;
    const journal: Journal = {
      ...entry,
      phase: "open",
      at: timestamp(iam.time()),
      owner: this.#operation.owner,
      operationId,
    };
    this.#confirmed = false;
    await this.#write(journal);
    this.#journal = journal;
  }

  async #delete(accessKeyId: string): Promise<void> {
    await deleteKey(accessKeyId, this.#operation.found.userId, this.#dependencies.iam);
    this.keys = without(this.keys, accessKeyId);
    this.#freedSlot = true;
    if (this.#made) this.#hasDeletedSince = true;
    // A lost key that is gone needs no name any more.
    if (this.#journal?.made === accessKeyId) this.#journal = { ...this.#journal, made: "" };
  }

  async #create(step: Extract<Step, { do: "create" }>): Promise<void> {
    const making = {
      freedSlot: this.#freedSlot,
      requireTime: () => this.#requireTime(),
      onDoubt: () => {
        this.#doubt = true;
      },
    };
    // The look at the tag costs no time here, and comes before the key's name goes into it; unless the key took long.
    const begun = this.#dependencies.clock.now().getTime();
    const [creation, look] = await Promise.allSettled([createKey(step, making, this.#dependencies), this.#confirm()]);
    if (creation.status === "rejected") throw creation.reason;
    const key = creation.value;
    this.#made = { key, keysBefore: this.keys };
    this.keys = withCurrent(this.keys, key, step.previousId, key.createdAt);
    if (this.#journal) this.#journal = { ...this.#journal, made: key.accessKeyId, ...(this.#doubt && { doubt: true }) };
    if (look.status === "rejected") throw look.reason;
    if (this.#dependencies.clock.now().getTime() - begun > A_WHILE) this.#confirmed = false;
  }

  /** The first trial is side by side with what has to be written or looked at before the next step. */
  async #tryCurrent(required: boolean): Promise<void> {
    const { current, retired } = this.keys;
    if (!current) return;
    const [refusal] = await Promise.all([tryOnce(current, this.#dependencies), this.#nameMade()]);
    // Time has passed since the last look, or will, and what comes next deletes.
    if (this.#made && (required || refusal !== undefined)) this.#confirmed = false;
    if (refusal === undefined) return;
    const refused = await untilAccepted(current, this.#dependencies);
    if (refused === undefined) return;
    if (required) throw mustBeAccepted(current, retired, refused, this.#dependencies);
    this.#dependencies.say(notAccepted(current, this.#operation.userArn, refused, this.#dependencies));
  }

  /** Names the key in the tag. If that fails, the key is refused by name should this run die: no reason to give it up. */
  async #nameMade(): Promise<void> {
    await this.#confirm();
    if (this.#made && this.#journal) await this.#write(this.#journal).catch(() => {});
  }

  async #close(phase: "done" | "void"): Promise<void> {
    const { owner, found } = this.#operation;
    const journal = this.#journal ?? {
      kind: "delete" as const,
      at: timestamp(this.#dependencies.iam.time()),
      owner,
      operationId: this.#start.operationId ?? this.#dependencies.engine.newId(),
      strangers: found.keys.map((key) => key.accessKeyId),
    };
    // From here on the keys count as handed out: if the tag can't be written, this id tells the next run so.
    this.keys = { ...this.keys, operationId: journal.operationId };
    if (phase === "void") this.#confirmed = false;
    await this.#confirm();
    await this.#write({ ...journal, phase });
  }

  /** @throws Overtaken if the tag is not as this operation left it, or, before it wrote any, as it was found */
  async #confirm(): Promise<void> {
    if (this.#confirmed) return;
    const { iam, clock, patience } = this.#dependencies;
    const before = this.#operation.found.journal?.operationId;
    const own = this.#journal?.operationId ?? before;
    let seen: Journal | undefined;
    await poll(clock, patience.staleTag, async () => {
      const user = await iam.getUser();
      if (user.userId !== this.#operation.found.userId)
        throw new Overtaken(`another user (UserId ${user.userId}) took the name`);
      seen = parseJournal(user.journal);
      // What was there before this operation wrote may be a stale read.
      return seen?.operationId === own || seen?.operationId !== before || undefined;
    });
    if (seen?.operationId !== own) {
      const rival = seen && `operation ${seen.operationId} of owner ${seen.owner} began`;
      throw new Overtaken(rival ?? "the tag on the user was removed");
    }
    this.#confirmed = true;
  }

  /**
   * After a failure: undoes what was handed to nobody, or says in the journal how it ended, where that is known.
   * @returns the failure; or, if another run was the reason, that
   */
  async end(failed: Step, error: unknown): Promise<unknown> {
    if (error instanceof Overtaken) return this.#giveWay(error);
    const journal = this.#journal;
    const mayHaveLost = !this.#made && (this.#doubt || Boolean(journal?.made));
    if (!journal || error instanceof Abandoned || mayHaveLost) return error;
    const hasChanged = String(managedIds(this.keys)) !== String(managedIds(this.#start));
    if (hasChanged) this.keys = { ...this.keys, operationId: journal.operationId };
    const { operationId } = this.keys;
    const ended: Journal = { ...journal, ...(operationId ? { phase: "done", operationId } : { phase: "void" }) };
    try {
      if (failed.do === "close") throw error;
      this.#confirmed = false;
      await this.#confirm();
      await this.#write(ended);
    } catch (reason) {
      if (reason instanceof Overtaken) return this.#giveWay(reason);
      if (operationId === journal.operationId) this.keys = { ...this.keys, journalOpen: true };
    }
    return error;
  }

  /** Another run is at work: the key that this one made is handed to nobody, and all else is left to that run. */
  async #giveWay(reason: Overtaken): Promise<Overtaken> {
    const { operationId } = this.#start;
    // What older keys gave way to is all that works.
    if (!this.#made || this.#hasDeletedSince) {
      this.keys = managedKeys({ ...this.keys, operationId });
      return reason;
    }
    const { key, keysBefore } = this.#made;
    this.#made = undefined;
    this.keys = keysBefore;
    try {
      await deleteKey(key.accessKeyId, this.#operation.found.userId, this.#dependencies.iam);
    } catch {
      // Nobody else knows it: the next update deletes it.
      this.keys = { ...keysBefore, retired: [...keysBefore.retired, key.accessKeyId] };
    }
    return reason;
  }

  /** A key made when others believe that this operation has ended would be in their way. */
  #requireTime(): void {
    const begun = Date.parse(this.#journal?.at ?? "");
    if (!(this.#dependencies.iam.time().getTime() - begun > LATEST_KEY)) return;
    throw new RotationError({
      asked: "Can't make a new access key",
      found: `the steps before it took more than ${LATEST_KEY / 60_000} minutes, and no key is made so late.`,
      todo: "AWS answers slowly just now, or the machine has slept. Run again.",
    });
  }

  async #write(journal: Journal): Promise<void> {
    await this.#dependencies.iam.writeJournal(formatJournal(journal));
  }
}

/** The engine was killed, and nobody is left to save what would be made. */
class Abandoned extends RotationError {
  constructor(userArn: string) {
    super({
      asked: `Stopped working on the access keys of ${userArn}`,
      found: "the Pulumi engine that asked for it is gone.",
      todo: "Run again: what was left is found and cleaned up.",
    });
  }
}

/** Two runs at once, neither of which could see the other when it began. */
class Overtaken extends RotationError {
  constructor(what: string) {
    super({
      asked: "Stopped half-way",
      found: `${what} while this run was at work.`,
      todo: "No key of the other was touched; a key that this one had made is deleted again. Rotate a user in one place only; then run again.",
    });
  }
}

function inWords(step: Step): string {
  switch (step.do) {
    case "delete":
    case "discard":
    case "makeRoom":
      return `delete the access key ${step.accessKeyId}`;
    case "tryAdopted":
      return `adopt the access key ${step.keys.map((key) => key.accessKeyId).join(" and ")}`;
    case "create":
      return "make a new access key";
    case "open":
    case "close":
    case "settle":
      return "write the journal, a tag on the user, for the access keys";
    case "tryCurrent":
      return "retire the older access keys";
    default:
      return "take over the access keys";
  }
}
