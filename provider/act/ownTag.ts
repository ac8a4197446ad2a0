import { isDeepStrictEqual } from "node:util";
import type { Entry, Observed } from "../decide/plan";
import { timestamp } from "../model/accessKey";
import { RotationError } from "../model/errors";
import { formatJournal, instanceOf, type Journal, parseJournal } from "../model/journal";
import { poll } from "./clock";
import type { Dependencies } from "./dependencies";

/** What is rotated, by whom, and what was found before. */
export interface Operation {
  userArn: string;
  owner: string;
  observed: Observed;
}

/** Two runs at once, neither of which could see the other when it began. */
export class Overtaken extends RotationError {
  constructor(what: string) {
    super({
      attempted: "Stopped half-way",
      found: `${what} while this run was at work.`,
      todo: "No key of the other was touched; a key that this run had made is deleted again, unless older ones had gone for it. Rotate a user in one place only; then run again.",
    });
  }
}

/** A run can't end between two calls that lie no further apart than this, in milliseconds, without being seen. */
const BLINK = 2_000;

/** The journal of one operation on the user's tag, for as long as the tag is this operation's own. */
export class OwnTag {
  /** As this operation has written it, or is about to. */
  journal: Journal | undefined;
  /** Whether the tag was seen to be its own, and nothing has taken long since. */
  #isConfirmed = true;

  constructor(
    readonly operation: Operation,
    readonly startId: string | undefined,
    readonly dependencies: Dependencies,
  ) {}

  async open(entry: Entry): Promise<void> {
    const { iam, engine } = this.dependencies;
    const operationId = `${instanceOf(this.startId) || engine.newId()}-${engine.newId()}`;
    const { owner } = this.operation;
    const journal: Journal = { ...entry, phase: "open", at: timestamp(iam.time()), owner, operationId };
    this.#isConfirmed = false;
    if (entry.made) return this.#openOver(journal, entry.made);
    await this.write(journal);
    this.journal = journal;
  }

  /**
   * Over the journal of a run that counts as dead, and whose key is about to be discarded: it may have ended well since we
   * looked, and covered by what is written here nobody would know.
   */
  async #openOver(journal: Journal, made: string): Promise<void> {
    const { iam, clock } = this.dependencies;
    const seen = parseJournal((await iam.getUser()).journal);
    if (!isDeepStrictEqual(seen, this.operation.observed.journal))
      throw new Overtaken("the tag on the user was written");
    const begun = clock.now().getTime();
    await this.write(journal);
    this.journal = journal;
    if (clock.now().getTime() - begun <= BLINK) return;
    // Then the key is asked about, and not taken for lost.
    this.note({ made: "", doubt: true });
    await this.write({ ...journal, made: "", doubt: true });
    throw new Overtaken(`the operation that made ${made} may have ended while AWS wrote the tag, which took long,`);
  }

  /** This operation's id; of a destroy, which opens no journal, that of the state. */
  get operationId(): string {
    return this.journal?.operationId ?? this.startId ?? "destroyed";
  }

  /** Says that the operation has ended. */
  async close(phase: "done" | "void", last?: string): Promise<void> {
    const journal = this.journal ?? {
      kind: "delete" as const,
      at: timestamp(this.dependencies.iam.time()),
      owner: this.operation.owner,
      operationId: this.operationId,
      strangers: [],
      ...(last && { made: last }),
    };
    await this.write({ ...journal, phase });
  }

  get isConfirmed(): boolean {
    return this.#isConfirmed;
  }

  note(parts: Partial<Journal>): void {
    if (this.journal) this.journal = { ...this.journal, ...parts };
  }

  async write(journal: Journal): Promise<void> {
    await this.dependencies.iam.writeJournal(formatJournal(journal));
  }

  /** Time has passed: what was seen counts no more. */
  lookAgain(): void {
    this.#isConfirmed = false;
  }

  /** @throws Overtaken if the tag is not as this operation left it, or, before it wrote any, as it was found */
  async confirm(): Promise<void> {
    if (this.#isConfirmed) return;
    const { iam, clock, patience } = this.dependencies;
    const { userId, journal } = this.operation.observed;
    const before = journal?.operationId;
    const own = this.journal?.operationId ?? before;
    let seen: Journal | undefined;
    await poll(clock, patience.staleTag, async () => {
      const user = await iam.getUser();
      if (user.userId !== userId) throw new Overtaken(`another user (UserId ${user.userId}) took the name`);
      seen = parseJournal(user.journal);
      // What was there before this operation wrote may be a stale read.
      return seen?.operationId === own || seen?.operationId !== before || undefined;
    });
    if (seen?.operationId !== own) {
      const rival = seen && `operation ${seen.operationId} of owner ${seen.owner} began`;
      throw new Overtaken(rival ?? "the tag on the user was removed");
    }
    this.#isConfirmed = true;
  }
}
