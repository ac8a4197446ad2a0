import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
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

describe("the recipes", () => {
  it("are each listed once", () => {
    assert.deepEqual(recipes, [...new Set(recipes)]);
    assert.ok(recipes.length > 0);
  });

  for (const name of recipes) {
    describe(name, () => {
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

  it("name the versions that are tested", () => {
    const { devDependencies } = JSON.parse(read("package.json"));
    assert.ok(read(page("gitlab-ci")).includes(`gitlab-ci-local@${devDependencies["gitlab-ci-local"]} `));
    const { peerDependencies } = JSON.parse(read("examples/kubernetes-secret/package.json"));
    const asked = `npm install --no-save @pulumi/kubernetes@${peerDependencies["@pulumi/kubernetes"]}\n`;
    assert.ok(read(page("kubernetes-secret")).includes(asked));
  });
});
