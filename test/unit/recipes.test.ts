import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import GithubSlugger from "github-slugger";

const ROOT = resolve(__dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const LIST = read("docs/recipes.md");

/** The examples that are recipes: those that the list links to. */
const recipes = [...LIST.matchAll(/\]\(\.\.\/examples\/([\w-]+)\)/g)].map(([, name = ""]) => name);
const page = (name: string) => `examples/${name}/README.md`;
const prose = (path: string) => read(path).replaceAll(/^( *)```[\s\S]*?^\1```/gm, "");

function anchors(path: string): string[] {
  const slugger = new GithubSlugger();
  return [...prose(path).matchAll(/^#{1,6} (.+)$/gm)].map(([, text = ""]) => slugger.slug(text.replaceAll("`", "")));
}

/** What is said on a page; not its headings, rows of tables and pictures. */
function sentences(path: string): string[] {
  const blocks = prose(path).split(/\n\s*\n|^(?=\s*(?:[-|#>]|\d+\.) ?)/m);
  const texts = blocks.filter((block) => !/^\s*[|#<>]/.test(block)).map((block) => block.replaceAll(/\s+/g, " "));
  const all = texts.flatMap((text) => text.replace(/^ ?(?:-|\d+\.) /, "").split(/(?<=[.!?:])\s/));
  return all.map((text) => text.trim().toLowerCase()).filter((text) => text.split(" ").length > 5);
}

describe("the recipes", () => {
  it("are a dozen, each listed once", () => {
    assert.deepEqual(recipes, [...new Set(recipes)]);
    assert.equal(recipes.length, 12);
  });

  for (const name of recipes) {
    describe(name, () => {
      const text = read(page(name));

      it("has a page of 15 to 35 lines, with what it needs, what is seen, how it ends, and whether it was run", () => {
        const lines = text.trimEnd().split("\n").length;
        assert.ok(lines >= 15 && lines <= 35, `${lines} lines`);
        const parts = ["**It needs**", "**You see**", "**To take it away**", "**Was it run?**"];
        const found = [...text.matchAll(/^\*\*[A-Z][^*]+\*\*/gm)].map(([part]) => part);
        assert.deepEqual(found, parts);
      });

      it("has links that lead somewhere", () => {
        const links = [...prose(page(name)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
        assert.ok(links.includes("../../docs/recipes.md#the-commands"));
        for (const link of links.filter((target) => !target.startsWith("https://"))) {
          const [path = "", anchor] = link.split("#");
          const target = join(dirname(page(name)), path);
          assert.ok(existsSync(join(ROOT, target)), `${link}: there is no ${target}`);
          if (anchor) assert.ok(anchors(target).includes(anchor), `${link}: ${target} has no such heading`);
        }
      });
    });
  }

  it("say nothing that stands elsewhere as well", () => {
    const docs = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
    const others = ["README.md", "CONTRIBUTING.md", ...docs.map((name) => `docs/${name}`)];
    const from = new Map<string, string[]>();
    for (const path of [...others, ...recipes.map(page)]) {
      for (const sentence of sentences(path)) from.set(sentence, [...(from.get(sentence) ?? []), path]);
    }
    const ours = new Set(["docs/recipes.md", ...recipes.map(page)]);
    const twice = [...from].filter(([, paths]) => paths.length > 1 && paths.some((path) => ours.has(path)));
    assert.ok(from.size > 300, String(from.size));
    assert.deepEqual(twice, []);
  });

  it("name the versions that are tested", () => {
    const { devDependencies } = JSON.parse(read("package.json"));
    assert.ok(read(page("gitlab-ci")).includes(`gitlab-ci-local@${devDependencies["gitlab-ci-local"]} `));
    const { peerDependencies } = JSON.parse(read("examples/kubernetes-secret/package.json"));
    const asked = `npm install --no-save @pulumi/kubernetes@${peerDependencies["@pulumi/kubernetes"]}\n`;
    assert.ok(read(page("kubernetes-secret")).includes(asked));
  });
});
