/** The text of a `## ` section, without its title. */
export function section(page: string, title: string): string {
  const [, text = ""] = `\n${page}`.split(`\n## ${title}\n`);
  const [own = ""] = text.split("\n## ");
  if (!own) throw new Error(`there is no section ${title}`);
  return own;
}

/** The tables of a text: their rows, without the head, as the texts of their cells. */
export function tables(text: string): string[][][] {
  const blocks = text.match(/(^ *\|.*\n)+/gm) ?? [];
  return blocks.map((block) => {
    const [, , ...rows] = block.trim().split("\n");
    return rows.map((row) =>
      row
        .trim()
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim()),
    );
  });
}

export function column(table: string[][], at: number): string[] {
  return table.map((row) => row[at] ?? "");
}
