import assert from "node:assert/strict";
import { join } from "node:path";
import type { Pending } from "../../provider/model/pending";
import type { Account } from "../harness/aws/account";
import type { FaultProxy } from "../harness/aws/proxy";
import type { Fault } from "../harness/aws/proxyRules";
import { hastyPlugin } from "../harness/pulumi/pluginStack";
import { Stand, stand } from "../harness/pulumi/stand";
import { secretsIn } from "../harness/secrets";
import { type Outcome, ShimStack } from "../harness/shim/shimStack";
import { act, STARTS, type Start, strangersOf } from "../harness/shim/starts";

const FAULTS = ["error before", "lost reply", "denied"] as const;
type FaultName = (typeof FAULTS)[number] | "throttled to the end" | "killed before" | "killed after";

/** Longer than any operation: nothing that was at work then can be at work still. */
const LATER = 15 * 60_000;

/** A provider's process, which works for many users at once, and the proxy to IAM. Faults are told apart by the user. */
class Host extends Stand {
  #users = 0;
  /** Has the process, and no user. */
  #host!: ShimStack;

  constructor(readonly isPlugin: boolean) {
    super();
  }

  override async start(): Promise<void> {
    await super.start();
    this.#host = this.#shimStack("", "host", this.isPlugin ? join((await plugin).folder, "plugin.js") : undefined);
  }

  #shimStack = (userArn: string, owner: string, script?: string) =>
    new ShimStack(userArn, this.proxy.url, owner, script);

  /** The start state on a fresh user. */
  async begin(start: Start): Promise<{ stack: ShimStack; account: Account }> {
    const account = this.account(`user-${++this.#users}`, this.proxy.url);
    const stack = this.#shimStack(await account.createUser(), `owner${this.#users}`, this.#host.plugin);
    await this.workFor(stack);
    await start.prepare(stack, account);
    return { stack, account };
  }

