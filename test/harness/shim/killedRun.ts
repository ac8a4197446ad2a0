import assert from "node:assert/strict";
import { Account } from "../aws/account";
import { type FaultProxy, startProxy } from "../aws/proxy";
import type { Run } from "../pulumi/cli";
import { pluginsOf } from "../pulumi/pluginStack";
import { JAVASCRIPT, Stack } from "../pulumi/stack";
import { secretsIn } from "../secrets";

export type Operation = "create" | "rotate" | "destroy";

/** At which call about its user an operation stands when the run is disturbed: held before it, or once AWS has answered it. */
export interface Variant {
  operation: Operation;
  /** Only calls of this action are counted; default all. */
  action?: string;
  nth: number;
  when?: "before" | "after";
}

/** How many calls each makes about its user. */
export const CALLS: Record<Operation, number> = { create: 8, rotate: 9, destroy: 6 };

/** Longer than any operation: nothing that was at work then can be at work still. */
const LATER = 15 * 60_000;

// With RotatedAccessKey as the program's only resources: what Pulumi itself does with a killed run is part of the test.
const program = (plugin?: string) => `
${plugin ? BY_TOKEN : 'const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");'}
for (const { name, rotates, ...args } of JSON.parse(process.env.USERS)) {
  new RotatedAccessKey(name, { ...args, rotationTrigger: rotates ? process.env.TRIGGER : "1" });
}
`;
const BY_TOKEN = `
class RotatedAccessKey extends require("@pulumi/pulumi").CustomResource {
  constructor(name, inputs) { super("aws-iam-rotator:index:RotatedAccessKey", name, { current: undefined, ...inputs }); }
}`;

let users = 0;

/** One user and the variant that it stands for: in one run of the engine each has its own. */
interface Subject {
  variant: Variant;
  account: Account;
  userArn: string;
  state?: object;
}

/** A stack whose next run creates, rotates or destroys keys of many users, which are disturbed all at once. */
export class KilledRun {
  private constructor(
    private readonly proxy: FaultProxy,
    readonly stack: Stack,
    readonly subjects: Subject[],
    private readonly destroys: boolean,
  ) {}

  /** @param variants all of `destroy`, or none  @param plugin its folder; without it the dynamic provider */
  static async begin(endpointUrl: string, variants: Variant[], plugin?: string): Promise<KilledRun> {
    const proxy = await startProxy(endpointUrl);
    const subjects = await Promise.all(
      variants.map(async (variant): Promise<Subject> => {
        const account = new Account(proxy.url, `killed-${process.pid}-${++users}`);
        const userArn = await account.createUser();
        if (variant.operation === "create") return { variant, account, userArn };
        // Two managed keys, for a rotation and a destroy.
        const [previous, current] = [await account.addKey(), await account.addKey()];
        return { variant, account, userArn, state: { current, previous } };
      }),
    );
    const stack = await Stack.create({
      program: program(plugin),
      endpointUrl: proxy.url,
      env: { TRIGGER: "1", AWS_REGION: "us-east-1" },
      ...(plugin ? { project: `name: program\n${JAVASCRIPT}${pluginsOf(plugin)}` } : { hasty: true }),
    });
    const run = new KilledRun(proxy, stack, subjects, variants[0]?.operation === "destroy");
    run.#write(subjects.filter(({ variant }) => variant.operation !== "create"));
    await stack.up("--parallel", "50");
    proxy.clear();
    run.#write(subjects);
    stack.env.TRIGGER = "2";
    return run;
  }

