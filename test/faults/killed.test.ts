import assert from "node:assert/strict";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Run } from "../harness/pulumi/cli";
import { hastyPlugin } from "../harness/pulumi/pluginStack";
import type { Stack } from "../harness/pulumi/stack";
import { stand } from "../harness/pulumi/stand";
import { CALLS, KilledRun, type Operation, type Variant } from "../harness/shim/killedRun";

/** Before each call, and after the last one; "after n" is what "before n + 1" is. */
function everyCall(operation: Operation): Variant[] {
  const calls = Array.from({ length: CALLS[operation] }, (_, at): Variant => ({ operation, nth: at + 1 }));
  return [...calls, { operation, nth: CALLS[operation], when: "after" }];
}

const firstOf = (action: (operation: Operation) => string) => (operation: Operation) => [
  { operation, action: action(operation), nth: 1 },
];
const firstChange = firstOf((operation) => (operation === "destroy" ? "DeleteAccessKey" : "CreateAccessKey"));
const firstTag = firstOf(() => "TagUser");

/** What goes on at once in a run. */
const GROUPS: Record<string, Operation[]> = { "creations and rotations": ["create", "rotate"], destroys: ["destroy"] };

/** `npm run test:faults` has all; what is not in `npm test` is held by test/engine/interrupted.test.ts, or by another run here. */
const IS_ALL = process.env.FAULTS === "all";

const plugin = hastyPlugin();
after(async () => (await plugin).remove());

for (const [title, mountOf] of Object.entries<() => Promise<string | undefined>>({
  "the dynamic provider": async () => undefined,
  // The core is the same; what differs is how a plugin ends with its engine, and what that then does.
  "the provider plugin": async () => (await plugin).folder,
})) {
  describe(`killed, cancelled and unsaved runs of the real engine, with ${title}`, function () {
    this.timeout(400_000);
    const at = stand();

    const settled = () => new Promise((resolve) => setTimeout(resolve, 1_500));

    /** @param then what follows where the provider outlives the fault */
    async function disturbed(
      variants: Variant[],
      fault: (stack: Stack) => unknown,
      then?: (run: Run, stack: Stack) => unknown,
    ): Promise<void> {
      const killed = await KilledRun.begin(at.endpoint.url, variants, await mountOf());
      try {
        killed.disturb(() => fault(killed.stack), !then);
        const run = await killed.act();
        assert.equal(killed.missing(), 0, `each operation came to its call: ${run.text}`);
        await then?.(run, killed.stack);
        await killed.recover();
      } finally {
        await killed.end();
      }
    }

    for (const [what, operations] of Object.entries(GROUPS)) {
      it(`SIGKILL of the whole tree before each call of ${what}, and after the last`, () =>
        disturbed(operations.flatMap(everyCall), (stack) => stack.kill()));
      if (title === "the provider plugin") continue;

      if (!IS_ALL && what === "destroys") continue;
      it(`the engine alone killed in ${what}: the provider's process outlives it, and stops`, () =>
        // The orphan finishes its calls, asks whether the engine is alive, and leaves the rest to the next run.
        disturbed(
          [firstTag, firstChange].flatMap((variants) => operations.flatMap(variants)),
          (stack) => stack.signal("SIGKILL"),
          settled,
        ));

      if (!IS_ALL) continue;
      it(`Ctrl-C twice in ${what}`, () =>
        disturbed(
          operations.flatMap(firstChange),
          async (stack) => {
            for (const _ of [1, 2]) {
              stack.signal("SIGINT");
              await new Promise((resolve) => setTimeout(resolve, 500));
            }
          },
          settled,
        ));
    }
    if (!IS_ALL || title === "the provider plugin") return;

    it("a backend that can't be written, from the first call on", async () => {
      const block = ({ stacksFolder: folder }: Stack) => {
        // A file in the folder's place: unlike missing permissions it stops root too.
        renameSync(folder, `${folder}.away`);
        writeFileSync(folder, "");
      };
      const unblock = ({ code }: Run, { stacksFolder: folder }: Stack) => {
        assert.notEqual(code, 0, "Pulumi says that it could not save");
        assert.ok(existsSync(`${folder}.away`));
        rmSync(folder);
        renameSync(`${folder}.away`, folder);
      };
      // Pulumi tries for half a minute to save, resource by resource, and does nothing else meanwhile.
      const all = Object.values(GROUPS).flat();
      await Promise.all(all.map((operation) => disturbed([{ operation, nth: 1, when: "after" }], block, unblock)));
    });
  });
}
