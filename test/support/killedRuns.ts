import assert from "node:assert/strict";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { type Endpoint, startEndpoint } from "../../tools/endpoint";
import { Account } from "./account";
import { pluginsOf } from "./pluginStack";
import { type FaultProxy, startProxy } from "./proxy";
import { secretsIn } from "./secrets";
import { type Run, Stack } from "./stack";

/** Who rotates: the dynamic provider, or the plugin that lies in a folder. */
export type Mount = { plugin?: string };

// With RotatedAccessKey as the program's only resource: what Pulumi itself does with a killed run is part of the test.
const program = (userArn: string, state: object | undefined, { plugin }: Mount) => `
${plugin ? BY_TOKEN : 'const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");'}
const key = new RotatedAccessKey("ci", {
  userArn: ${JSON.stringify(userArn)}, rotationTrigger: process.env.TRIGGER, state: ${JSON.stringify(state)},
});
exports.current = key.current;
`;
const BY_TOKEN = `
class RotatedAccessKey extends require("@pulumi/pulumi").CustomResource {
  constructor(name, inputs) { super("aws-iam-rotator:index:RotatedAccessKey", name, { current: undefined, ...inputs }); }
}`;

type Operation = "create" | "rotate" | "destroy";

/** The calls of each, as issue by issue they are counted elsewhere. */
const CALLS: Record<Operation, number> = { create: 8, rotate: 9, destroy: 6 };
let users = 0;

class Case {
  private constructor(
    readonly proxy: FaultProxy,
    readonly account: Account,
    readonly stack: Stack,
    readonly operation: Operation,
    readonly userArn: string,
  ) {}

  /** A stack with two managed keys, or for a creation none. */
  static async begin(proxy: FaultProxy, operation: Operation, mount: Mount): Promise<Case> {
    const account = new Account(proxy.url, `killed-${process.pid}-${++users}`);
    const userArn = await account.createUser();
    const [previous, current] = operation === "create" ? [] : [await account.addKey(), await account.addKey()];
    const state = current && { current, previous };
    const env = { TRIGGER: "1", AWS_REGION: "us-east-1" };
    const { plugin } = mount;
    const stack = await Stack.create({
      program: program(userArn, state, mount),
      endpointUrl: proxy.url,
      env,
      ...(plugin ? { project: `name: program\nruntime: nodejs\n${pluginsOf(plugin)}` } : { hasty: true }),
    });
    if (operation !== "create") await stack.up();
    proxy.clear();
    return new Case(proxy, account, stack, operation, userArn);
  }

  act(): Promise<Run> {
    const { stack, operation } = this;
    stack.env.TRIGGER = operation === "rotate" ? "2" : "1";
    if (operation === "destroy") return stack.run("destroy", "--yes", "--skip-preview", "--stack", "dev");
    return stack.tryUp();
  }

  /** Runs again until it converges, or refuses; then holds the invariants against what is there. */
  async recover(before: Record<string, unknown> | undefined): Promise<void> {
    const { account, stack, operation } = this;
    const recorded = before?.currentAccessKeyId as string | undefined;
    this.proxy.clear();
    // A killed engine leaves its lock, and Pulumi itself says how to remove it.
    await stack.run("cancel", "--yes", "--stack", "dev");
    if (recorded && operation !== "destroy") {
      const keys = await account.keys();
      assert.ok(
        keys.some(({ id }) => id === recorded),
        "the key that the state holds still works after the fault",
      );
    }
    let run = await this.act();
    if (run.code !== 0) run = await this.act();
    const ids = (await account.keys()).map(({ id }) => id);
    if (run.code === 0 && operation === "destroy") {
      assert.deepEqual(ids, [], "nothing of ours is left");
    } else if (run.code === 0) {
      const { currentAccessKeyId, previousAccessKeyId } = stack.recorded() ?? {};
      assert.deepEqual(ids.sort(), [currentAccessKeyId, previousAccessKeyId].filter(Boolean).sort(), run.text);
      if (operation === "rotate") assert.notEqual(currentAccessKeyId, recorded, "it rotated");
      if (operation === "rotate") assert.equal(previousAccessKeyId, recorded, "once");
    } else {
      // What only a person can settle: a key that was handed out, and that no state knows; or one that appeared in the
      // blink in which nothing names it.
      assert.match(
        run.text,
        /was made and handed out by operation .* It may be in use|interrupted in the moment in which/s,
      );
      assert.ok(
        ids.some((id) => run.text.includes(id)),
        "it is named",
      );
      if (recorded) assert.ok(ids.includes(recorded), "and the recorded key still works");
    }
    for (const [where, text] of stack.everything()) assert.deepEqual(secretsIn(text), [], where);
  }
}

