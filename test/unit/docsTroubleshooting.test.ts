import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { modules, ROOT } from "../support/dist";
import { column, tables } from "../support/markdown";

const PAGE = readFileSync(join(ROOT, "docs/troubleshooting.md"), "utf8");

/** What is quoted of messages, in the parts between ids and names. */
function quoted(): string[] {
  const cells = tables(PAGE).flatMap((table) => column(table, 0));
  const codes = cells.flatMap((cell) =>
    [...cell.matchAll(/`` (.+?) ``|`([^`]+)`/g)].map(([, two, one]) => two ?? one ?? ""),
  );
  return codes
    .flatMap((code) => code.split("…"))
    .map((part) => part.trim().replace(/[.:]$/, ""))
    .filter((part) => part.length > 10);
}

/** Each text of a source that follows a word, as it stands there: with its `${…}`. */
function texts(source: string, before: string): string[] {
  const found = source.matchAll(new RegExp(`${before}\\s*(?:"([^"\\n]+)"|\`((?:[^\`\\\\]|\\\\.)+)\`)`, "g"));
  return [...found].map(([, plain, template]) => (plain ?? template ?? "").replaceAll("\\`", "`"));
}

describe("docs/troubleshooting.md", () => {
  const sources = modules().map((name) => readFileSync(join(ROOT, `provider/${name}.ts`), "utf8"));

  it("has a row for each refusal and each failure that says what was found", () => {
    const found = sources
      .flatMap((source) => texts(source, "found:"))
      // The one is composed of two others, and nobody is left to read the other.
      .filter(
        (text) =>
          !/^\$\{settings\.source|^its address \$\{found\}|the Pulumi engine that asked for it is gone/.test(text),
      );
    assert.ok(found.length >= 16, String(found.length));
    const parts = quoted();
    assert.deepEqual(
      found.filter((text) => !parts.some((part) => text.includes(part))),
      [],
    );
  });

  it("has a row for each thing to do about a failed call", () => {
    const [body = ""] = sources.flatMap((source) => source.match(/function whatToDo[\s\S]*?\n}\n/) ?? []);
    const todo = texts(body, "return");
    assert.ok(todo.length >= 7, String(todo.length));
    const parts = quoted();
    assert.deepEqual(
      todo.filter((text) => !parts.some((part) => text.includes(part))),
      [],
    );
  });
});
