import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PUBLIC_INPUTS } from "../../provider/model/inputs";
import { outputsThatAre } from "../../provider/model/outputs";
import { ROOT } from "../harness/dist";
import { column, section, tables } from "../harness/markdown";

const page = (name: string) => readFileSync(join(ROOT, name), "utf8");
const PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].concat(
  readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
);

const codes = (cells: string[]) => cells.flatMap((cell) => [...cell.matchAll(/`(\w+)\??`/g)].map(([, name]) => name));
/** The outputs that a class declares. */
const outputsOf = (source: string) =>
  [...page(`provider/program/${source}.ts`).matchAll(/^ {2}(?:declare )?readonly (\w+):/gm)].map(([, name]) => name);

describe("README.md", () => {
  const README = page("README.md");

  it("has each input and each output in its tables, and no other", () => {
    const [inputs = [], outputs = []] = tables(section(README, "Inputs and outputs"));
    assert.deepEqual(codes(column(inputs, 0)).sort(), [...PUBLIC_INPUTS].sort());

    assert.match(README, /\nAll inputs are outputs as well, under their own names\./);
    const told = [...codes(column(outputs, 0)), ...PUBLIC_INPUTS];
    assert.deepEqual([...told].sort(), outputsOf("rotatedAccessKey").sort());

    const [, more = ""] = /\nforceDestroy\)\. It has these outputs, and (.+?)\. An explicit/.exec(README) ?? [];
    assert.deepEqual([...new Set([...told, ...codes([more])])].sort(), outputsOf("rotatedUser").sort());
  });

  it("says which outputs are secret", () => {
    const [, outputs = []] = tables(section(README, "Inputs and outputs"));
    const secret = outputs.filter(([, isSecret]) => isSecret === "yes").map(([name = ""]) => name);
    const isPublic = (name: string) => !outputsThatAre("internal").some((internal) => internal === name);
    assert.deepEqual(codes(secret).sort(), outputsThatAre("secret").filter(isPublic).sort());
  });
});

describe("the tables of the pages", () => {
  for (const name of PAGES) {
    it(`of ${name} have as many cells in each row as in their heads`, () => {
      const text = page(name).replaceAll(/^( *)```[\s\S]*?^\1```/gm, "");
      for (const table of text.match(/(?:^ *\|.*\n)+/gm) ?? []) {
        const [head = 0, ...rows] = table.trim().split("\n").map(cells);
        assert.ok(rows.length > 1, table);
        assert.deepEqual(
          rows.filter((count) => count !== head),
          [],
          table,
        );
      }
    });
  }
});

/** As GitHub counts them: a bar splits a cell in code as well, unless a backslash stands before it. */
function cells(row: string): number {
  return row.replaceAll("\\|", "").trim().slice(1, -1).split("|").length;
}
