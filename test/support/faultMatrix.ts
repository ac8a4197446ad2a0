import assert from "node:assert/strict";
import { type Endpoint, startEndpoint } from "../../tools/endpoint";
import { Account } from "./account";
import { type FaultProxy, startProxy } from "./proxy";
import type { Fault } from "./proxyRules";
import { secretsIn } from "./secrets";
import { ShimStack } from "./shimStack";
import { STARTS, type Start } from "./starts";

const FAULTS = [
  "error before",
  "lost reply",
  "throttled to the end",
  "denied",
  "killed before",
  "killed after",
] as const;
type FaultName = (typeof FAULTS)[number];

const LANES = 3;

/** One line of work: a proxy and a running provider of its own, so that the cases use both cores. */
class Lane {
  last: ShimStack | undefined;
  constructor(
    readonly proxy: FaultProxy,
    readonly plugin?: string,
  ) {}
}

let users = 0;

/** Longer than any operation: nothing that was at work then can be at work still. */
const LATER = 15 * 60_000;

/** Builds the start state on a fresh user, and lets time pass. */
async function begin(start: Start, lane: Lane): Promise<{ stack: ShimStack; account: Account }> {
  lane.proxy.clockAhead(0);
  const account = new Account(lane.proxy.url, `user-${process.pid}-${++users}`);
  const stack = new ShimStack(await account.createUser(), lane.proxy.url, `owner${users}`, lane.plugin);
  stack.adoptShim(lane.last);
  lane.last = stack;
  await start.prepare(stack, account);
  lane.proxy.clockAhead(LATER);
  return { stack, account };
}

function faultOf(name: FaultName, stack: ShimStack): Fault {
  const kill = () => stack.kill();
  switch (name) {
    case "error before":
      return { kind: "error", code: "ServiceFailure", status: 500 };
    case "lost reply":
      return { kind: "lostReply" };
    case "killed before":
      return { kind: "run", before: kill, kills: true };
    case "killed after":
      return { kind: "run", after: kill };
    case "denied":
      return { kind: "error", code: "AccessDenied", status: 403 };
    case "throttled to the end":
      return { kind: "error", code: "Throttling", status: 400 };
  }
}

function strike(lane: Lane, stack: ShimStack, nth: number, name: FaultName): void {
  const fault = faultOf(name, stack);
  if (name !== "denied" && name !== "throttled to the end") {
    lane.proxy.rule({ nth, fault });
    return;
  }
  // These two last: from the nth call on, that action is refused, so that no retry helps.
  let [seen, action] = [0, ""];
  const when = (call: { action: string }) => {
    if (++seen === nth) action = call.action;
    return call.action === action;
  };
  lane.proxy.rule({ when, fault });
}

/** The invariants, seen from outside: by the keys on the user, and by what the state holds. */
async function runCase(start: Start, lane: Lane, nth: number, fault: FaultName): Promise<void> {
  const { stack, account } = await begin(start, lane);
  const strangers = await start.strangers(stack, account);
  const livesOn = stack.state?.currentAccessKeyId as string | undefined;
  strike(lane, stack, nth, fault);
  const first = await start.act(stack);
  lane.proxy.clear();
  lane.proxy.clockAhead(2 * LATER);

  // A current key never stops working before its successor is saved.
  const mustWork = stack.state?.currentAccessKeyId as string | undefined;
  const afterFault = await account.keys();
  if (mustWork && !start.destroys && !start.currentIsBroken) {
    assert.equal(afterFault.find(({ id }) => id === mustWork)?.status, "Active", `saved current ${mustWork} works`);
  }

  // `up` until it converges, or refuses twice for the same reason.
  let last = first;
  for (let run = 0; run < 4; run++) {
    const next = await start.act(stack);
    if (next.end === "ok") {
      last = next;
      break;
    }
    assert.notEqual(next.end, "died", "an undisturbed run does not die");
    last = next;
  }
  const keys = await account.keys();
  const ids = keys.map(({ id }) => id);
  for (const stranger of strangers) assert.ok(ids.includes(stranger), `the stranger ${stranger} is left alone`);

  const { current, previous, currentAccessKeyId } = (stack.state ?? {}) as Record<string, { accessKeyId: string }>;
  if (last.end === "ok" && start.destroys) {
    assert.deepEqual(ids.sort(), [...strangers].sort(), "nothing of ours is left");
  } else if (last.end === "ok") {
    assert.equal(keys.find(({ id }) => id === current?.accessKeyId)?.status, "Active", "current works");
    const expected = [current?.accessKeyId, previous?.accessKeyId, ...strangers].filter(Boolean);
    assert.deepEqual(ids.sort(), [...new Set(expected)].sort(), "no key is left behind");
    if (livesOn && !start.currentIsBroken) assert.ok(ids.includes(livesOn), "the key that was current still works");
    if (start.rotates && livesOn) assert.notEqual(currentAccessKeyId, livesOn, "it rotated");
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

/** What is done to each call; killed "after" it only at the last one, as it is what "before" the next one is. */
function casesOf(calls: number): { nth: number; fault: FaultName }[] {
  const all = FAULTS.flatMap((fault) => Array.from({ length: calls }, (_, at) => ({ nth: at + 1, fault })));
  return all.filter(({ nth, fault }) => fault !== "killed after" || nth === calls);
}

/**
 * The same table for each mount.
 *
 * @param plugin is asked for the plugin's script when it begins; without it the dynamic provider is disturbed
 * @param only the starts of these titles
 */
export function faultMatrix(title: string, plugin?: () => Promise<string>, only?: string[]): void {
  describe(`faults at every call, in the real process of ${title}, over HTTP`, function () {
    this.timeout(900_000);
    let endpoint: Endpoint;
    const lanes: Lane[] = [];
    before(async () => {
      endpoint = await startEndpoint();
      for (let lane = 0; lane < LANES; lane++) lanes.push(new Lane(await startProxy(endpoint.url), await plugin?.()));
    });
    after(async () => {
      for (const lane of lanes) {
        await lane.last?.stop();
        await lane.proxy.stop();
      }
      await endpoint?.stop();
    });

    const starts = STARTS.filter((start) => only?.includes(start.title) ?? true);
    assert.equal(starts.length, only?.length ?? STARTS.length);
    for (const start of starts) {
      it(start.title, async () => {
        const [lane] = lanes;
        assert.ok(lane);
        // Undisturbed first: it tells how many calls there are to disturb.
        const { stack } = await begin(start, lane);
        lane.proxy.clear();
        const ending = await start.act(stack);
        const cases = casesOf(lane.proxy.calls.length);
        assert.equal(ending.end, start.mayRefuse ? "failed" : "ok", JSON.stringify(ending));
        const failures: string[] = [];
        await Promise.all(
          lanes.map(async (lane) => {
            for (let next = cases.pop(); next; next = cases.pop()) {
              const { nth, fault } = next;
              const began = Date.now();
              await runCase(start, lane, nth, fault).catch((error) =>
                failures.push(`${fault}, call ${nth}: ${error.message}`),
              );
              if (process.env.WTP)
                require("node:fs").appendFileSync(
                  process.env.WTP,
                  `${fault}\t${Date.now() - began}\t${start.title}\t${nth}\n`,
                );
            }
          }),
        );
        assert.deepEqual(failures, []);
      });
    }
  });
}
