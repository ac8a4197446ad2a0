import assert from "node:assert/strict";
import type { Dependencies } from "../../provider/act/dependencies";
import { PATIENCE } from "../../provider/act/dependencies";
import { destroy } from "../../provider/act/destroy";
import type { Engine } from "../../provider/act/engine";
import { type Rotated, rotate } from "../../provider/act/rotate";
import type { Intent } from "../../provider/decide/plan";
import { foresee } from "../../provider/lifecycle/foresee";
import { pickInputs } from "../../provider/lifecycle/record";
import { IamError } from "../../provider/model/errors";
import { formatJournal, type Journal, parseJournal } from "../../provider/model/journal";
import { type ManagedKeys, managedKeys } from "../../provider/model/managedKeys";
import type { Pending } from "../../provider/model/pending";
import { FakeClock, type Fault, MemoryIam, type MemoryKey } from "./aws/memoryIam";
import { type Props, type Stage, userArn } from "./stage";

const MINUTE = 60_000;
export const denied = (action: string) => new IamError("denied", `iam:${action}`, "AccessDenied", "not authorized");

/** What a preview says of such a change. */
export async function preview(stage: Stage, olds: Props, news: Props): Promise<string[]> {
  const before = stage.said;
  stage.said = [];
  await stage.provider.check(olds, { ...news, run: { isPreview: true } });
  await stage.provider.diff("id", olds, news);
  await stage.provider.check(olds, { ...news, run: {} });
  const lines = stage.said;
  stage.said = before;
  return lines;
}

/** What a program is told to be pending, of what is recorded and by today's inputs. */
export function pendingNow(stage: Stage, olds: Props, news: Props): Props[] {
  return foresee(olds, pickInputs(news), stage.clock.now()).outputs.pending.map(({ message: _, ...wait }) => wait);
}

/** What is recorded as pending, without its words. */
export function pendingIn({ pending }: Props): Props[] {
  return (pending as Pending[]).map(({ message: _, ...wait }) => wait);
}

/** The words of what is pending. */
export function messageIn({ pending }: Props): string {
  return (pending as Pending[]).map(({ message }) => message).join("\n");
}

/** An operation that died. */
export const dead: Journal = {
  phase: "open",
  kind: "rotate",
  at: "2026-11-01T00:00:00Z",
  owner: "me",
  operationId: "first-died",
  strangers: [],
};

/** A run that failed after a change: what it answered, thrown, as a mount does. */
export class HalfDone extends Error {
  constructor(
    readonly rotated: Rotated,
    override readonly cause: Error,
  ) {
    super(cause.message);
  }
}

/** A user in memory, and what is recorded of it. */
export class Scene {
  clock = new FakeClock();
  iam = new MemoryIam(this.clock, userArn);
  said: string[] = [];
  recorded: ManagedKeys | undefined;
  engine: Engine = {
    newId: () => `op${++this.operations}`,
    isGone: async () => false,
    leave: () => {
      this.left += 1;
    },
  };
  left = 0;
  operations = 0;

  get dependencies(): Dependencies {
    const { iam, clock, engine } = this;
    const signedBy = ({ accessKeyId }: { accessKeyId: string }) => {
      iam.signerId = accessKeyId;
      return iam;
    };
    return { iam, signedBy, clock, engine, patience: PATIENCE, say: (line) => this.said.push(line) };
  }
  /** @throws HalfDone if it failed after a change */
  async run(intent: Intent = {}, owner = "me"): Promise<Rotated> {
    const { recorded } = this;
    this.iam.calls = [];
    const request = { userArn, owner, intentAt: () => intent, ...(recorded && { recorded }) };
    const rotated = await rotate(request, this.dependencies);
    if (rotated.failure) throw new HalfDone(rotated, rotated.failure);
    this.recorded = rotated.keys;
    return rotated;
  }
  async up(intent: Intent = {}, owner = "me"): Promise<ManagedKeys> {
    return (await this.run(intent, owner)).keys;
  }
  rotate = () => this.up({ rotate: "rotationTrigger changed" });
  /** What a run answered that failed after a change: its keys are recorded. */
  async halfDone(run: Promise<unknown>): Promise<Rotated & { failure: Error }> {
    const failure = await run.then(
      () => undefined,
      (error) => error,
    );
    assert.ok(failure instanceof HalfDone, `expected to be half done: ${failure}`);
    this.recorded = failure.rotated.keys;
    return { ...failure.rotated, failure: failure.cause };
  }
  async destroy(): Promise<void> {
    this.iam.calls = [];
    await destroy(userArn, "me", this.recorded ?? managedKeys({}), [], this.dependencies);
  }
  /** Two managed keys. */
  async rotated(): Promise<[current: string, previous: string]> {
    await this.up();
    const { current, previous } = await this.rotate();
    assert.ok(current && previous);
    return [current.accessKeyId, previous.accessKeyId];
  }
  /** What an operation left that died with its key made, and named unless the journal says otherwise. */
  died(journal: Partial<Journal> = {}): MemoryKey {
    const at = this.clock.now().toISOString();
    const key = this.iam.addKey();
    this.iam.journal = formatJournal({ ...dead, at, made: key.accessKeyId, ...journal });
    this.clock.time += 20 * MINUTE;
    return key;
  }
  /** The first half of the ids of our operations. */
  instance(): string | undefined {
    return this.recorded?.operationId?.split("-")[0];
  }
  phase(): string | undefined {
    return parseJournal(this.iam.journal)?.phase;
  }
  strike(action: string, nth: number, fault: Fault | IamError): void {
    this.iam.strike(action, fault, nth);
  }
}