  /** Has the stack use the process; a new one after a kill. */
  async workFor(stack: ShimStack): Promise<void> {
    await this.#host.shim();
    stack.adoptShim(this.#host);
  }

  kill = () => this.#host.kill();

  override async stop(): Promise<void> {
    await this.#host?.stop();
    await super.stop();
  }
}

interface Case {
  start: Start;
  nth: number;
  fault: FaultName;
  stack: ShimStack;
  account: Account;
  strangers: string[];
  livesOn: string | undefined;
}

function strike(proxy: FaultProxy, { nth, fault, account: { userName: user } }: Case, arrive: () => unknown): void {
  const once: Partial<Record<FaultName, Fault>> = {
    "error before": { kind: "error", code: "ServiceFailure", status: 500 },
    "lost reply": { kind: "lostReply" },
    "killed before": { kind: "run", before: arrive, kills: true },
    "killed after": { kind: "run", after: arrive },
  };
  const struck = once[fault];
  if (struck) proxy.rule({ user, nth, fault: struck });
  if (struck) return;
  // These two last: from the nth call on, that action is refused, so that no retry helps.
  const [code, status] = fault === "denied" ? (["AccessDenied", 403] as const) : (["Throttling", 400] as const);
  let [seen, action] = [0, ""];
  const when = (call: { action: string }) => {
    if (++seen === nth) action = call.action;
    return call.action === action;
  };
  proxy.rule({ user, when, fault: { kind: "error", code, status } });
}

/** Runs cases side by side: each on its own user, to the fault, and then on until it converges. Answers what is wrong. */
async function runCases(host: Host, start: Start, which: { nth: number; fault: FaultName }[]): Promise<string[]> {
  const { proxy } = host;
  proxy.clockAhead(0);
  const cases = await Promise.all(
    which.map(async (one): Promise<Case> => {
      const { stack, account } = await host.begin(start);
      const strangers = await strangersOf(start, stack, account);
      return { start, ...one, stack, account, strangers, livesOn: stack.state?.currentAccessKeyId as string };
    }),
  );
  proxy.clear();
  // All whose process is killed die together, each at its own call.
  const killed = cases.filter(({ fault }) => fault.startsWith("killed"));
  let [left, release] = [killed.length, () => {}];
  const all = new Promise<void>((resolve) => {
    release = resolve;
  });
  const arrive = async () => {
    if (--left > 0) return all;
    await host.kill();
    release();
  };
  for (const one of cases) strike(proxy, one, arrive);
  proxy.clockAhead(LATER);
  const first = await Promise.all(cases.map(({ stack }) => act(start, stack)));
  assert.equal(left, 0, "each came to its call");
  proxy.clear();
  proxy.clockAhead(2 * LATER);
  const failures: string[] = [];
  await Promise.all(
    cases.map(async (one, at) => {
      await host.workFor(one.stack);
      await recover(one, first[at] as Outcome).catch((error) =>
        failures.push(`${one.fault}, call ${one.nth}: ${error.message}`),
      );
    }),
  );
  return failures;
}

/** What is blocked fails no run, and is a refusal all the same. */
async function actOn({ start, stack }: Pick<Case, "start" | "stack">): Promise<Outcome> {
  const outcome = await act(start, stack);
  const pending = (stack.state?.pending ?? []) as Pending[];
  const blocked = outcome.end === "ok" && start.act !== "destroy" && pending.find((wait) => wait.blocked);
  return blocked ? { end: "failed", message: blocked.message } : outcome;
}

/** The invariants, seen from outside: by the keys on the user, and by what the state holds. */
async function recover(one: Case, first: Outcome): Promise<void> {
  const { start, stack, account, fault, strangers, livesOn } = one;
  // A current key never stops working before its successor is saved.
  const mustWork = stack.state?.currentAccessKeyId as string | undefined;
  const afterFault = await account.keys();
  if (mustWork && start.act !== "destroy" && !start.currentIsBroken) {
    assert.equal(afterFault.find(({ id }) => id === mustWork)?.status, "Active", `saved current ${mustWork} works`);
  }

  // `up` until it converges, or refuses twice for the same reason.
  let last = first;
  for (let run = 0; run === 0 || (run < 4 && last.end !== "ok"); run++) {
    last = await actOn(one);
    assert.notEqual(last.end, "died", "an undisturbed run does not die");
  }
  const keys = await account.keys();
  const ids = keys.map(({ id }) => id);
  for (const stranger of strangers) assert.ok(ids.includes(stranger), `the stranger ${stranger} is left alone`);

  const { current, previous, currentAccessKeyId } = (stack.state ?? {}) as Record<string, { accessKeyId: string }>;
  if (last.end === "ok" && start.act === "destroy") {
    assert.deepEqual(ids.sort(), [...strangers].sort(), "nothing of ours is left");
  } else if (last.end === "ok") {
    assert.equal(keys.find(({ id }) => id === current?.accessKeyId)?.status, "Active", "current works");
    const expected = [current?.accessKeyId, previous?.accessKeyId, ...strangers].filter(Boolean);
    assert.deepEqual(ids.sort(), [...new Set(expected)].sort(), "no key is left behind");
    if (livesOn && !start.currentIsBroken) assert.ok(ids.includes(livesOn), "the key that was current still works");
    if (start.act === "rotate" && livesOn) assert.notEqual(currentAccessKeyId, livesOn, "it rotated");
  } else {
    assert.ok("message" in last && /run again|Run again/.test(last.message), `a way out: ${JSON.stringify(last)}`);
    if (!start.mayRefuse) {
      // Only a key that was handed out, and that no state knows, stops a resource that could go on before; or one that
      // appeared in the blink in which nothing names it: when its maker was killed, or when the reply got lost.
      const { message } = last;
      if (!/was made and handed out/.test(message)) {
        assert.match(message, /interrupted in the moment in which it made a key/);
        assert.match(fault, /killed|lost reply/);
      }
      assert.ok(
        ids.some((id) => message.includes(id)),
        "the key in question is named, and still there",
      );
    }
  }
  const journal = (await account.journal()) ?? "";
  assert.deepEqual(secretsIn(stack.said + journal), [], "no secret in what is said");
}

const plugin = hastyPlugin();
after(async () => (await plugin).remove());

// Of the plugin only what is typical, since the core is the same, and create, update and delete each have a way of their own
// to hand over what is half done.
for (const mount of ["the dynamic provider", "the provider plugin"] as const) {
  describe(`faults at every call, in the real process of ${mount}, over HTTP`, function () {
    this.timeout(300_000);
    const isPlugin = mount === "the provider plugin";
    const host = stand(new Host(isPlugin));
    const isAll = process.env.FAULTS === "all";
    for (const start of STARTS.filter(({ isTypical, isDeep }) => isTypical || (!isPlugin && (isAll || !isDeep)))) {
      it(start.title, async () => {
        // Undisturbed first: it tells how many calls there are to disturb.
        host.proxy.clockAhead(0);
        const { stack, account } = await host.begin(start);
        host.proxy.clear();
        host.proxy.clockAhead(LATER);
        const ending = await actOn({ start, stack });
        assert.equal(ending.end, start.mayRefuse ? "failed" : "ok", JSON.stringify(ending));
        const calls = host.proxy.calls.filter(({ user }) => user === account.userName).length;
        const each = (fault: FaultName) => Array.from({ length: calls }, (_, at) => ({ nth: at + 1, fault }));
        // Killed after a call is killed before the next one.
        const killed = [...each("killed before"), { nth: calls, fault: "killed after" } as const];
        const faults = isAll ? FAULTS : isPlugin ? (["denied"] as const) : (["lost reply", "denied"] as const);
        const batches = [faults.flatMap(each), killed];
        // Throttled calls slow down all the others of a process.
        if (isAll && start.isTypical) batches.push(each("throttled to the end"));
        for (const batch of batches) assert.deepEqual(await runCases(host, start, batch), []);
      });
    }
  });
}
