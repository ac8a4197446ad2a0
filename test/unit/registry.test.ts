import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(__dirname, "../..");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

describe("the pages that the Pulumi Registry shows", () => {
  const overview = read("docs/_index.md");

  for (const file of ["docs/_index.md", "docs/installation-configuration.md"]) {
    it(`${file} begins with what the Registry wants to know`, () => {
      const [, description = ""] = /^---\ntitle: .+\nmeta_desc: (.+)\nlayout: package\n---\n\n/.exec(read(file)) ?? [];
      assert.ok(description.length > 50 && description.length <= 160, `${description.length} characters`);
    });
  }

  it("have the programs of the examples, which are tested, in the languages that one can choose", () => {
    const programs = {
      python: "python/__main__.py",
      go: "go/main.go",
      java: "java/src/main/java/rotator/App.java",
      yaml: "yaml/Pulumi.yaml",
    };
    for (const [language, file] of Object.entries(programs)) {
      const code = `{{% choosable language ${language} %}}\n\n\`\`\`${language}\n${read(`examples/${file}`)}\`\`\`\n`;
      assert.ok(overview.includes(code), file);
    }
    const chosen = overview.match(/(?<=choosable language )\w+/g);
    assert.deepEqual(/chooser language "(.*)"/.exec(overview)?.[1]?.split(","), chosen);
    assert.deepEqual(chosen, ["typescript", ...Object.keys(programs)]);
  });
});
