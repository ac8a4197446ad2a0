/** Columns and rows of the recorded terminal. */
const [WIDTH, HEIGHT] = [112, 34];
/** Seconds that a reader needs for what is new on the screen, for each line of it, and for what it meant. */
const [NEWS, LINE, MEANING] = [0.4, 0.1, 2.5];
const CLEARED = "\x1b[2J\x1b[H";

/**
 * What the demo told, as a recording in the format of asciinema (asciicast v2): a screen for each step, at the pace of
 * reading instead of that at which it ran.
 */
export function asciicast(told: string): string {
  let at = 0;
  const events: [number, "o", string][] = [];
  const show = (text: string) => {
    events.push([at, "o", text.replaceAll("\n", "\r\n")]);
    const seconds = NEWS + LINE * text.split("\n").length + (text.startsWith("=> ") ? MEANING : 0);
    at = Number((at + seconds).toFixed(1));
  };
  for (const step of told.split(/^(?=\d+\. )/m).slice(1)) {
    const [title = "", ...parts] = step.split(/^(?= {3}\$ |=> )/m);
    show(CLEARED + title);
    parts.forEach(show);
  }
  return [{ version: 2, width: WIDTH, height: HEIGHT }, ...events].map((line) => `${JSON.stringify(line)}\n`).join("");
}
