import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Account } from "../harness/aws/account";
import { processTree, signalAll } from "../harness/pulumi/processTree";
import type { Stack } from "../harness/pulumi/stack";
import { fails, stand } from "../harness/pulumi/stand";

const PROGRAM = `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const key = new RotatedAccessKey("ci", { userArn: process.env.USER_ARN, rotationTrigger: process.env.TRIGGER });
exports.current = key.current;
`;

/** What docs/how-it-works.md says of Ctrl-C and of signals; killing is in test/faults. */
describe("an end that is asked for during a rotation", function () {
  this.timeout(120_000);
  const at = stand();
  let stack: Stack;
  let account: Account;
  let first: string;

  /** A rotation whose end is asked for right before or after AWS makes the key. @returns what it printed */
  async function ended(user: string, when: "before" | "after", end: () => unknown): Promise<string> {
    at.proxy.clockAhead(0);
    account = at.account(user);
    stack = await at.stack(PROGRAM, { env: { USER_ARN: await account.createUser() } });
    await stack.up();
    [{ id: first = "" } = {}] = await account.keys();
    at.proxy.clear();
    const run = async () => {
      await end();
      await sleep(500);
    };
    at.proxy.rule({ action: "CreateAccessKey", nth: 1, fault: { kind: "run", [when]: run } });
    stack.env.TRIGGER = "2";
    const text = await fails(stack.tryUp());
    assert.equal(at.proxy.count("CreateAccessKey"), 1);
    return text;
  }

  async function toAll(...signals: NodeJS.Signals[]): Promise<void> {
    const tree = processTree(stack.pid);
    for (const signal of signals) {
      signalAll(tree, signal);
      await sleep(200);
    }
  }

  const finishes = {
    "by Ctrl-C, once": ["before", () => stack.signal("SIGINT")],
    "by SIGTERM to every process, as systemd and Jenkins send it": ["before", () => toAll("SIGTERM")],
    "by SIGINT to every process": ["after", () => toAll("SIGINT")],
  } as const;
  for (const [index, [title, [when, end]]] of Object.entries(finishes).entries()) {
    it(`${title}: it finishes, and its result is saved`, async () => {
      const text = await ended(`finishes-${index}`, when, end);
      const [second = ""] = (await account.ids()).filter((id) => id !== first);
      assert.ok(second, text);
      assert.match((await account.journal()) ?? "", /^v1 done /);
      const { currentAccessKeyId, previousAccessKeyId } = stack.recorded() ?? {};
      assert.deepEqual([currentAccessKeyId, previousAccessKeyId], [second, first], "saved");
      // Its outputs were not published: the next run begins the grace period anew, and publishes.
      await stack.up();
      at.proxy.clear();
      await stack.up();
      assert.equal(at.proxy.count(), 0, "nothing is left to do");
    });
  }

  for (const signals of [["SIGHUP"], ["SIGTERM", "SIGHUP"]] as NodeJS.Signals[][]) {
    it(`by ${signals.join(", then ")}, of which the engine dies: the key that nobody has received is deleted`, async () => {
      await ended(`dies-${signals.length}`, "after", () => toAll(...signals));
      await account.onlyHas(first);
      at.proxy.clear();
      // What was at work is not waited for.
      at.proxy.clockAhead(15 * 60_000);
      await stack.run("cancel", "--yes", "--stack", "dev");
      await stack.up();
      assert.equal(stack.recorded()?.previousAccessKeyId, first, "the next update rotates");
    });
  }
});
