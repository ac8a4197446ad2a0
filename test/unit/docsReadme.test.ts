import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SETTINGS } from "../../provider/aws/awsSettings";
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
        const counts = table.trim().split("\n").map(cells);
        assert.ok(counts.length > 2 && new Set(counts).size === 1, table);
      }
    });
  }

  it("of docs/credentials.md: the settings as the code has them", () => {
    const [settings = []] = tables(section(page("docs/credentials.md"), "Settings"));
    assert.deepEqual(
      settings,
      Object.entries(SETTINGS).map(([name, becomes]) => [`\`${name}\``, becomes]),
    );
  });

  it("of docs/schedules.md: every part of what is pending, and every reason for it", () => {
    const source = page("provider/model/pending.ts");
    const [parts = [], reasons = []] = tables(section(page("docs/schedules.md"), "Pending and blocked"));
    const [, fields = ""] = /interface Pending \{([\s\S]*?)\n\}/.exec(source) ?? [];
    assert.deepEqual(codes(column(parts, 0)), fields.match(/(?<=^ {2})\w+(?=\??:)/gm));
    const [, union = ""] = /type Because =([^;]*);/.exec(source) ?? [];
    assert.deepEqual(codes(column(reasons, 0)).sort(), union.match(/(?<=")\w+/g)?.sort());
  });
});

/** As GitHub counts them: a bar splits a cell in code as well, unless a backslash stands before it. */
function cells(row: string): number {
  return row.replaceAll("\\|", "").trim().slice(1, -1).split("|").length;
}
