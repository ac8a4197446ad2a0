import assert from "node:assert/strict";
import { inOrder, inSequence, type Span } from "../../tools/bench/calls";
import { chosen } from "../../tools/bench/index";
import { alternate, type Benchmark, median, type Row, ratio } from "../../tools/bench/measurement";
import { figure, table, valuesTable, withGoals } from "../../tools/bench/report";

const row = (what: string, unit: string, values: number[], goal?: number): Row => ({
  what,
  unit,
  values,
  ...(goal !== undefined && { goal }),
});

describe("npm run bench", () => {
  it("takes the median of values in any order, and of none invents none", () => {
    assert.deepEqual([[3, 1, 2], [10, 2, 4, 1], []].map(median), [2, 3, Number.NaN]);
  });

  it("compares pair by pair, so that a slow moment counts for both, and nothing that is no pair", () => {
    const of = row("", "s", [2, 40, 3]);
    assert.deepEqual(ratio("", of, row("", "s", [1, 20, 2])).values, [2, 2, 1.5]);
    assert.throws(() => ratio("x", of, row("", "s", [1])), /3 s can't be compared with 1 s/);
    assert.throws(() => ratio("x", of, row("", "ms", [1, 2, 3])), /3 s can't be compared with 3 ms/);
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
    assert.deepEqual(
      [names("z", "x"), names()],
      [
        ["x", "z"],
        ["x", "y", "z"],
      ],
    );
    assert.throws(() => names("x", "w"), /no benchmark w; there are x, y, z/);
  });

  it("tells which calls wait for each other, and counts the longest row of them", () => {
    const span = (action: string, startedAt: number, endedAt: number): Span => ({ action, startedAt, endedAt });
    // a and b overlap; c waits for both, d overlaps with c alone.
    const calls = [span("a", 0, 10), span("b", 1, 12), span("c", 12, 20), span("d", 15, 30), span("e", 30, 31)];
    assert.deepEqual([inOrder(calls), inOrder([])], ["a + b, c + d, e", ""]);
    assert.deepEqual([inSequence(calls), inSequence([])], [3, 0]);
    // A long one beside three short ones: these are the row.
    assert.equal(inSequence([span("a", 0, 100), span("b", 0, 10), span("c", 20, 30), span("d", 40, 50)]), 3);
    assert.equal(inSequence([{ action: "a", startedAt: 0 }, span("b", 5, 6)]), 1, "one that never ended");
  });

  it("writes figures with three digits that count, and never cuts those before the point", () => {
    const figures = [2662, 219.6, 12.345, 1.046, 0.00596, 0, -0.11, -0.0, 1234567, Number.NaN].map(figure);
    assert.deepEqual(figures, ["2,662", "220", "12.3", "1.05", "0.00596", "0", "-0.11", "0", "1,234,567", "–"]);
  });

  const rows = [
    row("ours", "s", [2.1, 4, 2.2]),
    row("state", "bytes", [2662, 2660, 2661], 2_500),
    row("none", "s", [], 1),
  ];

  it("writes Markdown tables that line up, and says which goals are met: by nothing measured none", () => {
    assert.equal(
      table(["", "unit", "median"], [["a | b", "s", "1.5"]]),
      ["|        | unit | median |", "| ------ | ---- | -----: |", "| a \\| b | s    |    1.5 |"].join("\n"),
    );
    const lines = valuesTable([...rows, row("kept", "ratio", [0.9, 1.05, 9], 1.05)]).split("\n");
    assert.equal(new Set(lines.map((line) => line.length)).size, 1, "all lines are of one length");
    for (const [at, pattern] of [
      [2, /^\| ours +\| s +\| +2\.2 \| +2\.1 \| +4 \| +\| +\|$/],
      [3, /2,661 .*≤ 2,500 \| \*\*missed\*\* \|$/],
      [4, /– .*≤ 1 \| \*\*missed\*\* \|$/],
      [5, /≤ 1\.05 \| met +\|$/],
    ] as const)
      assert.match(lines[at] ?? "", pattern);
  });

  it("puts each goal, and whether it is met, in its place on the page, and keeps what is written by hand", () => {
    const page =
      "# Page\n\n<!-- goals: written by npm run bench -- --report -->\nold\n<!-- end of goals -->\n\nMore.\n";
    const report = { test: { machine: "2 cores", date: "2026-11-24", rows } };
    const written = withGoals(page, report);
    assert.match(written, /^# Page\n\n<!-- goals[^\n]*-->\n\n\| what[\s\S]*\n\n<!-- end of goals -->\n\nMore\.\n$/);
    assert.match(written, /\| state +\| bytes \| +2,661 \| ≤ 2,500 \| \*\*missed\*\* \| test, 2026-11-24 \|/);
    assert.doesNotMatch(written, /\nold\n|\| ours/);
    assert.equal(withGoals(written, report), written);
    assert.throws(() => withGoals("# Page", {}), /has no "<!-- goals/);
  });
});
