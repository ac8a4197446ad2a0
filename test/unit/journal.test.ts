import assert from "node:assert/strict";
import fc from "fast-check";
import type { FoundKey } from "../../provider/model/accessKey";
import { formatJournal, type Journal, judge, parseJournal, type Reader } from "../../provider/model/journal";

const AT = "2026-11-01T12:00:00Z";
const minutes = (count: number) => new Date(Date.parse(AT) + count * 60_000);

const journal = (parts: Partial<Journal> = {}): Journal => ({
  phase: "open",
  kind: "rotate",
  at: AT,
  owner: "me",
  operationId: "made-two",
  runner: "machine.1",
  had: ["A", "S"],
  ...parts,
});
const key = (accessKeyId: string, at = AT): FoundKey => ({ accessKeyId, status: "Active", createdAt: at });
const reader = (parts: Partial<Reader> = {}): Reader => ({
  owners: ["me", "me before a rename"],
  operationId: "made-one",
  now: minutes(1),
  isRunning: () => false,
  ...parts,
});

/** In a word: who is lost, or why it is refused and which keys are named. */
function word(at: Journal | undefined, unknown: FoundKey[], by = reader()): string {
  const verdict = judge(at, unknown, by);
  const ids = ("lost" in verdict ? verdict.lost : verdict.keys).map(({ accessKeyId }) => accessKeyId).join();
  return "lost" in verdict ? `lost: ${ids}` : `${verdict.refusal}: ${ids}`;
}

describe("judge: what a key is that the state does not know", () => {
  const table: [string, Journal | undefined, FoundKey[], Reader, string][] = [
    ["without a journal: a stranger's", undefined, [key("X")], reader(), "lost: "],
    [
      "our last operation was saved: a stranger's",
      journal({ operationId: "made-one" }),
      [key("X")],
      reader(),
      "lost: ",
    ],
    ["our operation died: it is lost", journal(), [key("X")], reader(), "lost: X"],
    [
      "our operation died, under the name of before",
      journal({ owner: "me before a rename" }),
      [key("X")],
      reader(),
      "lost: X",
    ],
    [
      "a creation of ours died, and there is no state",
      journal(),
      [key("X")],
      reader({ operationId: undefined }),
      "lost: X",
    ],
    ["a key that was there before is a stranger's", journal(), [key("S")], reader(), "lost: "],
    ["made hours after the operation: a stranger's", journal(), [key("X", "2026-11-01T15:00:00Z")], reader(), "lost: "],
    ["made before the operation: a stranger's", journal(), [key("X", "2026-11-01T11:00:00Z")], reader(), "lost: "],
    ["a clock that is minutes behind does no harm", journal(), [key("X", "2026-11-01T11:55:00Z")], reader(), "lost: X"],
    [
      "two where one operation makes one: nobody can tell",
      journal(),
      [key("X"), key("Y")],
      reader(),
      "severalLost: X,Y",
    ],
    ["the operation's process still runs", journal(), [key("X")], reader({ isRunning: () => true }), "running: X"],
    ["it runs, and has made nothing yet", journal(), [], reader({ isRunning: () => true }), "running: "],
    ["on another machine, a minute ago", journal(), [key("X")], reader({ isRunning: () => undefined }), "running: X"],
    [
      "a process that lives on longer than any operation lasts: it is idle",
      journal(),
      [key("X")],
      reader({ isRunning: () => true, now: minutes(11) }),
      "lost: X",
    ],
    [
      "on another machine, longer ago than any operation lasts",
      journal(),
      [key("X")],
      reader({ isRunning: () => undefined, now: minutes(11) }),
      "lost: X",
    ],
    [
      "handed out, and the state does not know it",
      journal({ phase: "done" }),
      [key("X"), key("S")],
      reader(),
      "handedOut: X",
    ],
    [
      "handed out, and there is no state",
      journal({ phase: "done" }),
      [key("X")],
      reader({ operationId: undefined }),
      "handedOut: X",
    ],
    ["nothing new since an operation that was handed out", journal({ phase: "done" }), [key("S")], reader(), "lost: "],
    ["another owner's", journal({ owner: "other" }), [key("X"), key("S")], reader(), "otherOwner: X,S"],
    ["another owner's, handed out", journal({ owner: "other", phase: "done" }), [key("X")], reader(), "otherOwner: X"],
    ["another owner that has left", journal({ owner: "other", phase: "void" }), [key("X")], reader(), "lost: "],
    ["ended with nothing handed out", journal({ phase: "void" }), [key("X")], reader(), "lost: "],
  ];
  for (const [title, at, unknown, by, expected] of table) {
    it(title, () => assert.equal(word(at, unknown, by), expected));
  }

  it("never takes a key for lost without an open journal of ours that has ended", () => {
    const any = fc.record({
      phase: fc.constantFrom("open", "done", "void") as fc.Arbitrary<Journal["phase"]>,
      owner: fc.constantFrom("me", "other"),
      operationId: fc.constantFrom("made-one", "made-two"),
      running: fc.constantFrom(true, false, undefined),
    });
    fc.assert(
      fc.property(any, ({ running, ...parts }) => {
        const verdict = word(journal(parts), [key("X")], reader({ isRunning: () => running }));
        const died =
          parts.phase === "open" && parts.owner === "me" && parts.operationId === "made-two" && running === false;
        assert.equal(verdict === "lost: X", died, verdict);
      }),
    );
  });
});

describe("the journal's tag", () => {
  const id = fc.stringMatching(/^AKIA[A-Z0-9]{16}$/);
  it("says what was written, within what AWS allows for a tag's value", () => {
    fc.assert(
      fc.property(fc.array(id, { maxLength: 6 }), fc.constantFrom("open", "done", "void"), (had, phase) => {
        const written = journal({
          had,
          phase: phase as Journal["phase"],
          owner: "0123456789ab",
          operationId: "01234567-89abcdef",
          runner: "0123456789.4194304",
        });
        const value = formatJournal(written);
        assert.ok(value);
        assert.match(value, /^[A-Za-z0-9 _.:/=+@-]{1,256}$/);
        assert.deepEqual(parseJournal(value), written);
      }),
    );
  });

  it("that would not fit is not written", () => {
    assert.equal(formatJournal(journal({ had: Array.from({ length: 12 }, () => "AKIAIOSFODNN7EXAMPLE") })), undefined);
  });

  it("is nothing if damaged: no character may go unnoticed", () => {
    const value = formatJournal(journal({ phase: "done" })) ?? "";
    for (const broken of ["", "x", value.slice(0, -40), value.replace("v1", "v2"), value.replace("done", "open")]) {
      assert.equal(parseJournal(broken), undefined);
    }
    for (let at = 0; at < value.length; at++) {
      assert.equal(parseJournal(value.slice(0, at) + value.slice(at + 1)), undefined, `without its character ${at}`);
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.equal(parseJournal(text), undefined);
      }),
    );
  });
});
