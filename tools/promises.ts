import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(__dirname, "..");
export const PAGE = join(ROOT, "test/promises.md");

/** The rules of docs/safety.md by section, without Markdown. What "What is left" lists are limits. */
export function sections(): { title: string; rules: string[] }[] {
  const text = readFileSync(join(ROOT, "docs/safety.md"), "utf8").replaceAll(/[`*]/g, "");
  const [, ...parts] = text.split(/^## /m);
  const all = parts.map((part) => ({
    title: part.slice(0, part.indexOf("\n")),
    rules: [...part.matchAll(/^- (.+(?:\n {2}.+)*)/gm)].map(([, rule = ""]) => rule.replaceAll("\n  ", " ")),
  }));
  return all.filter(({ title }) => title !== "What is left");
}

/** A test, and the first words of a rule that it holds, as the comment above it has them. */
export interface Holder {
  words: string;
  file: string;
  title: string;
}

export function holders(): Holder[] {
  const files = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".test.ts")).flatMap(holdersIn);
}

function holdersIn(file: string): Holder[] {
  const held: Holder[] = [];
  let around: { indent: number; title: string }[] = [];
  const open: string[] = [];
  for (const line of readFileSync(join(ROOT, "test", file), "utf8").split("\n")) {
    const [, words] = /^ *\/\/ Holds: "(.+)"$/.exec(line) ?? [];
    const [, { length: indent } = "", title] = /^( *)(?:it|describe)\("(.+?)", /.exec(line) ?? [];
    if (words) open.push(words);
    else if (title) {
      around = [...around.filter((one) => one.indent < indent), { indent, title }];
      const path = around.map((one) => one.title).join(" / ");
      held.push(...open.splice(0).map((words) => ({ words, file, title: path })));
    } else if (open.length > 0) throw new Error(`test/${file}: no test directly below the comment "${open}"`);
  }
  return held;
}

/** What `npm run docs` writes. */
export function page(): string {
  const all = holders();
  const row = ({ words, file, title }: Holder) =>
    `| ${words} … | [${file.replace(".test.ts", "")}](${file}): ${title} |\n`;
  const tables = sections().map(({ title, rules }) => {
    const rows = rules.flatMap((rule) => all.filter(({ words }) => rule.startsWith(words))).map(row);
    return `\n## ${title}\n\n| rule | the test that holds it |\n|---|---|\n${rows.join("")}`;
  });
  return `# The rules of docs/safety.md, and their tests\n\nBy \`npm run docs\`, from comments in the tests.\n${tables.join("")}`;
}

if (require.main === module) writeFileSync(PAGE, page());
