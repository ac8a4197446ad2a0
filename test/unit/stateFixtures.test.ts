// Every shape of state that a released version wrote stays readable. test/fixtures/ has a file for each of them.
//
// A later version that writes another shape: raise the version in package.json, run
// `npx ts-node --transpile-only test/fixtures/record.ts && npm run format`, and commit the new file beside the old ones.
// The tests below find it by its name. Never record a released version again.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { PATIENCE } from "../../provider/act/dependencies";
import { pickInputs, toManagedKeys, toPending } from "../../provider/lifecycle/record";
import { managedIds } from "../../provider/model/managedKeys";
import { FILE, type RecordedState, record, VERSION } from "../fixtures/record";
import { ProviderAsStored } from "../harness/aws/asStored";
import { FakeClock, MemoryIam } from "../harness/aws/memoryIam";

type Props = Record<string, unknown>;

const folder = join(__dirname, "..", "fixtures");
const files = readdirSync(folder).filter((name) => /^state-.*\.json$/.test(name));
const read = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8")) as RecordedState[];

/** The user as it was when the state was written, with one more key, which somebody made by hand. */
function begin({ user, outputs }: RecordedState) {
  const clock = new FakeClock();
  clock.time = Date.parse("2026-12-01T00:00:00Z");
  const iam = new MemoryIam(clock, user.arn);
  Object.assign(iam, structuredClone({ ...user, slots: user.slots + 1, journal: user.journal }));
  for (let made = 0; made < 9; made++) iam.addKey(); // so that new ids are other ones
  iam.keys = structuredClone(user.keys);
  const stranger = { ...iam.addKey(), accessKeyId: "AKIASTRANGER00000000" };
  iam.keys.splice(-1, 1, stranger);
  const said: string[] = [];
  let ids = 0;
  const provider = new ProviderAsStored({
    connect: () => iam,
    clock,
    patience: PATIENCE,
    env: {},
    say: (line) => said.push(line),
    engine: { newId: () => `1000000${++ids}`, isGone: async () => false, leave: () => {} },
  });
  const others = iam.ids().filter((id) => !managedIds(toManagedKeys(outputs)).includes(id));
  return { iam, provider, clock, said, others };
}

/** What today's program passes for the resource that this state is of. */
function inputsOf({ outputs, asks }: RecordedState): Props {
  const inputs = { journalOwner: "0123456789ab", ...pickInputs(outputs), ...asks, __provider: outputs.__provider };
  return JSON.parse(JSON.stringify(inputs)) as Props;
}

/** Names and kinds of what is in a value, all the way down. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)]));
}

for (const file of files) {
  describe(`a state that version ${/state-(.*)\.json/.exec(file)?.[1]} wrote`, () => {
    for (const recorded of read(file)) {
      const { outputs, mends } = recorded;
      describe(recorded.title, () => {
        it("is read with the keys that it names", () => {
          const { current, previous, toDelete, userId } = toManagedKeys(outputs);
          const id = (name: string) => (outputs[name] as { accessKeyId: string } | undefined)?.accessKeyId;
          assert.deepEqual([current?.accessKeyId, previous?.accessKeyId], [id("current"), id("previous")]);
          assert.deepEqual(toDelete, (outputs.unfinished as Props | undefined)?.keys ?? []);
          assert.equal(userId, recorded.user.userId);
        });

        it(`passes today's check, and shows ${mends ? "that there is something to mend" : "no change"}`, async () => {
          const { provider, iam, said } = begin(recorded);
          const news = inputsOf(recorded);
          const { failures } = await provider.check(outputs, { ...news, run: { isPreview: true } });
          const { changes, replaces = [] } = await provider.diff("id", outputs, news);
          // Of deactivated keys the program speaks.
          const told = toPending(outputs).filter(({ because }) => because !== "deactivated");
          assert.deepEqual([failures, changes, replaces, said.length], [[], mends, [], mends ? 1 : told.length]);
          assert.deepEqual(iam.calls, []);
        });

        it("survives a refresh, with nothing lost and nothing made up", async () => {
          const { provider, iam } = begin(recorded);
          const { id, props } = await provider.read("id", outputs);
          assert.equal(id, "id");
          assert.deepEqual(managedIds(toManagedKeys(props ?? {})), managedIds(toManagedKeys(outputs)));
          assert.deepEqual(pickInputs(props as Props), pickInputs(outputs));
          assert.equal(iam.count("DeleteAccessKey") + iam.count("CreateAccessKey"), 0);
        });

        it("is rotated, and only keys of ours go", async () => {
          const { provider, iam, clock, others } = begin(recorded);
          clock.time = Date.parse("2027-01-20T00:00:00Z"); // after every grace period
          const blocking = toPending(outputs).flatMap(({ blocked, accessKeyId = "" }) =>
            blocked ? [accessKeyId] : [],
          );
          iam.keys = iam.keys.filter(({ accessKeyId }) => !blocking.includes(accessKeyId));
          const was = toManagedKeys(outputs).current;
          const works = iam.keys.some((key) => key.accessKeyId === was?.accessKeyId && key.status === "Active");
          const news = { ...inputsOf(recorded), rotationTrigger: "the next" };
          const { outs } = await provider.update("id", outputs, news);
          const { current, previous } = toManagedKeys(outs);
          assert.notEqual(current?.accessKeyId, was?.accessKeyId);
          if (works) assert.deepEqual(previous, was);
          const ids = [current?.accessKeyId, previous?.accessKeyId, ...others].filter(
            (id) => id && !blocking.includes(id),
          );
          assert.deepEqual(iam.ids().sort(), ids.sort());
          assert.equal((await provider.diff("id", outs, news)).changes, false);
        });

        it("is deleted, and only keys of ours go", async () => {
          const { provider, iam, others } = begin(recorded);
          await provider.delete("id", outputs);
          assert.deepEqual(iam.ids(), others);
        });
      });
    }
  });
}

describe("the state that is written today", () => {
  it(`has the shape of ${basename(FILE)}`, async () => {
    const [then, now] = [read(basename(FILE)), await record()].map((states) =>
      states.map(({ title, outputs }) => [title, shapeOf(outputs)]),
    );
    const todo = `If ${VERSION} is not released yet, record it again; else this is a new shape. See the top of this test.`;
    assert.deepEqual(now, then, todo);
  });
});
