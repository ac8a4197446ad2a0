import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { holders, PAGE, page, sections } from "../../tools/promises";

describe("the rules of docs/safety.md", () => {
  const rules = sections().flatMap(({ rules }) => rules);
  const held = holders();

  it("are found in each of its sections", () => {
    for (const { title, rules } of sections()) assert.ok(rules.length > 0, title);
  });

  it("have one test each, which names the rule above it", () => {
    for (const rule of rules) {
      const by = held.filter(({ words }) => rule.startsWith(words));
      assert.equal(by.length, 1, `${rule}: held by ${by.map(({ title }) => title).join() || "no test"}`);
    }
  });

  it("are named so that no test names another one, or one that is gone", () => {
    for (const { words, file } of held) {
      assert.equal(rules.filter((rule) => rule.startsWith(words)).length, 1, `${file}: ${words}`);
    }
  });

  it("are listed in test/promises.md: `npm run docs` writes it", () => {
    assert.equal(readFileSync(PAGE, "utf8"), page());
  });
});
