import assert from "node:assert/strict";
import fc from "fast-check";
import { type Command, History } from "../support/history";

const strike = fc.option(
  fc.record({
    at: fc.nat({ max: 8 }),
    fault: fc.constantFrom("before", "lostReply", "killBefore", "killAfter", "denied", "throttled"),
  }),
  { nil: undefined, freq: 2 },
) as fc.Arbitrary<Extract<Command, { do: "up" }>["strike"]>;

const trigger = fc.nat({ max: 3 });
const nth = fc.nat({ max: 2 });

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant("up" as const), trigger, strike }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("up" as const), trigger, unsaved: fc.constant(true) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("refresh" as const), strike }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("destroy" as const), strike }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("replace" as const), strike }) },
  { weight: 1, arbitrary: fc.constant({ do: "loseState" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "backup" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "restore" as const }) },
  { weight: 2, arbitrary: fc.constant({ do: "addKey" as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("deleteKey" as const), nth }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("deactivateKey" as const), nth }) },
  { weight: 1, arbitrary: fc.constant({ do: "remakeUser" as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("otherStackUp" as const), trigger }) },
);

/** Runs a history to its end, then runs `up` undisturbed, and holds the invariants against what is there. */
async function live(commands: Command[], slots: number): Promise<void> {
  const history = new History();
  history.iam.slots = slots;
  for (const at of commands) {
    const calls = history.iam.calls.length;
    const ending = await history.run(at);
    // An `up` with the recorded inputs asks AWS nothing, so it mends nothing either.
    const idle = history.iam.calls.length === calls;
    assert.deepEqual(history.crimes, [], `after ${JSON.stringify(at)}`);
    if (at.do === "up" && ending === "ok" && !at.unsaved && !idle) checkSaved(history);
  }
  // Twice, since the first may only settle what was left; then nothing may change any more.
  const endings = [];
  for (let run = 0; run < 3; run++) endings.push(await history.run({ do: "up", trigger: 9 }));
  assert.deepEqual(history.crimes, []);
  assert.equal(endings[1], endings[2], `no rest: ${endings}; ${history.messages.slice(-3).join("\n")}`);
  if (endings[2] === "ok") checkSaved(history);
  else
    assert.match(
      history.messages.at(-1) ?? "",
      /Then run again|then run again|Run again|run again after|Delete|from one stack/,
    );
}

/** After a successful `up`: what the state holds works, and no key is left whose secret no state ever held. */
function checkSaved({ iam, state, handBroken, handedOut, handMade, saved }: History): void {
  const current = state?.outputs.current as { accessKeyId: string; secretAccessKey: string } | undefined;
  assert.ok(current, "a saved state has a current key");
  const key = iam.keys.find((at) => at.accessKeyId === current.accessKeyId);
  if (!handBroken.has(current.accessKeyId)) {
    assert.equal(key?.status, "Active", `current ${current.accessKeyId} does not work`);
    assert.equal(key?.secretAccessKey, current.secretAccessKey);
  }
  for (const id of iam.ids()) {
    assert.ok(
      saved.has(id) || handedOut.has(id) || handMade.has(id),
      `${id} is left behind, and nobody has its secret`,
    );
  }
}

describe("random histories", function () {
  this.timeout(3_600_000);
  // `npm run test:soak` goes on for as long as it is told; an ordinary run does a fixed number.
  const minutes = Number(process.env.SOAK_MINUTES ?? 0);
  const bound = minutes > 0 ? { interruptAfterTimeLimit: minutes * 60_000 } : {};
  const runs = minutes > 0 ? 1_000_000_000 : Number(process.env.HISTORIES ?? 10_000);

  it(`of ${minutes > 0 ? `${minutes} minutes` : `${runs} stacks`}: no live key deleted, none left behind, and each comes to rest`, async () => {
    await fc.assert(fc.asyncProperty(fc.array(command, { maxLength: 12 }), fc.constantFrom(2, 2, 3), live), {
      numRuns: runs,
      ...bound,
    });
  });

  it("one trigger value is one rotation, however often a broken up is repeated", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(strike, { maxLength: 6 }), async (strikes) => {
        const history = new History();
        await history.run({ do: "up", trigger: 0 });
        await history.run({ do: "up", trigger: 1 });
        const before = history.state?.outputs.currentAccessKeyId;
        for (const at of strikes) await history.run({ do: "up", trigger: 2, strike: at });
        const ending = await history.run({ do: "up", trigger: 2 });
        if (ending !== "ok") return; // a refusal: covered above
        assert.notEqual(history.state?.outputs.currentAccessKeyId, before);
        assert.equal(history.state?.outputs.previousAccessKeyId, before, "rotated once, not more often");
      }),
      { numRuns: Math.min(runs / 5, 100_000) },
    );
  });
});

// Found by the property test, shrunk, and mended since: each stands for a way in which a key was left behind.
describe("histories that once went wrong", () => {
  const first: Command = { do: "up", trigger: 0 };
  const up = (
    trigger: number,
    at: number,
    fault: NonNullable<Extract<Command, { do: "up" }>["strike"]>["fault"],
  ): Command => ({
    do: "up",
    trigger,
    strike: { at, fault },
  });

  it("a lost key that can't be deleted in the run that finds it is found by the next", () =>
    live([up(0, 4, "killBefore"), up(0, 7, "denied")], 3));

  it("two crashes one after the other leave two lost keys to nobody", () =>
    live([up(0, 3, "killAfter"), up(0, 6, "killBefore")], 2));

  it("a recorded key deleted by hand, a crash, and a denied clean-up", () =>
    live([first, { do: "deleteKey", nth: 0 }, up(1, 6, "killBefore"), up(1, 5, "denied")], 2));

  it("an open journal whose reply got lost does not cover the one that tells of a lost key", () =>
    live([up(0, 3, "killAfter"), { do: "refresh" }, { do: "loseState" }, up(0, 4, "lostReply")], 2));

  it("a key handed out by a run that was killed as it said so is named, even if nothing else is to be done", () =>
    live([first, up(3, 5, "before"), up(0, 6, "killAfter"), { do: "up", trigger: 3 }], 3));

  it("a journal that a second run could not close either is closed by the third, before its keys are handed out", () =>
    live([first, up(1, 5, "before"), up(0, 2, "before"), first, { do: "restore" }], 2));
});
