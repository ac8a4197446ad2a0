import { afterAdoption } from "../decide/adoption";
import type { Step } from "../decide/plan";
import { type FoundKey, listKeys, type RotatedKey, timestamp } from "../model/accessKey";
import { explain, RotationError } from "../model/errors";
import type { Journal } from "../model/journal";
import { type ManagedKeys, managedIds, managedKeys, withCurrent, without } from "../model/managedKeys";
import { createKey, deactivateKey, deleteKey, requireDeactivation } from "./createKey";
import type { Dependencies } from "./dependencies";
import { type Operation, Overtaken, OwnTag } from "./ownTag";
import { inWords } from "./stepWords";
import { maySign, mustBeAccepted, notAccepted, tryAdoptedKeys, tryOnce, untilAccepted } from "./tryKey";

/** A step failed: what the earlier ones did stays done, and `keys` are the managed keys as they are now. */
export class StepFailure extends Error {
  override readonly name = "StepFailure";
  constructor(
    readonly keys: ManagedKeys,
    /** What is done: a new key was made, and is kept; keys were adopted. */
    readonly did: { made: boolean; adopted: boolean },
    readonly step: Step,
    override readonly cause: Error,
  ) {
    super(cause.message);
  }
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
      // Nobody hears from this process any more.
      if (reason instanceof Abandoned) dependencies.engine.leave();
      const cause = explain(`Can't ${inWords(step)} of ${userArn}`, userArn, reason);
      throw new StepFailure(run.keys, run.did, step, cause);
    }
  }
  return run.keys;
}

class Run {
  keys: ManagedKeys;
  #freedSlot = false;
  #hasAdopted = false;
  /** An older key was deleted after the new one was made. */
  #hasDeletedSince = false;
  /** A key whose secret nobody has may be there: the journal stays open until the next run has looked. */
  #doubt = false;
  #made: { key: RotatedKey; keysBefore: ManagedKeys } | undefined;
  readonly #tag: OwnTag;
  readonly #start: ManagedKeys;
  readonly #operation: Operation;
  readonly #dependencies: Dependencies;

  constructor(start: ManagedKeys, operation: Operation, dependencies: Dependencies) {
    this.keys = start;
    this.#tag = new OwnTag(operation, start.operationId, dependencies);
    this.#start = start;
    this.#operation = operation;
    this.#dependencies = dependencies;
  }

