import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { asciicast } from "../../tools/demo/asciicast";

const ROOT = resolve(__dirname, "../..");

describe("the recording of the demo", () => {
  it("shows each step on a screen of its own, at the pace of reading", () => {
    const told =
      "What it runs on\n\n1. One\n\n   $ pulumi up\n   Updating\n\n=> It is.\n\n2. Two\n\n   $ pulumi destroy\n";
    const [header, ...events] = asciicast(told)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(header, { version: 2, width: 112, height: 34 });
    assert.deepEqual(events, [
      [0, "o", "\x1b[2J\x1b[H1. One\r\n\r\n"],
      [0.7, "o", "   $ pulumi up\r\n   Updating\r\n\r\n"],
      [1.5, "o", "=> It is.\r\n\r\n"],
      [4.7, "o", "\x1b[2J\x1b[H2. Two\r\n\r\n"],
      [5.4, "o", "   $ pulumi destroy\r\n"],
    ]);
  });

  it("is of the story as it is told today: `npm run demo:record` renews it", () => {
    const story = readFileSync(join(ROOT, "tools/demo/story.ts"), "utf8");
    const picture = readFileSync(join(ROOT, "docs/pictures/demo.svg"), "utf8");
    const steps = [...story.matchAll(/narrator\.step\("(.+)"\)/g)].map(([, title], at) => `${at + 1}. ${title}`);
    assert.ok(steps.length > 5);
    const missing = steps.filter((title) => !picture.includes(`>${title}`));
    assert.deepEqual(missing, []);
    assert.doesNotMatch(picture, /AKIA\w/);
  });
});
