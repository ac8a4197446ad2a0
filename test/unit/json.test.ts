import assert from "node:assert/strict";
import fc from "fast-check";
import { sameValue } from "../../provider/model/json";
import { hasUnknowns, UNKNOWN } from "../../provider/model/unknowns";

describe("hasUnknowns", () => {
  const table: [string, unknown, boolean][] = [
    ["the sentinel", UNKNOWN, true],
    ["deep in objects and lists", { a: [1, { b: [UNKNOWN] }] }, true],
    ["a text that only holds the sentinel", `x${UNKNOWN}`, false],
    ["known values", { a: [1, null, "x"] }, false],
    ["nothing", undefined, false],
    ["null", null, false],
  ];
  for (const [title, value, expected] of table) it(title, () => assert.equal(hasUnknowns(value), expected));
});

describe("sameValue", () => {
  const table: [string, unknown, unknown, boolean][] = [
    ["equal JSON, whatever the order of its properties", { a: 1, b: [2] }, { b: [2], a: 1 }, true],
    ["a list in another order", [1, 2], [2, 1], false],
    ["a number and its text", 1, "1", false],
    ["nothing and null", undefined, null, true],
    ["nothing and an empty text", undefined, "", false],
    ["false and nothing", false, undefined, false],
    ["an unknown and a value", UNKNOWN, 1, false],
    ["two unknowns: nobody can know", UNKNOWN, UNKNOWN, false],
    ["two unknowns deep inside", { a: [UNKNOWN] }, { a: [UNKNOWN] }, false],
    ["an unknown beside what is equal", { a: 1, b: UNKNOWN }, { a: 1, b: 2 }, false],
  ];
  for (const [title, a, b, expected] of table) {
    it(`${title}: ${expected ? "same" : "different"}`, () => {
      assert.deepEqual([sameValue(a, b), sameValue(b, a)], [expected, expected]);
    });
  }

  it("any JSON value that a state can hold is the same as its copy", () => {
    const copy = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
    const stored = fc.jsonValue().map(copy); // a state file holds no -0
    fc.assert(fc.property(stored, (value) => sameValue(value, copy(value))));
  });
});
