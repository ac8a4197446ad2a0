import { apply, type Done, doneBy, type Result } from "../decide/apply";
import type { Step } from "../decide/plan";
import { type FoundKey, listKeys, timestamp } from "../model/accessKey";
import { explain, RotationError } from "../model/errors";
import type { Journal } from "../model/journal";
import { type ManagedKeys, managedIds, managedKeys } from "../model/managedKeys";
import { createKey, deactivateKey, deleteKey, requireDeactivation } from "./createKey";
import type { Dependencies } from "./dependencies";
import { type Operation, Overtaken, OwnTag } from "./ownTag";
import { inWords } from "./stepWords";
import { maySign, mustBeAccepted, notAccepted, tryAdoptedKeys, tryOnce, untilAccepted } from "./tryKey";

/** How far the steps came. */
export interface Ran {
  /** The managed keys as they are now. */
  keys: ManagedKeys;
  did: Done[];
  /** The step that failed, and why: what the earlier ones did stays done. */
  failure?: { step: Step; cause: Error };
}

/** Runs the steps in their order, and knows after each which keys are ours. */
export async function runSteps(
  steps: Step[],
  start: ManagedKeys,
  operation: Operation,
  dependencies: Dependencies,
): Promise<Ran> {
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
      return { keys: run.keys, did: run.did, failure: { step, cause } };
    }
  }
  return { keys: run.keys, did: run.did };
}

class Run {
  keys: ManagedKeys;
  did: Done[] = [];
  #freedSlot = false;
  /** An older key was deleted after the new one was made. */
  #hasDeletedSince = false;
  /** A key whose secret nobody has may be there: the journal stays open until the next run has looked. */
  #doubt = false;
  #made: { accessKeyId: string; keysBefore: ManagedKeys } | undefined;
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

