import assert from "node:assert/strict";
import { differences, inOrder, inSequence, type Span } from "../../tools/bench/criticalPath";
import { bytesByPart, PARTS } from "../../tools/bench/fields";
import { chosen } from "../../tools/bench/index";
import { type Benchmark, ratiosOf, summarize } from "../../tools/bench/measurement";
import { cpuOf } from "../../tools/bench/program";
import { alternate } from "../../tools/bench/runs";

describe("npm run bench: figures", () => {
  it("summarizes values in any order, and none without inventing any", () => {
    assert.deepEqual(summarize([3, 1, 2]), { median: 2, min: 1, max: 3 });
    assert.deepEqual(summarize([10, 2, 4, 1]), { median: 3, min: 1, max: 10 });
    assert.deepEqual(summarize([]), { median: Number.NaN, min: Number.NaN, max: Number.NaN });
  });

  it("compares pair by pair, so that a slow moment counts for both", () => {
    const row = (...values: number[]) => ({ what: "", unit: "s", values });
    const ratios = ratiosOf({ what: "", of: row(2, 40, 3), over: row(1, 20, 2) });
    assert.deepEqual(ratios, [2, 2, 1.5]);
    assert.ok(Number.isNaN(ratiosOf({ what: "", of: row(2), over: row() })[0]));
  });

  it("warms up, then takes all variants in each round, every other round in reverse", async () => {
    const order: string[] = [];
    let value = 0;
    const variant = (name: string) => async () => {
      order.push(name);
      return ++value;
    };
    const taken = await alternate(() => {}, "test", { a: variant("a"), b: variant("b") }, 2);
    assert.equal(order.join(""), "abbaab");
    assert.deepEqual(taken, { a: [4, 5], b: [3, 6] }, "the warm-up is left out");
  });

  it("runs the benchmarks that are named, in their own order, all without a name, and none that is unknown", () => {
    const list = ["x", "y", "z"].map((name) => ({ name }) as Benchmark);
    const names = (...asked: string[]) => chosen(asked, list).map(({ name }) => name);
    assert.deepEqual(names("z", "x"), ["x", "z"]);
    assert.deepEqual(names(), ["x", "y", "z"]);
    assert.throws(() => names("x", "w"), /no benchmark w; there are x, y, z/);
  });

  it("reads the processor time of a shell's children", () => {
    assert.equal(cpuOf("0m0.010000s 0m0.020000s\n1m2.500000s 0m0.250000s\n"), 62.75);
    assert.equal(cpuOf(""), 0);
  });
});

describe("npm run bench: calls that wait for each other", () => {
  const span = (action: string, startedAt: number, endedAt: number): Span => ({ action, startedAt, endedAt });
  // a and b overlap; c waits for both, d overlaps with c alone.
  const calls = [span("a", 0, 10), span("b", 1, 12), span("c", 12, 20), span("d", 15, 30), span("e", 30, 31)];

  it("counts the longest row of them", () => {
    assert.equal(inSequence(calls), 3);
    assert.equal(inSequence([]), 0);
    // A long one beside three short ones: these are the row.
    assert.equal(inSequence([span("a", 0, 100), span("b", 0, 10), span("c", 20, 30), span("d", 40, 50)]), 3);
    assert.equal(inSequence([{ action: "a", startedAt: 0 }, span("b", 5, 6)]), 1, "one that never ended");
  });

  it("tells them in order, with what ran side by side", () => {
    assert.equal(inOrder(calls), "a + b, c + d, e");
    assert.equal(inOrder([]), "");
  });

  it("finds calls that no rule asks for, and those that are missing", () => {
    assert.deepEqual(differences(calls, [["a", "b"], ["c", "d"], ["e"]]), []);
    assert.deepEqual(differences([...calls, span("e", 40, 41)], [["a", "b", "f"], ["c", "d"], ["e"]]), [
      "1 more e than rules ask for",
      "1 fewer f than rules ask for",
    ]);
  });
});

describe("npm run bench: bytes of a resource", () => {
  const resource = {
    urn: "urn:ü",
    custom: true,
    inputs: { __provider: 'say "x"', userArn: "arn" },
    outputs: { __provider: 'say "x"', current: { ciphertext: "v1:abc" }, rotatedAt: "2026" },
    propertyDependencies: { userArn: [] },
    additionalSecretOutputs: ["current"],
    stackTrace: [{}],
    created: "2026",
  };

  it("add up to all of it", () => {
    const parts = bytesByPart(resource);
    const sum = [...parts.values()].reduce((a, b) => a + b, 0);
    // Without the outermost braces, and with a comma after the last entry.
    assert.equal(sum, Buffer.byteLength(JSON.stringify(resource)) - 1);
    assert.deepEqual(
      [...parts.keys()].filter((part) => !PARTS.includes(part)),
      [],
    );
  });

  it("are counted where they lie, names and escapes included", () => {
    const parts = bytesByPart(resource);
    const text = Buffer.byteLength('"__provider":"say \\"x\\"",');
    assert.equal(parts.get("`__provider`, in the inputs"), text);
    assert.equal(parts.get("`__provider`, in the outputs"), text);
    assert.equal(parts.get("secret outputs, encrypted"), '"current":{"ciphertext":"v1:abc"},'.length);
    assert.equal(parts.get("other outputs"), '"outputs":{},"rotatedAt":"2026"'.length);
    assert.equal(bytesByPart({ inputs: {} }).get("other inputs"), '"inputs":{},'.length);
  });
});
