import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { PATIENCE } from "../../provider/act/dependencies";
import { AT_ONCE, Queue } from "../../provider/act/queue";
import { AccessKeyProvider } from "../../provider/dynamic/provider";
import { FakeClock, MemoryIam } from "../harness/aws/memoryIam";
import { Stage } from "../harness/stage";

describe("operations that are under way at once", () => {
  /** Work that ends when it is told to. */
  class Works {
    begun: number[] = [];
    readonly #ends: (() => void)[] = [];
    run = (id: number) => () => {
      this.begun.push(id);
      return new Promise<number>((done) => (this.#ends[id] = () => done(id)));
    };
    end(id: number): void {
      this.#ends[id]?.();
    }
  }

  it("are no more than that, and the others begin in order as soon as one ends", async () => {
    const works = new Works();
    const queue = new Queue(2);
    const all = [0, 1, 2, 3].map((id) => queue.take(`user ${id}`, works.run(id)));
    await turn();
    assert.deepEqual(works.begun, [0, 1]);
    works.end(1);
    assert.equal(await all[1], 1);
    await turn();
    assert.deepEqual(works.begun, [0, 1, 2]);
    works.end(0);
    works.end(2);
    await turn();
    works.end(3);
    assert.deepEqual(await Promise.all(all), [0, 1, 2, 3]);
    const late = queue.take("user 4", works.run(4));
    await turn();
    works.end(4);
    assert.equal(await late, 4, "places that nobody waited for are free again");
  });

  it("make room when they fail", async () => {
    const queue = new Queue(1);
    const failures = [0, 1].map((id) => queue.take(`user ${id}`, () => Promise.reject(new Error("no"))));
    for (const failure of failures) await assert.rejects(failure, /^Error: no$/);
    assert.equal(await queue.take("user 2", async () => "yes"), "yes");
  });

  // Holds: "Within one process, the operations on a user run one after another"
  it("on one user go one after the other, whatever became of the one before, and hold up nobody else", async () => {
    const works = new Works();
    const queue = new Queue(9);
    const failing = queue.take("user", async () => {
      await works.run(0)();
      throw new Error("no");
    });
    const next = queue.take("user", works.run(1));
    const other = queue.take("another", works.run(3));
    await turn();
    assert.deepEqual(works.begun, [0, 3]);
    works.end(0);
    await assert.rejects(failing, /^Error: no$/);
    await turn();
    const last = queue.take("user", works.run(2));
    await turn();
    assert.deepEqual(works.begun, [0, 3, 1], "whoever comes when one has ended waits for the one that is at work");
    works.end(1);
    works.end(3);
    await turn();
    works.end(2);
    assert.deepEqual(await Promise.all([next, last, other]), [1, 2, 3]);
    assert.deepEqual(works.begun, [0, 3, 1, 2]);
  });

  it("are bounded for a whole stack: no further journal is opened meanwhile", async () => {
    const clock = new FakeClock();
    const count = AT_ONCE + 25;
    const users = Array.from({ length: count }, (_, i) => {
      const arn = `arn:aws:iam::123456789012:user/u${i}`;
      return { arn, iam: new MemoryIam(clock, arn) };
    });
    let mayGoOn = () => {};
    const held = new Promise<void>((go) => (mayGoOn = go));
    const provider = new AccessKeyProvider({
      connect: ({ userName }) => {
        const iam = users[Number(userName.slice(1))]?.iam;
        assert.ok(iam);
        const create = iam.createAccessKey.bind(iam);
        iam.createAccessKey = async () => {
          await held;
          return create();
        };
        return iam;
      },
      clock,
      patience: PATIENCE,
      engine: new Stage().engine,
      env: {},
      say: () => {},
    });
    const open = () => users.filter(({ iam }) => iam.journal?.startsWith("v1 open")).length;
    const creations = users.map(({ arn }) => provider.create({ userArn: arn, journalOwner: "owner" }));
    for (let turns = 0; turns < 50; turns++) await turn();
    assert.equal(open(), AT_ONCE);
    mayGoOn();
    await Promise.all(creations);
    assert.deepEqual([open(), users.filter(({ iam }) => iam.keys.length === 1).length], [0, count]);
  });
});