  async step(step: Step): Promise<void> {
    if (await this.#dependencies.engine.isGone()) throw new Abandoned(this.#operation.userArn);
    if (step.do === "close") return this.#close(step);
    const result = { at: timestamp(this.#dependencies.iam.time()), ...(await this.#perform(step)) };
    this.#note(step, result);
  }

  #note(step: Step, result: Result): void {
    this.keys = apply(this.keys, step, result);
    this.did.push(...doneBy(step, result));
  }

  /** What AWS has to do for a step. */
  async #perform(step: Step): Promise<Partial<Result> | undefined> {
    const { userId } = this.#operation.observed;
    const { iam } = this.#dependencies;
    switch (step.do) {
      case "tryAdopted":
        await tryAdoptedKeys(step.keys, userId, this.#dependencies);
        return undefined;
      case "open":
        await this.#tag.open(step.entry);
        return undefined;
      case "makeRoom":
        return this.#delete(step.accessKeyId);
      case "discard":
      case "delete":
        // It has made room already.
        if (step.do === "delete" && !managedIds(this.keys).includes(step.accessKeyId)) return { isGone: true };
        await this.#lookAround();
        return this.#delete(step.accessKeyId);
      case "signByCurrent":
        await this.#signByCurrent();
        return undefined;
      case "mayDeactivate":
        await requireDeactivation(userId, iam);
        return undefined;
      case "deactivate":
        await this.#lookAround();
        return { isGone: !(await deactivateKey(step.accessKeyId, userId, iam)), at: timestamp(iam.time()) };
      case "create":
        return this.#create(step);
      case "tryCurrent":
        await this.#tryCurrent(step.required === true);
        return undefined;
      case "outlast":
        await this.#outlast();
        return undefined;
      case "settle":
        await this.#tag.write(step.journal);
        return undefined;
      default:
        return undefined;
    }
  }

  async #close(step: Extract<Step, { do: "close" }>): Promise<void> {
    this.#note(step, { at: "", operationId: this.#tag.operationId });
    if (step.phase === "void") this.#tag.lookAgain();
    await this.#lookAround();
    await this.#tag.close(step.phase, step.last);
  }

  async #delete(accessKeyId: string): Promise<Partial<Result>> {
    const wasThere = await deleteKey(accessKeyId, this.#operation.observed.userId, this.#dependencies.iam);
    this.#freedSlot = true;
    if (this.#made) this.#hasDeletedSince = true;
    // A lost key that is gone needs no name any more.
    if (this.#tag.journal?.made === accessKeyId) this.#tag.note({ made: "" });
    return { isGone: !wasThere };
  }

  async #signByCurrent(): Promise<void> {
    const { current, toDelete } = this.keys;
    if (!current?.secretAccessKey) return;
    const refused = await untilAccepted(current, this.#dependencies, 0);
    if (refused !== undefined) throw mustBeAccepted(current, toDelete, refused, this.#dependencies);
    const { accessKeyId, secretAccessKey } = current;
    const iam = this.#dependencies.signedBy({ accessKeyId, secretAccessKey });
    if (!(await maySign(iam, this.#dependencies)))
      throw mustBeAccepted(current, toDelete, "by IAM", this.#dependencies);
    this.#dependencies.iam = iam;
    this.#tag.lookAgain();
  }

  async #create(step: Extract<Step, { do: "create" }>): Promise<Partial<Result>> {
    const room = step.ifFull?.find((id) => this.#operation.observed.keys.some(({ accessKeyId }) => accessKeyId === id));
    const making = {
      freedSlot: this.#freedSlot,
      begun: Date.parse(this.#tag.journal?.at ?? ""),
      onDoubt: () => {
        this.#doubt = true;
      },
      makeRoom: async () => {
        if (!room) return false;
        await this.#lookAround();
        const gone: Step = { do: "makeRoom", accessKeyId: room };
        this.#note(gone, { at: "", ...(await this.#delete(room)) });
        return true;
      },
    };
    const key = await createKey(step, making, this.#dependencies);
    this.#made = { accessKeyId: key.accessKeyId, keysBefore: this.keys };
    this.#tag.note({ made: key.accessKeyId, ...(this.#doubt && { doubt: true }) });
    this.#tag.lookAgain();
    return { key };
  }

  /** The look around costs no time beside the trial; where AWS does not know the key yet, nor does its name in the tag. */
  async #tryCurrent(required: boolean): Promise<void> {
    const { current, toDelete } = this.keys;
    if (!current) return;
    const [first] = await Promise.all([tryOnce(current, this.#dependencies), this.#lookAround()]);
    if (first === undefined) return;
    const [refused] = await Promise.all([untilAccepted(current, this.#dependencies), this.#nameMade()]);
    this.#tag.lookAgain();
    if (refused === undefined) return;
    if (required) throw mustBeAccepted(current, toDelete, refused, this.#dependencies);
    const text = notAccepted(current, this.#operation.userArn, refused, this.#dependencies);
    this.#dependencies.say(text, "warning");
  }

  /** The other resource's destroy may still read the tag as it was: until it can't, nothing is handed out. */
  async #outlast(): Promise<void> {
    const { clock, patience, iam, say } = this.#dependencies;
    say(`waits for ${patience.staleRead / 1000} s: another resource may still see this user as its own.`);
    await clock.sleep(patience.staleRead);
    this.#tag.lookAgain();
    await this.#tag.confirm();
    const there = (await iam.listAccessKeys()).map(({ accessKeyId }) => accessKeyId);
    const gone = managedIds(this.keys).filter((id) => !there.includes(id) && id !== this.#made?.accessKeyId);
    if (gone.length > 0) throw new Overtaken(`somebody deleted ${gone.join(" and ")}`);
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
    const known = [...this.#operation.observed.keys.map((key) => key.accessKeyId), this.#made?.accessKeyId];
    return (await this.#dependencies.iam.listAccessKeys()).filter((key) => !known.includes(key.accessKeyId));
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
    const hasChanged = this.did.some(({ lost }) => !lost);
    if (hasChanged) this.keys = { ...this.keys, operationId: journal.operationId };
    // What has done nothing leaves the tag as it was found.
    const { observed } = this.#operation;
    const ended: Journal = hasChanged
      ? { ...journal, phase: "done" }
      : (observed.journal ?? { ...journal, phase: "void", made: "" });
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
    return this.#operation.observed.keys.some((key) => key.status === "Active" && ids.includes(key.accessKeyId));
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
    const { accessKeyId, keysBefore } = this.#made;
    this.#made = undefined;
    this.keys = keysBefore;
    this.did = this.did.filter(({ did, as }) => did !== "made" && !(did === "kept" && as === "previous"));
    try {
      await deleteKey(accessKeyId, this.#operation.observed.userId, this.#dependencies.iam);
    } catch {
      // Nobody else knows it: the next update deletes it.
      this.keys = { ...keysBefore, toDelete: [...keysBefore.toDelete, accessKeyId] };
    }
    return reason;
  }
}

/** The engine was killed, and nobody is left to save what would be made. */
class Abandoned extends RotationError {
  constructor(userArn: string) {
    super({
      attempted: `Stopped working on the access keys of ${userArn}`,
      found: "the Pulumi engine that asked for it is gone.",
      todo: "Run again: what was left is found and cleaned up.",
    });
  }
}
