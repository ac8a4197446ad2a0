import { afterAdoption } from "../decide/adoption";
import type { Entry, Step } from "../decide/plan";
import { timestamp } from "../model/accessKey";
import { explain, RotationError } from "../model/errors";
import { formatJournal, instanceOf, type Journal, LONGEST_OPERATION, parseJournal } from "../model/journal";
import { type ManagedKeys, managedIds, withCurrent, without } from "../model/managedKeys";
import { createKey, deleteKey, isDoubtful } from "./createKey";
import type { Ports } from "./dependencies";
import { requireNewKey, tryAdoptedKeys, tryNewKey } from "./tryKey";

/** A step failed: what the earlier ones did stays done, and `keys` are the managed keys as they are now. */
export class StepFailure extends Error {
  override readonly name = "StepFailure";
  constructor(
    readonly keys: ManagedKeys,
    /** Whether a new key was made. */
    readonly made: boolean,
    override readonly cause: Error,
  ) {
    super(cause.message, { cause });
  }
}

/** How long after it began an operation may still make a key, in milliseconds: the rest is for that call and what follows. */
const LATEST_KEY = LONGEST_OPERATION / 2;

/** What is rotated, and by whom. */
export interface Operation {
  userArn: string;
  owner: string;
}

/** Runs the steps in their order, and knows after each which keys are ours. */
export async function applyPlan(
  steps: Step[],
  start: ManagedKeys,
  operation: Operation,
  ports: Ports,
): Promise<ManagedKeys> {
  const run = new Run(start, operation, ports);
  for (const group of sideBySide(steps)) {
    const ends = await Promise.allSettled(group.map((step) => run.step(step)));
    for (const [index, step] of group.entries()) {
      const end = ends[index];
      if (end?.status !== "rejected") continue;
      await run.settle(step, end.reason);
      throw new StepFailure(
        run.keys,
        run.made,
        explain(`Can't ${inWords(step)} of ${operation.userArn}`, operation.userArn, end.reason),
      );
    }
  }
  return run.keys;
}

/** Steps that don't wait for each other: a current that must work is tried while the journal is written. */
function sideBySide(steps: Step[]): Step[][] {
  const groups: Step[][] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (step.do === "tryCurrent" && last?.[0]?.do === "open") last.push(step);
    else groups.push([step]);
  }
  return groups;
}

class Run {
  keys: ManagedKeys;
  made = false;
  #journal: Journal | undefined;
  #freedSlot = false;
  readonly #start: ManagedKeys;
  readonly #operation: Operation;
  readonly #ports: Ports;

  constructor(start: ManagedKeys, operation: Operation, ports: Ports) {
    this.keys = start;
    this.#start = start;
    this.#operation = operation;
    this.#ports = ports;
  }

  async step(step: Step): Promise<void> {
    const { iam, runner } = this.#ports;
    const { userArn } = this.#operation;
    if (await runner.isAbandoned()) throw new Abandoned(userArn);
    switch (step.do) {
      case "forget":
        this.keys = without(this.keys, step.accessKeyId);
        return;
      case "adopt":
        this.keys = afterAdoption(this.keys, step);
        return;
      case "tryAdopted":
        return tryAdoptedKeys(step.keys, this.#ports);
      case "open":
        return this.#open(step.entry);
      case "discard":
      case "delete":
        await deleteKey(step.accessKeyId, iam);
        this.keys = without(this.keys, step.accessKeyId);
        this.#freedSlot = true;
        return;
      case "create": {
        this.#requireTime();
        const key = await createKey(step, this.#freedSlot, () => this.#isOurs(), this.#ports);
        this.keys = withCurrent(this.keys, key, step.previousId);
        this.made = true;
        return;
      }
      case "tryCurrent":
        if (!this.keys.current) return;
        return step.required
          ? requireNewKey(this.keys.current, this.keys.retired, this.#ports)
          : tryNewKey(this.keys.current, userArn, this.#ports);
      case "close":
        if (!this.#journal) this.#journal = this.#entry(step.entry);
        // From here on the keys count as handed out: if the tag can't be written, this id tells the next run so.
        this.keys = { ...this.keys, operationId: this.#journal.operationId };
        return this.#write({ ...this.#journal, ...step.entry });
    }
  }

  /** After a failure: says in the journal how it ended, where that is known. If even that fails, the next run finds out. */
  async settle(failed: Step, error: unknown): Promise<void> {
    const journal = this.#journal;
    if (!journal || failed.do === "open" || failed.do === "close") return;
    if (isDoubtful(error) || error instanceof Abandoned) return;
    const { operationId } = this.#start;
    if (this.#changed()) this.keys = { ...this.keys, operationId: journal.operationId };
    const closing: Journal = this.#changed()
      ? { ...journal, phase: "done" }
      : { ...journal, phase: operationId ? "done" : "void", operationId: operationId ?? journal.operationId };
    await this.#write(closing).catch(() => {});
  }

  /** A key made when others believe that this operation has ended would count as lost, and be deleted. */
  #requireTime(): void {
    const begun = Date.parse(this.#journal?.at ?? "");
    if (!(this.#ports.iam.time().getTime() - begun > LATEST_KEY)) return;
    throw new RotationError({
      asked: "Can't make a new access key",
      found: `the steps before it took more than ${LATEST_KEY / 60_000} minutes, and no key is made so late.`,
      todo: "AWS answers slowly just now, or the machine has slept. Run again.",
    });
  }

  #changed(): boolean {
    return String(managedIds(this.keys)) !== String(managedIds(this.#start));
  }

  async #open(entry: Entry): Promise<void> {
    const journal = this.#entry(entry);
    await this.#write(journal);
    this.#journal = journal;
  }

  #entry(entry: Entry): Journal {
    const { iam, runner } = this.#ports;
    const at = timestamp(iam.time());
    const instance = instanceOf(this.#start.operationId) || runner.newId();
    const operationId = `${instance}-${runner.newId()}`;
    return { ...entry, at, owner: this.#operation.owner, operationId, runner: runner.id };
  }

  async #write(journal: Journal): Promise<void> {
    const value = formatJournal(journal);
    if (value === undefined) {
      throw new RotationError({
        asked: "Can't keep the journal",
        found: `the user has ${journal.had.length} access keys, more than the tag on it can name.`,
        todo: "Nothing was changed. Delete keys that nobody uses, then run again.",
      });
    }
    await this.#ports.iam.writeJournal(value);
  }

  async #isOurs(): Promise<boolean> {
    const { journal } = await this.#ports.iam.getUser();
    return parseJournal(journal)?.operationId === this.#journal?.operationId;
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

function inWords(step: Step): string {
  switch (step.do) {
    case "delete":
    case "discard":
      return `delete the access key ${step.accessKeyId}`;
    case "tryAdopted":
      return `adopt the access key ${step.keys.map((key) => key.accessKeyId).join(" and ")}`;
    case "create":
      return "make a new access key";
    case "open":
    case "close":
      return "write the journal, a tag on the user, for the access keys";
    case "tryCurrent":
      return "retire the older access keys";
    default:
      return "take over the access keys";
  }
}
