/** Of the terminal: letters that can be read where a page shows it 600 pixels wide. */
const [COLUMNS, ROWS] = [90, 38];
/** Of a letter and a line, in pixels. */
const [LETTER, LINE] = [8.4, 17];
/** Seconds that a reader needs for what is new on the screen, for each line of it, and for what it meant. */
const [NEWS, PER_LINE, MEANING] = [0.4, 0.1, 2.5];

/**
 * What the demo told, as a moving picture: screens of each step, at the pace of reading instead of that at which it ran;
 * and last a screen with what each step meant, which stays, and is the picture where nothing moves.
 */
export function picture(told: string): string {
  const steps = told.split(/^(?=\d+\. )/m).slice(1);
  const partsOfSteps = steps.map((step) => step.trimEnd().split(/^(?= {3}\$ |=> )/m));
  const meant = partsOfSteps.flatMap(([title = "", ...parts]) => [
    title.trim(),
    ...parts.filter(isMeaning).map((part) => `   ${part.split("\n")[0]}`),
  ]);
  let at = 0;
  const screens = [...partsOfSteps.flatMap(screensOf), [meant]].map((parts) => {
    const begin = at;
    let row = 0;
    const drawn = parts.map((lines) => {
      const texts = lines.map((line) => textOf(line, ++row));
      const group = `<g class="part" style="animation-duration:${at.toFixed(1)}s">${texts.join("")}</g>`;
      at += NEWS + PER_LINE * lines.length + (isMeaning(lines[0] ?? "") ? MEANING : 0);
      return group;
    });
    const during = `animation-delay:${begin.toFixed(1)}s;animation-duration:${(at - begin).toFixed(1)}s`;
    return `<g class="screen" style="${during}">\n${drawn.join("\n")}\n</g>\n`;
  });
  const [width, height] = [Math.ceil(COLUMNS * LETTER) + 24, ROWS * LINE + 24];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<style>${STYLE}</style>
<rect width="${width}" height="${height}" rx="8" fill="#161b22"/>
<g>
${screens.join("")}</g>
</svg>
`;
}

/** The parts of a step by screen, in lines: what finds no room below begins a new screen. */
function screensOf(parts: string[]): string[][][] {
  const screens: string[][][] = [[]];
  let rows = 0;
  for (const part of parts) {
    // Of what is longer than a screen its end stays, as in a terminal.
    const lines = wrapped(part).replace(/\n$/, "").split("\n").slice(-ROWS);
    if (rows + lines.length > ROWS) {
      screens.push([]);
      rows = 0;
    }
    screens.at(-1)?.push(lines);
    rows += lines.length;
  }
  return screens;
}

/** A screen is seen for its time, a part not before its time, and so the last screen's only part. */
const STYLE = `text{font:14px "DejaVu Sans Mono",Menlo,Consolas,monospace;white-space:pre;fill:#c9d1d9}
.command{fill:#79c0ff}.meaning{fill:#7ee787}
@keyframes seen{from,to{opacity:1}}@keyframes unseen{from,to{opacity:0}}
.screen{opacity:0;animation-name:seen}.part{animation-name:unseen}.screen:last-child{opacity:1;animation-name:none}
@media(prefers-reduced-motion:reduce){.screen,.part{animation:none}}`;

const isMeaning = (part: string) => part.startsWith("=> ");

function textOf(line: string, row: number): string {
  if (line === "") return "";
  const kind = /^ {3}\$ /.test(line) ? ' class="command"' : /^ *=> /.test(line) ? ' class="meaning"' : "";
  const words = line.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="12" y="${row * LINE + 10}"${kind}>${words}</text>`;
}

/** At spaces, so that no id is broken. */
function wrapped(text: string): string {
  return text.replace(/^( *)(.*)$/gm, (line, indent: string, words: string) => {
    if (line.length < COLUMNS) return line;
    const lines: string[] = [indent.slice(1)];
    for (const word of words.split(" ")) {
      const last = lines.at(-1) ?? "";
      if (`${last} ${word}`.length < COLUMNS) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(`${indent}   ${word}`);
    }
    return lines.join("\n");
  });
}
