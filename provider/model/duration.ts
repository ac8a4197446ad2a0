import ms, { type StringValue } from "ms";

/** A whole number and its unit: seconds, minutes, hours, days or weeks. */
const DURATION = /^[1-9]\d*[smhdw]$/;
/** AWS accounts are younger; a longer one is a slip of the keyboard. */
const LONGEST = ms("20y");

/** Milliseconds of a duration such as `"90d"`, `"12h"` or `"30m"`; `undefined` for what is none. */
export function parseDuration(text: unknown): number | undefined {
  if (typeof text !== "string" || !DURATION.test(text)) return undefined;
  const milliseconds = ms(text as StringValue);
  return milliseconds <= LONGEST ? milliseconds : undefined;
}

/** Milliseconds of a length of time as Go writes it: `1h30m`, `900s`; `undefined` for what is none. */
export function parseSpan(text: string): number | undefined {
  const parts = text.match(/\d+(\.\d+)?(ms|[hms])/g) ?? [];
  if (text === "" || parts.join("") !== text) return undefined;
  return parts.reduce((sum, part) => sum + ms(part as StringValue), 0);
}

/** A moment so long after another, both in RFC 3339; `undefined` where there is nothing to count from, or no duration. */
export function after(moment: string | undefined, duration: string | undefined): string | undefined {
  const length = parseDuration(duration);
  if (!moment || length === undefined) return undefined;
  return new Date(Date.parse(moment) + length).toISOString().replace(/\.\d+Z$/, "Z");
}

/** A length of time in its largest unit, for people: `3 days`. A second at least: clocks differ. */
export function inWords(milliseconds: number): string {
  return ms(Math.max(milliseconds, 1_000), { long: true });
}
