import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { jsonInput } from "../../provider/program/jsonInput";

const known = (value: pulumi.Input<unknown>) =>
  new Promise<unknown>((resolve) => {
    pulumi.all([value]).apply(([it]) => resolve(it));
  });

describe("a trigger's value", () => {
  class Money {}
  const itself: Record<string, unknown> = {};
  itself.inside = [itself];

  for (const value of [undefined, null, "a", "", 0, -1.5, true, [1, ["x"]], { a: { b: null } }]) {
    it(`takes ${JSON.stringify(value)} as it is`, async () => {
      assert.deepEqual(await known(jsonInput(value, "trigger")), value);
    });
  }

  const date = new Date("2026-11-25T10:00:00Z");
  for (const [title, value, taken] of [
    ["a Date", date, date.toISOString()],
    ["one inside", { at: [date] }, { at: [date.toISOString()] }],
    ["one that comes as an output", pulumi.output(1).apply(() => date), date.toISOString()],
    ["one that comes as a promise", Promise.resolve(date), date.toISOString()],
  ] as const) {
    it(`takes ${title} by its ISO text`, async () => {
      assert.deepEqual(await known(jsonInput(value, "trigger")), taken);
    });
  }

  for (const [value, type] of [
    [new Map([["a", 1]]), "a Map"],
    [new Set(), "a Set"],
    [new URL("https://example.com"), "a URL"],
    [new Money(), "a Money"],
    [10n, "a bigint"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [() => 1, "a function"],
    [Symbol("a"), "a symbol"],
    [new Date("never"), "an invalid Date"],
    [itself, "an object that holds itself"],
  ] as const) {
    it(`refuses ${type}, by its name and type`, () => {
      const name = value === itself ? "trigger.inside[0]" : "trigger";
      assert.throws(
        () => jsonInput(value, "trigger"),
        new RegExp(`^Error: ${name.replace(/[[\]]/g, "\\$&")} is ${type}, which is no JSON value`),
      );
    });
  }

  it("refuses what lies deeper, with where it lies", () => {
    assert.throws(
      () => jsonInput({ a: [1, new Map()] }, "RotatedAccessKey ci: rotationTrigger"),
      /^Error: RotatedAccessKey ci: rotationTrigger\.a\[1\] is a Map/,
    );
  });

  it("keeps a secret one secret", async () => {
    assert.equal(await pulumi.isSecret(pulumi.all([jsonInput(pulumi.secret(date), "trigger")])), true);
  });
});
