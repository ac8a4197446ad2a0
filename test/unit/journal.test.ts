import assert from "node:assert/strict";
import fc from "fast-check";
import { formatJournal, instanceOf, type Journal, parseJournal } from "../../provider/model/journal";

const PHASE = fc.constantFrom<Journal["phase"]>("open", "done", "void");
const journal = (parts: Partial<Journal> = {}): Journal => ({
  phase: "open",
  kind: "rotate",
  at: "2026-11-01T12:00:00Z",
  owner: "0123456789ab",
  operationId: "01234567-89abcdef",
  strangers: [],
  ...parts,
});

describe("the journal's tag", () => {
  const id = fc.stringMatching(/^AKIA[A-Z0-9]{16}$/);
  it("says what was written, within what AWS allows for a tag's value", () => {
    fc.assert(
      fc.property(
        fc.array(id, { maxLength: 5 }),
        PHASE,
        fc.option(id),
        fc.boolean(),
        (strangers, phase, made, doubt) => {
          const written = journal({ strangers, phase, ...(made && { made }), ...(doubt && { doubt: true }) });
          const value = formatJournal(written);
          assert.match(value, /^[A-Za-z0-9 _.:/=+@-]{1,256}$/);
          assert.deepEqual(parseJournal(value), written);
        },
      ),
    );
  });

  it("names as many strangers as fit: a key that it does not name is asked about, and never deleted", () => {
    const strangers = Array.from({ length: 12 }, (_, index) => `AKIAIOSFODNN7EXAMP${10 + index}`);
    const read = parseJournal(formatJournal(journal({ strangers, made: "AKIAIOSFODNN7EXAMPLE", doubt: true })));
    assert.deepEqual([read?.strangers, read?.made], [strangers.slice(0, 6), "AKIAIOSFODNN7EXAMPLE"]);
  });

  it("holds no other letters than a tag may", () => {
    assert.throws(() => formatJournal(journal({ owner: "somebody's" })), /a tag can't hold/);
  });

  it("is nothing if damaged: no character may go unnoticed", () => {
    const value = formatJournal(journal({ phase: "done", made: "AKIAIOSFODNN7EXAMPLE" }));
    for (const broken of ["", "x", value.slice(0, -40), value.replace("v1", "v2"), value.replace("done", "open")]) {
      assert.equal(parseJournal(broken), undefined);
    }
    for (const around of [`x ${value}`, `${value} x`, `${value} sum=000000`]) {
      assert.equal(parseJournal(around), undefined);
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

  it("uses the whole length that AWS allows: a stranger that fits is named", () => {
    const strangers = ["AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPL2"];
    const short = journal({ strangers });
    const owner = short.owner.padEnd(short.owner.length + 256 - formatJournal(short).length, "0");
    const value = formatJournal(journal({ strangers, owner }));
    assert.equal(value.length, 256);
    assert.deepEqual(parseJournal(value)?.strangers, strangers);
    assert.deepEqual(
      parseJournal(formatJournal(journal({ strangers, owner: `${owner}0` })))?.strangers,
      strangers.slice(0, 1),
    );
  });
});

describe("an operation's id", () => {
  it("begins with that of the resource's creation, in full: two resources differ in any letter of it", () => {
    assert.equal(instanceOf("0123abcd-89abcdef"), "0123abcd");
    assert.notEqual(instanceOf("0123abcd-89abcdef"), instanceOf("0123abce-89abcdef"));
  });
  it("tells nothing of a resource that has none", () => assert.equal(instanceOf(undefined), ""));
});
