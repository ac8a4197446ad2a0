import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { asciicast, playedOnce } from "../../tools/demo/asciicast";

const ROOT = resolve(__dirname, "../..");

describe("the recording of the demo", () => {
  it("shows each step on a screen of its own, at the pace of reading", () => {
    const told =
      "What it runs on\n\n1. One\n\n   $ pulumi up\n   Updating\n\n=> It is.\n\n2. Two\n\n   $ pulumi destroy\n";
    const [header, ...events] = asciicast(told)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(header, { version: 2, width: 90, height: 38 });
    assert.deepEqual(events, [
      [0, "o", "\x1b[2J\x1b[H1. One\r\n\r\n"],
      [0.7, "o", "   $ pulumi up\r\n   Updating\r\n\r\n"],
      [1.5, "o", "=> It is.\r\n\r\n"],
      [4.7, "o", "\x1b[2J\x1b[H2. Two\r\n\r\n"],
      [5.4, "o", "   $ pulumi destroy\r\n"],
      [6, "o", "\x1b[2J\x1b[H1. One\r\n   => It is.\r\n2. Two\r\n"],
    ]);
  });

  it("breaks no word: a terminal would break an id", () => {
    const ids = Array.from({ length: 40 }, (_, at) => `AKIA…${at}`).join(" ");
    const cast = asciicast(`Before\n\n1. One\n\n   $ ${ids}\n`);
    const lines = JSON.parse(cast.split("\n")[2] ?? "")[2].split("\r\n") as string[];
    assert.ok(lines.length > 2 && lines.every((line) => line.length < 90), lines.join("\n"));
    assert.equal(
      lines
        .join(" ")
        .match(/AKIA…\d+/g)
        ?.join(" "),
      ids,
    );
  });

  it("is played once, and its last screen is the picture where nothing moves", () => {
    const picture = readFileSync(join(ROOT, "docs/pictures/demo.svg"), "utf8");
    const [, last = ""] = /100\.000%\{transform:(.*)\}/.exec(picture) ?? [];
    assert.ok(picture.includes(`animation-iteration-count:1;transform:${last};`));
    assert.match(picture, /prefers-reduced-motion: reduce\)\{#screen_view\{animation:none/);
    assert.throws(() => playedOnce("<svg/>"), /another animation/);
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
