import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../harness/dist";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

describe("the recipes", () => {
  it("are each listed once, and lead to what all of them need", () => {
    const listed = read("docs/recipes.md").match(/(?<=\]\(\.\.\/examples\/)[\w-]+(?=\))/g) ?? [];
    assert.ok(listed.length > 0);
    assert.deepEqual(listed, [...new Set(listed)]);
    for (const name of listed) {
      assert.ok(read(`examples/${name}/README.md`).includes("](../../docs/recipes.md#the-commands)"), name);
    }
  });

  it("name the versions that are tested", () => {
    const { devDependencies } = JSON.parse(read("package.json"));
    const { peerDependencies } = JSON.parse(read("examples/kubernetes-secret/package.json"));
    for (const [name, version] of [
      ["gitlab-ci", `gitlab-ci-local@${devDependencies["gitlab-ci-local"]} `],
      ["kubernetes-secret", `npm install --no-save @pulumi/kubernetes@${peerDependencies["@pulumi/kubernetes"]}\n`],
    ] as const)
      assert.ok(read(`examples/${name}/README.md`).includes(version), version);
  });
});
