/** Columns and rows of the recorded terminal: letters that can be read where a page shows it 600 pixels wide. */
const [WIDTH, HEIGHT] = [90, 38];
/** Seconds that a reader needs for what is new on the screen, for each line of it, and for what it meant. */
const [NEWS, LINE, MEANING] = [0.4, 0.1, 2.5];
const CLEARED = "\x1b[2J\x1b[H";

/**
 * What the demo told, as a recording in the format of asciinema (asciicast v2): a screen for each step, at the pace of
 * reading instead of that at which it ran; and last a screen with what each step meant, which stays.
 */
export function asciicast(told: string): string {
  let at = 0;
  const events: [number, "o", string][] = [];
  const show = (text: string) => {
    events.push([at, "o", wrapped(text).replaceAll("\n", "\r\n")]);
    const seconds = NEWS + LINE * text.split("\n").length + (text.startsWith("=> ") ? MEANING : 0);
    at = Number((at + seconds).toFixed(1));
  };
  const meant: string[] = [];
  for (const step of told.split(/^(?=\d+\. )/m).slice(1)) {
    const [title = "", ...parts] = step.split(/^(?= {3}\$ |=> )/m);
    show(CLEARED + title);
    parts.forEach(show);
    meant.push(title.trim(), ...parts.filter((part) => part.startsWith("=> ")).map((part) => `   ${part.trim()}`));
  }
  show(`${CLEARED}${meant.join("\n")}\n`);
  return [{ version: 2, width: WIDTH, height: HEIGHT }, ...events].map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** At spaces: a terminal breaks a line within an id. */
function wrapped(text: string): string {
  return text.replace(/^( *)(.*)$/gm, (line, indent: string, words: string) => {
    if (line.length < WIDTH) return line;
    const lines: string[] = [indent.slice(1)];
    for (const word of words.split(" ")) {
      const last = lines.at(-1) ?? "";
      if (`${last} ${word}`.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(`${indent}   ${word}`);
    }
    return lines.join("\n");
  });
}

/** Played once: its last screen stays, and is the picture where nothing moves. */
export function playedOnce(svg: string): string {
  const [, last] = /100\.000%\{transform:(translateY\([^)]*\))\}/.exec(svg) ?? [];
  if (!last || !svg.includes("animation-iteration-count:infinite;"))
    throw new Error("svgterm writes another animation");
  return svg
    .replace("animation-iteration-count:infinite;", `animation-iteration-count:1;transform:${last};`)
    .replace("]]></style>", "@media (prefers-reduced-motion: reduce){#screen_view{animation:none}}\n]]></style>");
}
