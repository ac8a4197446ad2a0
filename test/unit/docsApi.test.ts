import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import execa from "execa";
import { ensureBuilt, ROOT } from "../harness/dist";

const COMMITTED = join(ROOT, "docs/api");

/** The pages below a folder, by their paths in it. */
function pages(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
  return new Map(files.sort().map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

describe("the API reference", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "rotator-docs-"));
  let told: string;
  let failed: boolean;
  let committed: Map<string, string>;

  // It warns of each exported name, property and parameter without a doc comment, and a warning is a failure.
  before(async () => {
    ensureBuilt();
    const typedoc = join(ROOT, "node_modules/typedoc/bin/typedoc");
    const run = await execa("node", [typedoc, "--out", folder], { cwd: ROOT, all: true, reject: false });
    [told, failed] = [run.all ?? "", run.failed];
    committed = pages(COMMITTED);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("has a doc comment for each exported name and each of its properties", () => {
    assert.ok(!failed, told);
    assert.doesNotMatch(told, /warning|error/i);
  });

  it("is up to date: `npm run docs` makes it", () => {
    const made = pages(folder);
    assert.deepEqual([...committed.keys()], [...made.keys()]);
    for (const [name, text] of made) assert.equal(committed.get(name), text, `docs/api/${name}: run \`npm run docs\``);
  });

  it("holds what programs import, and nothing of the inside", () => {
    const documented = [...committed.keys()]
      .filter((name) => !name.endsWith("README.md"))
      .map((name) => name.replace(/^.*\/|\.md$/g, ""));
    const sources = ["index", "user"].map((name) => readFileSync(join(ROOT, `dist/${name}.d.ts`), "utf8")).join("\n");
    const exported = [...sources.matchAll(/^export (?:type )?\{([^}]+)\}/gm)].flatMap(([, names = ""]) =>
      names.split(",").map((name) => name.replace(/^\s*type\s/, "").trim()),
    );
    assert.ok(exported.length > 10);
    assert.deepEqual(documented.sort(), exported.sort());
  });

  it("names no place of the machine that made it", () => {
    for (const [name, text] of committed) assert.doesNotMatch(text, /file:|Defined in|\/(tmp|home|Users|work)\//, name);
  });
});
