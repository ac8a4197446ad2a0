import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { formatJournal, type Journal } from "../../../provider/model/journal";
import type { Account } from "../aws/account";
import type { Outcome, ShimStack } from "./shimStack";

type Act = "create" | "rotate" | "destroy" | "retire";
type Prepare = (stack: ShimStack, account: Account) => Promise<unknown>;

/** A situation to disturb: how it comes about, what is run in it, and which keys are nobody's business here. */
export interface Start {
  title: string;
  act: Act;
  prepare: Prepare;
  /** Undisturbed, it is refused. */
  mayRefuse?: boolean;
  /** Beside keys of strangers: all that the state does not know, or so many of them. */
  strangers?: number;
  /** Somebody deactivated or deleted the key that is recorded as current. */
  currentIsBroken?: boolean;
  /** One of those that stand for all where a fault is told once. */
  isTypical?: boolean;
  /** Disturbed by `npm run test:faults` alone: the walk has it too, in memory, and others here take the same way over HTTP. */
  isDeep?: boolean;
}

const ACTS: Record<Act, (stack: ShimStack) => Promise<Outcome>> = {
  create: (stack) => stack.up({ rotationTrigger: "a" }),
  rotate: (stack) => stack.up({ rotationTrigger: "b" }),
  destroy: (stack) => stack.destroy(),
  retire: (stack) => stack.up({ rotationTrigger: "a", gracePeriod: "1s", deactivatePeriod: "1d" }),
};
export const act = ({ act }: Start, stack: ShimStack) => ACTS[act](stack);

/** The keys on the user that are nobody's business here. */
export async function strangersOf({ strangers = 0 }: Start, stack: ShimStack, account: Account): Promise<string[]> {
  return (await unrecorded(stack, account)).slice(0, strangers);
}

async function unrecorded(stack: ShimStack, account: Account): Promise<string[]> {
  const { current, previous } = (stack.state ?? {}) as Record<string, { accessKeyId: string } | undefined>;
  const ours = [current?.accessKeyId, previous?.accessKeyId];
  return (await account.keys()).map(({ id }) => id).filter((id) => !ours.includes(id));
}

async function upWith(stack: ShimStack, rotationTrigger: string): Promise<void> {
  const result = await stack.up({ rotationTrigger });
  assert.equal(result.end, "ok", JSON.stringify(result));
}

// Steps to a situation.
const created: Prepare = (stack) => upWith(stack, "0");
const rotated: Prepare = (stack) => upWith(stack, "a");
const handmade: Prepare = (_stack, account) => account.addKey();
const stateLost: Prepare = async (stack) => {
  stack.state = undefined;
};
const grace: Prepare = () => sleep(1_100);
const setCurrent =
  (by: (account: Account, id: string) => Promise<void>): Prepare =>
  (stack, account) =>
    by(account, stack.state?.currentAccessKeyId as string);
const journal =
  (text: string): Prepare =>
  (_stack, account) =>
    account.writeJournal(text);
const fromBackup: Prepare = async (stack) => {
  const backup = stack.state;
  await upWith(stack, "lost");
  stack.state = backup;
};
const adopting =
  (isWhole: boolean): Prepare =>
  async (stack, account) => {
    const previous = await account.addKey();
    stack.more = {
      state: isWhole
        ? { previous, current: await account.addKey() }
        : { previous: { accessKeyId: previous.accessKeyId } },
    };
  };

/** What an operation left that died with its key made and named; or, `done`, that handed out what is there. */
const died =
  (parts: Partial<Journal> = {}): Prepare =>
  async (stack, account) => {
    const strangers = await unrecorded(stack, account);
    const made = parts.phase === "done" ? undefined : (await account.addKey()).accessKeyId;
    const operation: Journal = {
      phase: "open",
      kind: "rotate",
      at: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
      owner: stack.owner,
      operationId: `${String(stack.state?.operationId ?? "died").split("-")[0]}-died`,
      strangers,
      ...(made && { made }),
      ...parts,
    };
    await account.writeJournal(formatJournal(operation));
  };
const creationDied = died({ kind: "create" });
const inTheBlink = died({ kind: "create", made: "" });
const othersRotation = died({ phase: "done", owner: "another", strangers: [] });

type Flags = Omit<Start, "title" | "act" | "prepare" | "isTypical" | "isDeep">;
type Row = [act: Act, title: string, steps: Prepare[], flags?: Flags];

const TYPICAL: Row[] = [
  ["create", "on a user without keys", []],
  ["rotate", "two keys", [created, rotated]],
  ["destroy", "two keys", [created, rotated]],
];
const FURTHER: Row[] = [
  ["create", "beside a stranger's key", [handmade], { strangers: 1 }],
  [
    "create",
    "after one that died in the blink in which its key was made",
    [inTheBlink],
    { strangers: 1, mayRefuse: true },
  ],
  ["retire", "previous at the end of its grace period", [created, rotated, grace]],
];
const DEEP: Row[] = [
  [
    "create",
    "beside an inactive stranger's key, with a damaged journal",
    [(_, account) => account.addKey("Inactive"), journal("v1 open something else")],
    { strangers: 1 },
  ],
  ["create", "where strangers take both slots", [handmade, handmade], { strangers: 2, mayRefuse: true }],
  ["create", "after one that died with its key made", [creationDied]],
  ["create", "after one that died, beside a stranger's key", [handmade, creationDied], { strangers: 1 }],
  ["create", "with the state lost", [created, rotated, stateLost], { strangers: 2, mayRefuse: true }],
  ["create", "where another stack rotates", [handmade, othersRotation], { strangers: 1, mayRefuse: true }],
  ["create", "adopting two keys", [adopting(true)]],
  ["create", "adopting a previous without its secret", [adopting(false)]],
  ["rotate", "one key", [created]],
  ["rotate", "one key with a journal that somebody removed", [created, journal("")]],
  ["rotate", "after a rotation that died with its key made", [created, died()]],
  ["rotate", "where a stranger's key takes the second slot", [created, handmade], { strangers: 1, mayRefuse: true }],
  [
    "rotate",
    "after the recorded current was deactivated by hand",
    [created, rotated, setCurrent((account, id) => account.setStatus(id, "Inactive"))],
    { currentIsBroken: true },
  ],
  [
    "rotate",
    "after the recorded current was deleted by hand",
    [created, rotated, setCurrent((account, id) => account.deleteKey(id))],
    { currentIsBroken: true },
  ],
  ["rotate", "with a state from a backup", [created, fromBackup], { strangers: 1, mayRefuse: true }],
  ["destroy", "one key", [created]],
  ["destroy", "beside a stranger's key", [created, handmade], { strangers: 1 }],
  ["destroy", "after a rotation that died with its key made", [created, died()]],
];

const starts = (rows: Row[], weight: Pick<Start, "isTypical" | "isDeep">): Start[] =>
  rows.map(([act, title, steps, flags]) => ({
    title: `${act} ${title}`,
    act,
    prepare: async (stack, account) => {
      for (const step of steps) await step(stack, account);
    },
    ...flags,
    ...weight,
  }));

export const STARTS: Start[] = [
  ...starts(TYPICAL, { isTypical: true }),
  ...starts(FURTHER, {}),
  ...starts(DEEP, { isDeep: true }),
];
