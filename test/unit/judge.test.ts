import assert from "node:assert/strict";
import fc from "fast-check";
import { doubtIn, judge } from "../../provider/decide/judge";
import type { FoundKey } from "../../provider/model/accessKey";
import type { Journal } from "../../provider/model/journal";

const AT = "2026-11-01T12:00:00Z";
const minutes = (count: number) => new Date(Date.parse(AT) + count * 60_000);

type Parts = Partial<Journal>;
const journal = (parts: Parts): Journal => ({
  phase: "open",
  kind: "rotate",
  at: AT,
  owner: "me",
  operationId: "made-two",
  strangers: ["S"],
  ...parts,
});
const keys = (ids: string): FoundKey[] =>
  ids.split("").map((accessKeyId) => ({ accessKeyId, status: "Active", createdAt: AT }));

/** In a word: who is lost, or why it is refused and which keys are named. */
function word(at: Parts | undefined, unknown: string, operationId: string | undefined, now = minutes(1)): string {
  const verdict = judge(at && journal(at), keys(unknown), operationId, { owner: "me", now });
  if ("lost" in verdict) return `lost: ${verdict.lost}`;
  const ids = verdict.keys.map(({ accessKeyId }) => accessKeyId);
  return `${verdict.refusal}: ${ids}${verdict.alsoLost?.length ? ` beside ${verdict.alsoLost}` : ""}`;
}

describe("judge: what a key is that the state does not know", () => {
  const saved = "made-one";
  const none = undefined;
  const signedItself: Parts = { phase: "done", kind: "delete", operationId: "old-one", strangers: [], made: "L" };
  const table: [string, Parts | undefined, string, string | undefined, string][] = [
    ["without a journal: a stranger's", none, "X", saved, "lost: "],
    [
      "beside our last operation, which was saved: a stranger's",
      { operationId: saved, made: "C" },
      "X",
      saved,
      "lost: ",
    ],
    ["the same, closed", { operationId: saved, phase: "done" }, "X", saved, "lost: "],
    [
      "beside our last operation, which was in doubt: nobody can tell",
      { operationId: saved, phase: "done", doubt: true },
      "XS",
      saved,
      "unclear: X",
    ],
    ["the same, and no key is unknown", { operationId: saved, phase: "done", doubt: true }, "S", saved, "lost: "],
    [
      "a destroy that its last key signed has not deleted that one: handed out",
      signedItself,
      "LX",
      none,
      "handedOut: L,X",
    ],
    ["the same, and that key is gone: a stranger's", signedItself, "X", none, "lost: "],
    ["the same, of another owner: a stranger's", { ...signedItself, owner: "you" }, "X", none, "lost: "],
    ["our operation died with it made: it is lost", { made: "X" }, "XS", saved, "lost: X"],
    ["a creation of ours died, and there is no state", { made: "X" }, "X", none, "lost: X"],
    ["our operation died, and names none: nobody can tell", {}, "X", saved, "unclear: X"],
    ["our operation died, and names another: nobody can tell", { made: "C" }, "X", saved, "unclear: X"],
    [
      "beside a lost one there are others: they are asked about, and the way that gives up the journal deletes that first",
      { made: "X" },
      "YXSZ",
      saved,
      "unclear: Y,Z beside X",
    ],
    ["our operation died, and all is known", { made: "C" }, "S", saved, "lost: "],
    ["handed out, and the state does not know it", { phase: "done", made: "X" }, "XS", saved, "handedOut: X"],
    ["handed out, and there is no state", { phase: "done" }, "X", none, "handedOut: X"],
    ["nothing new since an operation that was handed out", { phase: "done" }, "S", saved, "lost: "],
    [
      "of another instance under our name, handed out: another resource, whatever is there",
      { phase: "done", operationId: "other-one" },
      "",
      saved,
      "otherInstance: ",
    ],
    ["the same, where we have no state", { phase: "done", operationId: "other-one" }, "X", none, "handedOut: X"],
    [
      "of another instance, which died with it made: lost",
      { operationId: "other-one", made: "X" },
      "X",
      saved,
      "lost: X",
    ],
    ["another owner's, at work", { owner: "other" }, "", saved, "atWork: "],
    ["another owner's, at work, whatever is there", { owner: "other", made: "X" }, "XS", saved, "atWork: X,S"],
    ["another owner's, handed out", { owner: "other", phase: "done" }, "XS", saved, "otherOwner: X,S"],
    ["another owner that has left", { owner: "other", phase: "void" }, "X", saved, "lost: "],
    ["ended with nothing of ours left", { phase: "void", made: "X" }, "X", saved, "lost: "],
  ];
  for (const [title, at, unknown, operationId, expected] of table) {
    it(title, () => assert.equal(word(at, unknown, operationId), expected));
  }

  it("another owner is at work for as long as an operation can last", () => {
    const other = { owner: "other" };
    assert.equal(word(other, "X", saved, new Date(minutes(10).getTime() - 1)), "atWork: X");
    assert.equal(word(other, "X", saved, minutes(10)), "otherOwner: X");
  });

  // Holds: "The journal names a key as lost only if one of our operations made it"
  it("takes a key for lost only if an open journal of ours, of another operation, names it as made", () => {
    const any = fc.record({
      phase: fc.constantFrom<Journal["phase"]>("open", "done", "void"),
      owner: fc.constantFrom("me", "other"),
      operationId: fc.constantFrom("made-one", "made-two"),
      made: fc.constantFrom("X", "C", ""),
      strangers: fc.constantFrom<string[]>([], ["S"]),
    });
    fc.assert(
      fc.property(any, (parts) => {
        const verdict = word(parts, "X", saved);
        const died = parts.phase === "open" && parts.owner === "me" && parts.operationId === "made-two";
        assert.equal(verdict === "lost: X", died && parts.made === "X", verdict);
      }),
    );
  });
});

describe("doubtIn: whether an operation of ours that died may still make a key", () => {
  const table: [string, Parts | undefined, number, boolean][] = [
    ["it has begun, and named none", {}, 1, true],
    ["it has begun so long ago that it has ended", {}, 10, false],
    ["it has named its key", { made: "X" }, 1, false],
    ["it has named its key, after an answer that told nothing", { made: "X", doubt: true }, 1, true],
    ["it was in doubt so long ago that it has ended", { made: "X", doubt: true }, 10, false],
    ["it has ended", { phase: "done" }, 1, false],
    ["it is another owner's", { owner: "other" }, 1, false],
    ["it is the one that our state comes from", { operationId: "made-one" }, 1, false],
    ["there is none", undefined, 1, false],
  ];
  for (const [title, at, age, expected] of table) {
    it(`${title}: ${expected ? "yes" : "no"}`, () => {
      const { doubt } = doubtIn(at && journal(at), "made-one", { owner: "me", now: minutes(age) });
      assert.equal(doubt === true, expected);
    });
  }
});