/** The same runs for each mount: `mount` is asked when they begin. */
export function killedRuns(title: string, mountOf: () => Promise<Mount>): void {
  describe(`killed, cancelled and unsaved runs of the real engine, with ${title}`, function () {
    this.timeout(900_000);
    let endpoint: Endpoint;
    let mount: Mount;
    before(async () => {
      endpoint = await startEndpoint();
      mount = await mountOf();
    });
    after(() => endpoint?.stop());

    let total = 0;
    /** Runs each variant on a stack of its own, some at a time. */
    async function each<T extends { operation: Operation }>(
      lanes: number,
      variants: T[],
      disturb: (at: Case, variant: T) => Promise<void>,
    ): Promise<void> {
      const failures: string[] = [];
      const left = [...variants];
      total += left.length;
      const lane = async () => {
        for (let variant = left.pop(); variant !== undefined; variant = left.pop()) {
          const proxy = await startProxy(endpoint.url);
          const at = await Case.begin(proxy, variant.operation, mount);
          const before = variant.operation === "create" ? undefined : at.stack.recorded();
          try {
            await disturb(at, variant);
            await at.recover(before);
          } catch (error) {
            failures.push(`${JSON.stringify(variant)}: ${(error as Error).message}`);
          } finally {
            at.stack.remove();
            await proxy.stop();
          }
        }
      };
      await Promise.all(Array.from({ length: lanes }, lane));
      assert.deepEqual(failures, []);
    }

    const OPERATIONS = ["create", "rotate", "destroy"] as const;
    const settled = () => new Promise((resolve) => setTimeout(resolve, 1_500));

    for (const operation of OPERATIONS) {
      it(`SIGKILL of the whole tree before and after each call of ${operation}`, async () => {
        const variants = Array.from({ length: CALLS[operation] }, (_, index) => index + 1).flatMap((nth) => [
          { operation, nth, when: "before" },
          { operation, nth, when: "after" },
        ]);
        await each(2, variants, async (at, { nth, when }) => {
          let struck = false;
          const kill = async () => {
            struck = true;
            await at.stack.kill();
          };
          at.proxy.rule({
            nth,
            fault: when === "before" ? { kind: "run", before: kill } : { kind: "run", after: kill },
          });
          await at.act();
          assert.ok(struck, `there was no call ${nth}`);
        });
      });
    }

    const changing = OPERATIONS.map((operation) => ({
      operation,
      action: operation === "destroy" ? "DeleteAccessKey" : "CreateAccessKey",
    }));

    it("the engine alone killed: the provider's process outlives it, and stops", async () => {
      const variants = changing.flatMap((change) => [change, { ...change, action: "TagUser" }]);
      await each(2, variants, async (at, { action }) => {
        at.proxy.rule({ action, nth: 1, fault: { kind: "run", before: () => at.stack.signal("SIGKILL") } });
        await at.act();
        // The orphan finishes its call, asks whether the engine is alive, and leaves the rest to the next run.
        await settled();
      });
    });

    it("Ctrl-C twice", async () => {
      await each(2, changing, async (at, { action }) => {
        const cancel = async () => {
          for (const _ of [1, 2]) {
            at.stack.signal("SIGINT");
            await new Promise((resolve) => setTimeout(resolve, 500));
          }
        };
        at.proxy.rule({ action, nth: 1, fault: { kind: "run", before: cancel } });
        await at.act();
        await settled();
      });
    });

    it("a backend that can't be written, from the first, a middle and the last call on", async () => {
      const variants = OPERATIONS.flatMap((operation) =>
        [1, Math.ceil(CALLS[operation] / 2), CALLS[operation]].map((nth) => ({ operation, nth })),
      );
      // Pulumi tries for half a minute to save, and does nothing else meanwhile.
      await each(variants.length, variants, async (at, { nth }) => {
        const folder = at.stack.stacksFolder;
        // A file in the folder's place: unlike missing permissions it stops root too.
        const block = () => {
          renameSync(folder, `${folder}.away`);
          writeFileSync(folder, "");
        };
        at.proxy.rule({ nth, fault: { kind: "run", after: block } });
        const { code } = await at.act();
        assert.notEqual(code, 0, "Pulumi says that it could not save");
        assert.ok(existsSync(`${folder}.away`));
        rmSync(folder);
        renameSync(`${folder}.away`, folder);
      });
    });

    it("are at least 30 cases", () => {
      console.log(`      ${total} cases`);
      assert.ok(total >= 30);
    });
  });
}