  #write(subjects: Subject[]): void {
    const all = subjects.map(({ account: { userName }, userArn, state, variant: { operation } }) => ({
      name: userName,
      userArn,
      state,
      rotates: operation === "rotate",
    }));
    this.stack.env.USERS = JSON.stringify(all);
  }

  act(): Promise<Run> {
    const all = ["--parallel", "50", "--continue-on-error", "--stack", "dev"];
    return this.stack.run(this.destroys ? "destroy" : "up", "--yes", "--skip-preview", ...all);
  }

  /** Disturbs the run once when each of its operations stands at its call; then lets them go on. */
  disturb(fault: () => unknown, kills: boolean): void {
    let [left, release] = [this.subjects.length, () => {}];
    const all = new Promise<void>((resolve) => {
      release = resolve;
    });
    for (const { variant, account } of this.subjects) {
      const arrive = async () => {
        if (--left > 0) return all;
        await fault();
        release();
      };
      const { operation: _, when = "before", ...which } = variant;
      this.proxy.rule({
        user: account.userName,
        ...which,
        fault: { kind: "run", [when]: arrive, kills: kills && when === "before" },
      });
    }
    this.missing = () => left;
  }

  /** How many of the operations have not come to their call. */
  missing = () => this.subjects.length;

  recorded(subject: Subject): Record<string, unknown> | undefined {
    return this.stack.state().resources?.find(({ urn }) => urn.endsWith(`::${subject.account.userName}`))?.outputs;
  }

  /** Runs again until it converges, or refuses; then holds the invariants against what is there, user by user. */
  async recover(): Promise<void> {
    const { proxy, stack, subjects } = this;
    const before = new Map(
      subjects.map((subject) => [subject, subject.state as Record<string, { accessKeyId: string }>]),
    );
    const unclear = new Set(subjects.filter(({ account }) => isUnclear(proxy, account.userName)));
    proxy.clear();
    proxy.clockAhead(LATER);
    // A killed engine leaves its lock, and Pulumi itself says how to remove it.
    await stack.run("cancel", "--yes", "--stack", "dev");
    if (!this.destroys) {
      for (const [{ account }, state] of before) {
        const { accessKeyId } = state?.current ?? {};
        if (accessKeyId)
          assert.ok((await account.ids()).includes(accessKeyId), "the key that the state holds still works");
      }
    }
    const first = await this.act();
    const last = first.code === 0 ? first : await this.act();
    const failures: string[] = [];
    for (const [subject, state] of before) {
      try {
        await this.#check(subject, state?.current?.accessKeyId, unclear.has(subject), last);
      } catch (error) {
        failures.push(`${JSON.stringify(subject.variant)}: ${(error as Error).message}`);
      }
    }
    assert.deepEqual(failures, [], last.text);
    for (const [where, text] of stack.everything()) assert.deepEqual(secretsIn(text), [], where);
  }

  async #check(subject: Subject, recorded: string | undefined, isUnclear: boolean, { text }: Run): Promise<void> {
    const { variant, account } = subject;
    const ids = await account.ids();
    const { currentAccessKeyId, previousAccessKeyId, pending } = this.recorded(subject) ?? {};
    const named = [currentAccessKeyId, previousAccessKeyId].filter(Boolean).sort();
    const isDone = ids.join() === named.join() && (variant.operation !== "rotate" || previousAccessKeyId === recorded);
    if (isDone) {
      if (variant.operation === "destroy") assert.deepEqual(ids, [], "nothing of ours is left");
      if (variant.operation === "create") assert.ok(currentAccessKeyId, "there is a key");
      if (variant.operation === "rotate") assert.notEqual(currentAccessKeyId, recorded, "it rotated, once");
      return;
    }
    assert.ok(isUnclear, `keys ${ids}, recorded ${named}`);
    const told = `${text} ${JSON.stringify(pending)}`;
    assert.ok(
      ids.some((id) => !named.includes(id) && told.includes(id)),
      "the key in question is named, and still there",
    );
    if (recorded) assert.ok(ids.includes(recorded), "and the recorded key still works");
  }

  async end(): Promise<void> {
    this.stack.remove();
    await this.proxy.stop();
  }
}

/**
 * Whether only a person can settle what a run has left: a key that was handed out, and that no state knows; or one that
 * appeared in the blink in which nothing names it.
 */
function isUnclear(proxy: FaultProxy, userName: string): boolean {
  const executed = proxy.calls.filter(({ user, executed }) => executed && user === userName);
  const handedOut = executed.some(({ params }) => params["Tags.member.1.Value"]?.startsWith("v1 done "));
  const last = (action: string) => executed.findLastIndex((call) => call.action === action);
  return handedOut || last("CreateAccessKey") > last("TagUser");
}
