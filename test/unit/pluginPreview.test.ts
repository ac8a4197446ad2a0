import assert from "node:assert/strict";
import fc from "fast-check";
import { PATIENCE } from "../../provider/act/dependencies";
import { toPending } from "../../provider/lifecycle/record";
import type { World } from "../../provider/lifecycle/session";
import { isBlocked } from "../../provider/model/pending";
import { hasUnknowns, UNKNOWN } from "../../provider/model/unknowns";
import { AccessKeyMount, HalfDone } from "../../provider/plugin/keys";
import { type Bag, fromStruct, isSecret, plainBag, secret, toStruct } from "../../provider/plugin/wire";
import { FakeClock, MemoryIam } from "../harness/aws/memoryIam";
import { denied } from "../harness/scene";

const URN = "urn:pulumi:dev::program::aws-iam-rotator:index:RotatedAccessKey::ci";
const HOUR = 3_600_000;

/** One run of `pulumi up`, and what has happened before it. */
const RUN = fc.record({
  rotationTrigger: fc.constantFrom(undefined, "1", "2", 2, { a: [1.5, { b: "3" }] }, secret("hushed-1"), {
    a: secret("hushed-2"),
  }),
  revocationTrigger: fc.constantFrom(undefined, undefined, undefined, "1", secret("hushed-3")),
  rotateEvery: fc.constantFrom(undefined, "10d", "90d"),
  gracePeriod: fc.constantFrom(undefined, "2d"),
  deactivatePeriod: fc.constantFrom(undefined, "3d"),
  lastUsedGuard: fc.constantFrom(undefined, "1d"),
  hours: fc.constantFrom(0, 1, 30, 80, 300),
  before: fc.constantFrom("nothing", "nothing", "use", "adopt", "drift", "refresh"),
  /** What the preview does not know yet. */
  unknown: fc.constantFrom(
    "",
    "rotationTrigger",
    "revocationTrigger",
    "state",
    "rotateEvery",
    "gracePeriod",
    "deactivatePeriod",
    "lastUsedGuard",
  ),
  failsAt: fc.constantFrom(0, 0, 0, 3, 4, 5, 6, 7),
});

describe("what the plugin foretells", () => {
  it("is what the update does, and no secret stands outside the marks of secrets", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(RUN, { minLength: 2, maxLength: 10 }), async (runs) => {
        const clock = new FakeClock();
        const iam = new MemoryIam(clock);
        let ids = 0;
        const said: string[] = [];
        const engine = { newId: () => String(++ids), isGone: async () => false, leave: () => {} };
        const say = (line: string) => said.push(line);
        const world: World = { connect: () => iam, clock, patience: PATIENCE, engine, env: {}, say } as never;
        const process = () => new AccessKeyMount(world);
        let state: Bag | undefined;
        let hasFailed = false;
        for (const { hours, before, unknown, failsAt, ...given } of runs) {
          clock.time += hours * HOUR;
          if (!given.gracePeriod) given.deactivatePeriod = undefined;
          const inputs: Bag = { userArn: iam.arn, ...given };
          const [key] = iam.keys;
          if (before === "use" && key) {
            const at = `${clock.now().toISOString().slice(0, 19)}Z`;
            iam.used.set(key.accessKeyId, { at, service: "s3", region: "us-east-1" });
          }
          if (before === "adopt" && iam.keys.length < 2) inputs.state = { current: iam.addKey() };
          if (inputs.state) inputs.state = { current: pickPair(inputs.state as { current: Bag }) };
          if (before === "drift" && key) key.status = "Inactive";
          // What is recorded has to be so: nobody foretells what only AWS knows.
          const isRead = before === "drift" || before === "refresh" || hasFailed;
          if (state && isRead) state = sent(await process().read(iam.arn, state));
          const { inputs: checked, failures } = process().check(URN, {}, sent(inputs));
          assert.deepEqual(failures, []);
          const news = sent(checked);
          said.length = 0;
          const known = unknown in news ? sent({ ...news, [unknown]: UNKNOWN }) : news;
          const foretold = await applied(process(), state, known, true);
          // Whether a known key that is not managed takes the slot, only AWS knows.
          const isOpen = said.some((line) => /will be refused|It is blocked if/.test(line));
          let calls = 0;
          iam.fault = (call) => (++calls === failsAt ? denied(call) : undefined);
          const failure = (await applied(process(), state, news, false).then(
            (outputs) => {
              state = outputs ? sent(outputs) : state;
              const done = plainBag(outputs ?? state ?? {});
              if (isOpen || failsAt) return;
              if (!foretold) return assert.equal(outputs, undefined);
              const gone = Object.keys(done).filter((name) => done[name] !== null && !(name in foretold));
              assert.deepEqual(gone, [], "is shown as gone");
              for (const [name, value] of Object.entries(plainBag(sent(foretold)))) {
                if (!hasUnknowns(value)) assert.deepEqual(done[name] ?? null, value, `${name}, ${said.at(-1)}`);
              }
            },
            (error: Error) => error,
          )) as Error | undefined;
          iam.fault = () => undefined;
          if (failure instanceof assert.AssertionError) throw failure;
          hasFailed = failure !== undefined || isBlocked(toPending(plainBag(state ?? {})));
          if (failure instanceof HalfDone) state = sent(failure.outputs);
          const seen = [foretold, news, state].map(withoutSecrets).join() + said.join() + failure?.message;
          assert.doesNotMatch(seen, /secret-of-|hushed/);
          assert.doesNotMatch(seen, /undefined was/);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** As a bag arrives at the other end. */
function sent(bag: Bag): Bag {
  return fromStruct(toStruct(bag));
}

function pickPair({ current: { accessKeyId, secretAccessKey } }: { current: Bag }): Bag {
  return { accessKeyId, secretAccessKey };
}

/** What the engine does with checked inputs; `undefined` where nothing changes. */
async function applied(keys: AccessKeyMount, state: Bag | undefined, news: Bag, preview: boolean) {
  if (!state) return (await keys.create(news, preview)).outputs;
  const { changes } = await keys.diff(state, news);
  return changes ? keys.update(state, news, preview) : undefined;
}

function withoutSecrets(value: unknown): string {
  return JSON.stringify(value, (_, part) => (isSecret(part) ? "[secret]" : part)) ?? "";
}
