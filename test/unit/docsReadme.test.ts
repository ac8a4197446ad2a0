import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { INPUT_NAMES } from "../../provider/model/inputs";
import { SECRETS } from "../../provider/model/secretValue";
import { ROOT } from "../support/dist";
import { column, section, tables } from "../support/markdown";

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
    const internal = ["journalOwner", "awsProvider"];
    assert.deepEqual(codes(column(inputs, 0)).sort(), INPUT_NAMES.filter((name) => !internal.includes(name)).sort());

    const told = codes(column(outputs, 0));
    const [, given = ""] = /\nIts inputs (.+?) are outputs as well/.exec(README) ?? [];
    assert.deepEqual([...told, ...codes([given])].sort(), outputsOf("rotatedAccessKey").sort());

    const [, more = ""] = /\nforceDestroy\)\. It has these outputs, and (.+?)\. An explicit/.exec(README) ?? [];
    const missing = outputs
      .filter(([, , meaning]) => meaning?.includes("Not of `RotatedUser`"))
      .map(([name = ""]) => name);
    const ofUser = [...told, ...codes([more])].filter((name) => !codes(missing).includes(name));
    assert.deepEqual(ofUser.sort(), outputsOf("rotatedUser").sort());
  });

  it("says which outputs are secret", () => {
    const [, outputs = []] = tables(section(README, "Inputs and outputs"));
    const secret = outputs.filter(([, isSecret]) => isSecret === "yes").map(([name = ""]) => name);
    const inputs = ["login", "state", "awsProvider", "answered"];
    assert.deepEqual(codes(secret).sort(), SECRETS.filter((name) => !inputs.includes(name)).sort());
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
