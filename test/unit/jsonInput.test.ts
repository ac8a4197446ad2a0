import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { jsonInput } from "../../provider/program/jsonInput";
import { settled } from "../harness/outputs";

// What is refused however it is passed is in inputsTable.test.ts.
describe("a trigger's value", () => {
  const date = new Date("2026-11-25T10:00:00Z");
  const plain = [undefined, null, "a", "", 0, -1.5, true, [1, ["x"]], { a: { b: null } }];
  for (const [title, value, taken] of [
    ...plain.map((value) => [JSON.stringify(value), value, value]),
    ["a Date", date, date.toISOString()],
    ["one inside", { at: [date] }, { at: [date.toISOString()] }],
    ["one that comes as an output", pulumi.output(1).apply(() => date), date.toISOString()],
    ["one that comes as a promise", Promise.resolve(date), date.toISOString()],
  ] as [string, unknown, unknown][]) {
    it(`takes ${title} ${value === taken ? "as it is" : "by its ISO text"}`, async () => {
      assert.deepEqual(await settled(pulumi.output(jsonInput(value, "trigger"))), taken);
    });
  }

  class Money {}
  const itself: Record<string, unknown> = {};
  itself.inside = [itself];
  for (const [value, type, at = ""] of [
    [new Map([["a", 1]]), "a Map"],
    [{ a: [1, new Map()] }, "a Map", "\\.a\\[1\\]"],
    [new Set(), "a Set"],
    [new URL("https://example.com"), "a URL"],
    [new Money(), "a Money"],
    [10n, "a bigint"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [() => 1, "a function"],
    [Symbol("a"), "a symbol"],
    [new Date("never"), "an invalid Date"],
    [itself, "an object that holds itself", "\\.inside\\[0\\]"],
  ] as [unknown, string, string?][]) {
    it(`refuses ${type}, by its type and where it lies`, () => {
      assert.throws(
        () => jsonInput(value, "RotatedAccessKey ci: x"),
        new RegExp(`RotatedAccessKey ci: x${at} is ${type}`),
      );
    });
  }

  it("keeps a secret one secret", async () => {
    assert.equal(await pulumi.isSecret(pulumi.all([jsonInput(pulumi.secret(date), "trigger")])), true);
  });
});
