import assert from "node:assert/strict";
import { formatJournal, type Journal } from "../../../provider/model/journal";
import type { Account } from "../aws/account";
import type { Outcome, ShimStack } from "./shimStack";

/** A situation to disturb: how it comes about, what is run in it, and which keys are nobody's business here. */
export interface Start {
  title: string;
  prepare(stack: ShimStack, account: Account): Promise<void>;
  act(stack: ShimStack): Promise<Outcome>;
  strangers(stack: ShimStack, account: Account): Promise<string[]>;
  /** One of those that stand for all where a fault is told once. */
  isTypical?: boolean;
  /** Disturbed by `npm run test:faults` alone: the walk has it too, in memory, and others here take the same way over HTTP. */
  isDeep?: boolean;
  rotates?: boolean;
  destroys?: boolean;
  /** Undisturbed, it is refused. */
  mayRefuse?: boolean;
  /** Somebody deactivated or deleted the key that is recorded as current. */
  currentIsBroken?: boolean;
}

async function must(outcome: Promise<Outcome>): Promise<void> {
  const result = await outcome;
  assert.equal(result.end, "ok", JSON.stringify(result));
}

const create = (stack: ShimStack) => stack.up({ rotationTrigger: "a" });
const rotate = (stack: ShimStack) => stack.up({ rotationTrigger: "b" });
const destroy = (stack: ShimStack) => stack.destroy();

async function created(stack: ShimStack): Promise<void> {
  await must(stack.up({ rotationTrigger: "0" }));
}

/** Two managed keys. */
async function rotated(stack: ShimStack): Promise<void> {
  await created(stack);
  await must(stack.up({ rotationTrigger: "a" }));
}

const none = async () => [];

/** All keys on the user that the state does not know. */
async function unrecorded(stack: ShimStack, account: Account): Promise<string[]> {
  const { current, previous } = (stack.state ?? {}) as Record<string, { accessKeyId: string } | undefined>;
  const ours = [current?.accessKeyId, previous?.accessKeyId];
  return (await account.keys()).map(({ id }) => id).filter((id) => !ours.includes(id));
}

/** What an operation left that died with its key made and named; or, `done`, that handed out what is there. */
async function deadOperation(stack: ShimStack, account: Account, parts: Partial<Journal> = {}): Promise<void> {
  const at = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const strangers = await unrecorded(stack, account);
  const made = parts.phase === "done" ? undefined : (await account.addKey()).accessKeyId;
  const journal: Journal = {
    phase: "open",
    kind: "rotate",
    at,
    owner: stack.owner,
    operationId: `${String(stack.state?.operationId ?? "died").split("-")[0]}-died`,
    strangers,
    ...(made && { made }),
    ...parts,
  };
  await account.writeJournal(formatJournal(journal));
}