  get did() {
    return { made: this.#made !== undefined, adopted: this.#hasAdopted };
  }

  async step(step: Step): Promise<void> {
    if (await this.#dependencies.engine.isGone()) throw new Abandoned(this.#operation.userArn);
    switch (step.do) {
      case "forget":
        this.keys = without(this.keys, step.accessKeyId);
        return;
      case "adopt":
        this.keys = afterAdoption(this.keys, step);
        this.#hasAdopted = true;
        return;
      case "tryAdopted":
        return tryAdoptedKeys(step.keys, this.#operation.found.userId, this.#dependencies);
      case "open": {
        await this.#tag.open(step.entry);
        const { journalOpen: _, ...keys } = this.keys;
        this.keys = keys;
        return;
      }
      case "makeRoom":
        return this.#delete(step.accessKeyId);
      case "discard":
      case "delete":
        await this.#lookAround();
        return this.#delete(step.accessKeyId);
      case "signByCurrent":
        return this.#signByCurrent();
      case "mayDeactivate":
        return requireDeactivation(this.#operation.found.userId, this.#dependencies.iam);
      case "deactivate":
        await this.#lookAround();
        return this.#deactivate(step.accessKeyId);
      case "wake":
        this.keys = { ...this.keys, retirement: { activatedAgain: true } };
        return;
      case "create":
        return this.#create(step);
      case "tryCurrent":
        return this.#tryCurrent(step.required === true);
      case "close":
        // From here on the keys count as handed out: if the tag can't be written, this id tells the next run so.
        this.keys = { ...this.keys, operationId: this.#tag.operationId };
        if (step.phase === "void") this.#tag.lookAgain();
        await this.#lookAround();
        return this.#tag.close(step.phase, step.last);
      case "settle":
        return this.#tag.write(step.journal);
    }
  }

  async #delete(accessKeyId: string): Promise<void> {
    await deleteKey(accessKeyId, this.#operation.found.userId, this.#dependencies.iam);
    this.keys = without(this.keys, accessKeyId);
    this.#freedSlot = true;
    if (this.#made) this.#hasDeletedSince = true;
    // A lost key that is gone needs no name any more.
    if (this.#tag.journal?.made === accessKeyId) this.#tag.note({ made: "" });
  }

  async #signByCurrent(): Promise<void> {
    const { current, retired } = this.keys;
    if (!current?.secretAccessKey) return;
    const refused = await untilAccepted(current, this.#dependencies, 0);
    if (refused !== undefined) throw mustBeAccepted(current, retired, refused, this.#dependencies);
    const { accessKeyId, secretAccessKey } = current;
    const iam = this.#dependencies.signedBy({ accessKeyId, secretAccessKey });
    if (!(await maySign(iam, this.#dependencies))) throw mustBeAccepted(current, retired, "by IAM", this.#dependencies);
    this.#dependencies.iam = iam;
    this.#tag.lookAgain();
  }

  async #deactivate(accessKeyId: string): Promise<void> {
    const { iam } = this.#dependencies;
    const isThere = await deactivateKey(accessKeyId, this.#operation.found.userId, iam);
    this.keys = isThere
      ? { ...this.keys, retirement: { deactivatedAt: timestamp(iam.time()) } }
      : without(this.keys, accessKeyId);
  }

  async #create(step: Extract<Step, { do: "create" }>): Promise<void> {
    const making = {
      freedSlot: this.#freedSlot,
      begun: Date.parse(this.#tag.journal?.at ?? ""),
      onDoubt: () => {
        this.#doubt = true;
      },
    };
    const key = await createKey(step, making, this.#dependencies);
    this.#made = { key, keysBefore: this.keys };
    this.keys = withCurrent(this.keys, key, step.previousId, key.createdAt);
    this.#tag.note({ made: key.accessKeyId, ...(this.#doubt && { doubt: true }) });
    this.#tag.lookAgain();
  }

  /** The look around costs no time beside the trial; where AWS does not know the key yet, nor does its name in the tag. */
  async #tryCurrent(required: boolean): Promise<void> {
    const { current, retired } = this.keys;
    if (!current) return;
    const [first] = await Promise.all([tryOnce(current, this.#dependencies), this.#lookAround()]);
    if (first === undefined) return;
    const [refused] = await Promise.all([untilAccepted(current, this.#dependencies), this.#nameMade()]);
    this.#tag.lookAgain();
    if (refused === undefined) return;
    if (required) throw mustBeAccepted(current, retired, refused, this.#dependencies);
    this.#dependencies.say(notAccepted(current, this.#operation.userArn, refused, this.#dependencies));
  }

  /**
   * Another run may have begun and ended between our first look and our writing, which then covers its journal: the list
   * tells. Whose a key is that appeared meanwhile nobody can tell, so this run gives way.
   */
  async #lookAround(): Promise<void> {
    if (this.#tag.isConfirmed || !this.#made) return this.#tag.confirm();
    const [appeared] = await Promise.all([this.#appeared(), this.#tag.confirm()]);
    if (appeared.length > 0) throw new Overtaken(`somebody made ${listKeys(appeared)}`);
  }

  /** Keys that were not there when this run began, and that it did not make. */
  async #appeared(): Promise<FoundKey[]> {
    const known = [...(this.#made ? [this.#made.key] : []), ...this.#operation.found.keys];
    const ids = known.map((key) => key.accessKeyId);
    return (await this.#dependencies.iam.listAccessKeys()).filter((key) => !ids.includes(key.accessKeyId));
  }

  /** If that fails, the key is refused by name should this run die: no reason to give it up. */
  async #nameMade(): Promise<void> {
    const { journal } = this.#tag;
    if (this.#made && journal) await this.#tag.write(journal).catch(() => {});
  }

  /**
   * After a failure: undoes what was handed to nobody, or says in the journal how it ended, where that is known.
   * @returns the failure; or, if another run was the reason, that
   */
  async end(failed: Step, error: unknown): Promise<unknown> {
    const { journal } = this.#tag;
    if (error instanceof Overtaken || error instanceof Abandoned) return this.#giveWay(error);
    const mayHaveLost = !this.#made && (this.#doubt || Boolean(journal?.made));
    if (!journal || mayHaveLost) return error;
    const hasChanged = String(managedIds(this.keys)) !== String(managedIds(this.#start));
    if (hasChanged) this.keys = { ...this.keys, operationId: journal.operationId };
    // What has done nothing leaves the tag as it was found.
    const { found } = this.#operation;
    const ended: Journal = hasChanged
      ? { ...journal, phase: "done" }
      : (found.journal ?? { ...journal, phase: "void", made: "" });
    try {
      if (failed.do === "close") throw error;
      this.#tag.lookAgain();
      await this.#tag.confirm();
      // A key that appeared meanwhile may be of a run whose journal this one wrote over: the tag has it asked about.
      const appeared = await this.#appeared().catch(() => undefined);
      const isSure = appeared?.length === 0;
      if (!hasChanged && !isSure) return error;
      await this.#tag.write(isSure ? ended : { ...ended, doubt: true });
    } catch (reason) {
      if (reason instanceof Overtaken) return this.#giveWay(reason);
      if (this.keys.operationId === journal.operationId) this.keys = { ...this.keys, journalOpen: true };
    }
    return error;
  }

  /** Whether one of these keys worked when this run began. */
  #works({ current, previous }: ManagedKeys): boolean {
    const ids = [current?.accessKeyId, previous?.accessKeyId];
    return this.#operation.found.keys.some((key) => key.status === "Active" && ids.includes(key.accessKeyId));
  }

  /** The key that this run made is handed to nobody, and all else is left to who is at work, or comes next. */
  async #giveWay(reason: RotationError): Promise<RotationError> {
    const { operationId } = this.#start;
    // What older keys gave way to may be all that works.
    const madeRoom = this.#works(this.#start) && this.#made && !this.#works(this.#made.keysBefore);
    if (!this.#made || this.#hasDeletedSince || madeRoom) {
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
