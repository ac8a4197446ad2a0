import assert from "node:assert/strict";
import { chartOf } from "../../tools/bench/chart";
import { growthChartOf } from "../../tools/bench/growthChart";
import type { Measurement, Row } from "../../tools/bench/measurement";
import { recorded, withGoals } from "../../tools/bench/report";
import { figure, table, valuesTable, verdicts, verdictsTable } from "../../tools/bench/tables";

const row = (what: string, unit: string, ...values: number[]): Row => ({ what, unit, values });

function measurement(parts: Partial<Measurement> = {}): Measurement {
  const [ours, floor] = [row("ours <1>", "s", 2.1, 4, 2.2), row("floor", "s", 2, 5, 2)];
  const bytes = row("state", "bytes", 2662, 2660, 2661);
  return {
    name: "test",
    title: "A & B",
    text: "What was run.",
    rows: [ours, floor, bytes],
    ratios: [
      { what: "ours over floor", of: ours, over: floor, goal: 1.05 },
      { what: "the other way", of: floor, over: ours },
    ],
    limits: [{ what: "state", row: bytes, goal: 2_500 }],
    notes: ["Seen beside."],
    ...parts,
  };
}

const CONTEXT = { machine: "2 cores, Node.js 20", date: "2026-11-24" };

describe("npm run bench: tables", () => {
  it("judge by the median, of pairs for a ratio, and say nothing where there is no goal", () => {
    const [ratio, free, limit] = verdicts(measurement());
    assert.deepEqual(ratio, {
      what: "ours over floor",
      unit: "",
      median: 1.05,
      min: 0.8,
      max: 1.1,
      goal: 1.05,
      met: true,
    });
    assert.equal(free && "met" in free, false);
    assert.equal(limit?.median, 2_661);
    assert.equal(limit?.met, false);
    const [none] = verdicts(measurement({ ratios: [], limits: [{ what: "none", row: row("none", "s"), goal: 1 }] }));
    assert.equal(none?.met, false, "nothing measured is no goal met");
  });

  it("compare no rows that are not pairs", () => {
    const compare = (of: Row, over: Row) => () => verdicts(measurement({ ratios: [{ what: "x", of, over }] }));
    assert.throws(compare(row("a", "s", 1, 2), row("b", "s", 1)), /2 s can't be compared with 1 s/);
    assert.throws(compare(row("a", "s", 1), row("b", "ms", 1)), /1 s can't be compared with 1 ms/);
  });

  it("write figures with three digits that count, and never cut those before the point", () => {
    const figures = [2662, 219.6, 12.345, 1.046, 0.00596, 0, -0.11, -0.0, 1234567, Number.NaN].map(figure);
    assert.deepEqual(figures, ["2,662", "220", "12.3", "1.05", "0.00596", "0", "-0.11", "0", "1,234,567", "–"]);
  });

  it("line up, as Markdown", () => {
    assert.equal(
      table(["", "unit", "median"], [["a | b", "s", "1.5"]]),
      ["|        | unit | median |", "| ------ | ---- | -----: |", "| a \\| b | s    |    1.5 |"].join("\n"),
    );
    const lines = valuesTable(measurement()).split("\n");
    assert.equal(lines.length, 5);
    assert.deepEqual([...new Set(lines.map((line) => line.length))].length, 1, "all lines are of one length");
    assert.match(lines[2] ?? "", /^\| ours <1> \| s +\| +2\.2 \| +2\.1 \| +4 \|$/);
  });

  it("say which goals are met", () => {
    const lines = verdictsTable(measurement()).split("\n");
    assert.match(lines[2] ?? "", /ours over floor +\| ratio \| +1\.05 \| +0\.8 \| +1\.1 \| +≤ 1\.05 \| met +\|$/);
    assert.match(lines[3] ?? "", /the other way +\| ratio \| +0\.952 .*\| +\| +\|$/);
    assert.match(lines[4] ?? "", /state +\| bytes \| +2,661 .*≤ 2,500 \| \*\*missed\*\* \|$/);
    assert.equal(verdictsTable(measurement({ ratios: [], limits: [] })), "");
  });
});

describe("npm run bench -- --report", () => {
  const page =
    "# Page\n\nBy hand.\n\n<!-- goals: written by npm run bench -- --report -->\nold\n<!-- end of goals -->\n\nMore.\n";

  it("puts each goal, and whether it is met, in its place, and keeps what is written by hand", () => {
    const written = withGoals(page, { test: recorded(measurement(), CONTEXT) });
    assert.match(written, /^# Page\n\nBy hand\.\n\n<!-- goals/);
    assert.match(written, /<!-- end of goals -->\n\nMore\.\n$/);
    assert.doesNotMatch(written, /\nold\n/);
    assert.match(written, /\| +≤ [\d.]+ \| (met|\*\*missed\*\*) +\| test, 2026-11-24 +\|/);
    assert.equal(withGoals(written, { test: recorded(measurement(), CONTEXT) }), written);
  });

  it("records every value, with the machine and the day", () => {
    const { rows, machine, date } = recorded(measurement(), CONTEXT);
    assert.deepEqual([rows, machine, date], [measurement().rows, CONTEXT.machine, CONTEXT.date]);
  });

  it("does not guess where a page has no place for them", () => {
    assert.throws(() => withGoals("# Page", {}), /has no "<!-- goals/);
  });

  it("draws each row once, with its median, on the scale of its unit", () => {
    const svg = chartOf(measurement());
    assert.match(svg, /^<svg [^>]*>\s*<title>A &amp; B<\/title>/);
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    for (const text of ["ours &lt;1&gt;", "floor", "state", "2.2", "2", "2,661", "s", "bytes"]) {
      assert.ok(texts.includes(text), `${text} in ${texts.join(" · ")}`);
    }
    assert.equal(texts.filter((text) => text === "floor").length, 1);
    assert.equal(chartOf(measurement()), svg, "the same figures draw the same plot");
    assert.doesNotMatch(svg, /:hover|class=/);
    assert.match(svg, /prefers-color-scheme: dark/);
  });

  it("draws how costs grow: a panel for each, the medians by size, and the sizes and lines by name", () => {
    const points = (...values: number[][]) =>
      values.map((of, i) => ({ size: 10 ** (i + 1), row: { what: "", unit: "s", values: of } }));
    const growth = [
      { what: "create", unit: "s", lines: [{ name: "ours", points: points([3, 2, 4], [31], [305]) }] },
      { what: "memory", unit: "MB", lines: [{ name: "floor", points: points([123], [145]) }] },
    ];
    const svg = growthChartOf("Keys & users", growth);
    assert.match(svg, /^<svg [^>]*>\s*<title>Keys &amp; users<\/title>/);
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    const expected = ["create, s", "memory, MB", "ours", "floor", "10", "100", "1,000", "3", "31", "305", "123", "145"];
    for (const text of expected) assert.ok(texts.includes(text), `${text} in ${texts.join(" · ")}`);
    assert.equal(growthChartOf("Keys & users", growth), svg, "the same figures draw the same plot");
  });
});