export const STARTS: Start[] = [
  { title: "create on a user without keys", prepare: async () => {}, act: create, strangers: none, isTypical: true },
  {
    title: "create beside a stranger's key",
    prepare: async (_stack, account) => void (await account.addKey()),
    act: create,
    strangers: unrecorded,
  },
  {
    title: "create beside an inactive stranger's key, with a damaged journal",
    isDeep: true,
    prepare: async (_stack, account) => {
      await account.addKey("Inactive");
      await account.writeJournal("v1 open something else");
    },
    act: create,
    strangers: unrecorded,
  },
  {
    title: "create where strangers take both slots",
    isDeep: true,
    prepare: async (_stack, account) => {
      await account.addKey();
      await account.addKey();
    },
    act: create,
    strangers: unrecorded,
    mayRefuse: true,
  },
  {
    title: "create after a creation that died with its key made",
    isDeep: true,
    prepare: async (stack, account) => {
      await deadOperation(stack, account, { kind: "create" });
    },
    act: create,
    strangers: none,
  },
  {
    title: "create after a creation that died, beside a stranger's key",
    isDeep: true,
    prepare: async (stack, account) => {
      await account.addKey();
      await deadOperation(stack, account, { kind: "create" });
    },
    act: create,
    strangers: async (stack, account) => (await unrecorded(stack, account)).slice(0, 1),
  },
  {
    title: "create after a creation that died in the blink in which its key was made",
    prepare: async (stack, account) => {
      await deadOperation(stack, account, { kind: "create", made: "" });
    },
    act: create,
    strangers: unrecorded,
    mayRefuse: true,
  },
  {
    title: "create with the state lost",
    isDeep: true,
    prepare: async (stack) => {
      await rotated(stack);
      stack.state = undefined;
    },
    act: create,
    strangers: unrecorded,
    mayRefuse: true,
  },
  {
    title: "create where another stack rotates",
    isDeep: true,
    prepare: async (stack, account) => {
      await account.addKey();
      await deadOperation(stack, account, { phase: "done", owner: "another", strangers: [] });
    },
    act: create,
    strangers: unrecorded,
    mayRefuse: true,
  },
  {
    title: "adopt two keys",
    isDeep: true,
    prepare: async (stack, account) => {
      const previous = await account.addKey();
      const current = await account.addKey();
      stack.inputs = (
        (inputs) => (more) =>
          inputs.call(stack, { ...more, state: { current, previous } })
      )(stack.inputs);
    },
    act: create,
    strangers: none,
  },
  {
    title: "adopt a previous without its secret",
    isDeep: true,
    prepare: async (stack, account) => {
      const { accessKeyId } = await account.addKey();
      const state = { previous: { accessKeyId } };
      stack.inputs = (
        (inputs) => (more) =>
          inputs.call(stack, { ...more, state })
      )(stack.inputs);
    },
    act: create,
    strangers: none,
  },
  { title: "rotate one key", isDeep: true, prepare: created, act: rotate, strangers: none, rotates: true },
  { title: "rotate two keys", prepare: rotated, act: rotate, strangers: none, rotates: true, isTypical: true },
  {
    title: "deactivate previous at the end of its grace period",
    prepare: async (stack) => {
      await rotated(stack);
      await new Promise((resolve) => setTimeout(resolve, 1_100));
    },
    act: (stack) => stack.up({ rotationTrigger: "a", gracePeriod: "1s", deactivatePeriod: "1d" }),
    strangers: none,
  },
  {
    title: "rotate one key with a journal that somebody removed",
    isDeep: true,
    prepare: async (stack, account) => {
      await created(stack);
      await account.writeJournal("");
    },
    act: rotate,
    strangers: none,
    rotates: true,
  },
  {
    title: "rotate after a rotation that died with its key made",
    isDeep: true,
    prepare: async (stack, account) => {
      await created(stack);
      await deadOperation(stack, account);
    },
    act: rotate,
    strangers: none,
    rotates: true,
  },
  {
    title: "rotate where a stranger's key takes the second slot",
    isDeep: true,
    prepare: async (stack, account) => {
      await created(stack);
      await account.addKey();
    },
    act: rotate,
    strangers: unrecorded,
    mayRefuse: true,
  },
  {
    title: "rotate after the recorded current was deactivated by hand",
    isDeep: true,
    prepare: async (stack, account) => {
      await rotated(stack);
      await account.setStatus(stack.state?.currentAccessKeyId as string, "Inactive");
    },
    act: rotate,
    strangers: none,
    rotates: true,
    currentIsBroken: true,
  },
  {
    title: "rotate after the recorded current was deleted by hand",
    isDeep: true,
    prepare: async (stack, account) => {
      await rotated(stack);
      await account.deleteKey(stack.state?.currentAccessKeyId as string);
    },
    act: rotate,
    strangers: none,
    rotates: true,
    currentIsBroken: true,
  },
  {
    title: "rotate with a state from a backup",
    isDeep: true,
    prepare: async (stack) => {
      await created(stack);
      const backup = stack.state;
      await must(stack.up({ rotationTrigger: "lost" }));
      stack.state = backup;
    },
    act: rotate,
    strangers: unrecorded,
    mayRefuse: true,
  },
  { title: "delete one key", isDeep: true, prepare: created, act: destroy, strangers: none, destroys: true },
  { title: "delete two keys", prepare: rotated, act: destroy, strangers: none, destroys: true, isTypical: true },
  {
    title: "delete beside a stranger's key",
    isDeep: true,
    prepare: async (stack, account) => {
      await created(stack);
      await account.addKey();
    },
    act: destroy,
    strangers: unrecorded,
    destroys: true,
  },
  {
    title: "delete after a rotation that died with its key made",
    isDeep: true,
    prepare: async (stack, account) => {
      await created(stack);
      await deadOperation(stack, account);
    },
    act: destroy,
    strangers: none,
    destroys: true,
  },
];
