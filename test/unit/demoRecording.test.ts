import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { picture } from "../../tools/demo/picture";

const ROOT = resolve(__dirname, "../..");

describe("the picture of the demo", () => {
  it("shows each step on a screen of its own, at the pace of reading, and last what each meant, which stays", () => {
    const told = "What it runs on\n\n1. One\n\n   $ pulumi up\n   a<b\n\n=> It is.\n\n2. Two\n\n   $ pulumi destroy\n";
    const svg = picture(told);
    const screens = [...svg.matchAll(/<g class="screen" style="([^"]*)">([\s\S]*?)\n<\/g>/g)].map(
      ([, times, texts = ""]) => [times, ...[...texts.matchAll(/<text[^>]*>([^<]*)/g)].map(([, text]) => text)],
    );
    const during = (from: string, seconds: string) => `animation-delay:${from}s;animation-duration:${seconds}s`;
    assert.deepEqual(screens, [
      [during("0.0", "4.3"), "1. One", "   $ pulumi up", "   a&lt;b", "=> It is."],
      [during("4.3", "1.1"), "2. Two", "   $ pulumi destroy"],
      [during("5.4", "0.7"), "1. One", "   => It is.", "2. Two"],
    ]);
    assert.match(svg, /\.screen:last-child\{opacity:1;/);
  });

  it("goes on on another screen where one is full", () => {
    const lines = (from: number) => Array.from({ length: 25 }, (_, at) => `line ${from + at}\n`).join("");
    const svg = picture(`\n1. One\n\n   $ first\n${lines(0)}   $ second\n${lines(25)}`);
    const screens = svg.split('<g class="screen"').map((screen) => [...screen.matchAll(/>line (\d+)</g)].length);
    assert.deepEqual(screens, [0, 25, 25, 0]);
  });

  it("breaks no word: an id stays whole", () => {
    const ids = Array.from({ length: 40 }, (_, at) => `AKIA…${at}`);
    const lines = [...picture(`Before\n\n1. One\n\n   $ ${ids.join(" ")}\n`).matchAll(/<text[^>]*>([^<]*)/g)];
    const texts = lines.map(([, text = ""]) => text);
    assert.ok(texts.length > 4 && texts.every((text) => text.length < 90), texts.join("\n"));
    assert.deepEqual(texts.join(" ").match(/AKIA…\d+/g), ids);
  });

  it("is of the story as it is told today: `npm run demo:record` renews it", () => {
    const story = readFileSync(join(ROOT, "tools/demo/story.ts"), "utf8");
    const kept = readFileSync(join(ROOT, "docs/pictures/demo.svg"), "utf8");
    const steps = [...story.matchAll(/narrator\.step\("(.+)"\)/g)].map(([, title], at) => `${at + 1}. ${title}`);
    assert.ok(steps.length > 5);
    const missing = steps.filter((title) => !kept.includes(`>${title}`));
    assert.deepEqual(missing, []);
    assert.doesNotMatch(kept, /AKIA\w/);
  });
});
