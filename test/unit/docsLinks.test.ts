import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import GithubSlugger from "github-slugger";
import { ROOT } from "../harness/dist";

/** What people read, as paths from the root. */
function pages(): string[] {
  const atRoot = readdirSync(ROOT).filter((name) => name.endsWith(".md"));
  const below = (folder: string, name: RegExp) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => name.test(path) && !path.includes("node_modules"))
      .map((path) => join(folder, path));
  return [...atRoot, ...below("docs", /\.md$/), ...below("examples", /README\.md$/)];
}

/** Without the blocks of code, in which a bracket is no link and a `#` no heading. */
function prose(page: string): string {
  return readFileSync(join(ROOT, page), "utf8").replaceAll(/^( *)```[\s\S]*?^\1```/gm, "");
}

/** The anchors of a page, as GitHub makes them of its headings. */
function anchors(page: string): Set<string> {
  const slugger = new GithubSlugger();
  const headings = prose(page).matchAll(/^#{1,6} (.+)$/gm);
  return new Set([...headings].map(([, text = ""]) => slugger.slug(text.replaceAll(/[`*]|\\(?=[<>|])/g, ""))));
}

function links(page: string): string[] {
  const text = prose(page).replaceAll(/``.+?``|`[^`\n]+`(?!\])/g, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
}

describe("the links of the documentation", () => {
  const all = pages();

  for (const page of all) {
    it(`of ${page} lead somewhere`, () => {
      for (const link of links(page)) {
        if (/^https?:/.test(link)) {
          assert.ok(link.startsWith("https://") && URL.canParse(link), link);
          continue;
        }
        const [path = "", anchor] = link.split("#");
        const target = path ? relative(ROOT, join(ROOT, dirname(page), path)) : page;
        assert.ok(!target.startsWith("..") && existsSync(join(ROOT, target)), `${link}: there is no ${target}`);
        if (anchor !== undefined) assert.ok(anchors(target).has(anchor), `${link}: ${target} has no such heading`);
      }
    });
  }

  it("lead from docs/README.md to each page of docs itself", () => {
    const listed = links("docs/README.md");
    for (const name of readdirSync(join(ROOT, "docs")).filter((at) => at.endsWith(".md") && at !== "README.md"))
      assert.ok(listed.includes(name), name);
  });

  it("and pictures are there, and say in words what they show", () => {
    let seen = 0;
    for (const page of all) {
      for (const [tag] of prose(page).matchAll(/<img [^>]+>/g)) {
        const [, source = ""] = / src="([^"]+)"/.exec(tag) ?? [];
        assert.ok(existsSync(join(ROOT, dirname(page), source)), `${page}: there is no ${source}`);
        assert.match(tag, / alt="[^"]{40,}"/, page);
        seen++;
      }
    }
    assert.ok(seen > 0);
  });

  it("of docs/approval.md name tests that are there", () => {
    const named = prose("docs/approval.md").match(/(?<=`)(unit|engine|faults)\/\w+(?=`)/g) ?? [];
    assert.ok(named.length > 0);
    for (const name of named) assert.ok(existsSync(join(ROOT, "test", `${name}.test.ts`)), name);
  });

  it("reach each page from the README, over other pages", () => {
    assert.ok(all.includes("docs/how-it-works.md") && all.includes("examples/cron/README.md"));
    const reached = new Set<string>(["README.md"]);
    for (const page of reached) {
      for (const link of links(page)) {
        const [path = ""] = link.split("#");
        const target = relative(ROOT, join(ROOT, dirname(page), path));
        for (const shown of [target, join(target, "README.md")]) if (all.includes(shown)) reached.add(shown);
      }
    }
    assert.deepEqual(
      all.filter((page) => !reached.has(page)),
      [],
    );
  });
});
