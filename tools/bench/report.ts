import type { Measurement } from "./measurement";
import { valuesTable, verdictsTable } from "./tables";

/** What docs/benchmarks.md begins with, where there is none yet. */
export const EMPTY_REPORT = `# Benchmarks

What this package costs, against what a user would write or use instead. \`npm run bench\` measures all of it, and
\`npm run bench -- NAME…\` a part; with \`--report\` it writes the parts between the marks below anew. All else here is
written by hand, and stays.
`;

export interface Context {
  machine: string;
  /** Of the run: a day, as 2026-11-24. */
  date: string;
  /** File name of the plot, beside the report. */
  plot: string;
}

const begin = (name: string) => `<!-- bench ${name}: written by npm run bench -- --report -->`;
const end = (name: string) => `<!-- end of ${name} -->`;

/** The part of the report that tells of one measurement. */
export function sectionOf(measurement: Measurement, { machine, date, plot }: Context): string {
  const { name, title, text, growth, notes } = measurement;
  return [
    begin(name),
    `## ${title}`,
    text,
    `\`npm run bench -- ${name}\`, ${date}: ${machine}.`,
    verdictsTable(measurement),
    `![${title}: ${growth ? "medians, by size" : "medians, from the least to the most"}](${plot})`,
    ["<details><summary>All figures</summary>", valuesTable(measurement), "</details>"].join("\n\n"),
    notes.map((note) => `- ${note}`).join("\n"),
    end(name),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/**
 * Puts sections in the place of the same ones of an earlier run, and new ones at the end. What stands between and after
 * them stays.
 * @throws Error for a document in which a section begins and does not end
 */
export function withSections(document: string, sections: Map<string, string>): string {
  let result = document;
  for (const [name, section] of sections) {
    const from = result.indexOf(begin(name));
    if (from < 0) {
      result = `${result.trimEnd()}\n\n${section}\n`;
      continue;
    }
    const to = result.indexOf(end(name), from);
    if (to < 0) throw new Error(`the report has no "${end(name)}"`);
    result = result.slice(0, from) + section + result.slice(to + end(name).length);
  }
  return result;
}
