import { isDeepStrictEqual } from "node:util";
import { hasUnknowns } from "./unknowns";

type Props = Record<string, unknown>;

export function isObject(value: unknown): value is Props {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Same JSON value? Something that a preview cannot know counts as different. */
export function sameValue(a: unknown, b: unknown): boolean {
  return !hasUnknowns(a) && !hasUnknowns(b) && isDeepStrictEqual(asStored(a), asStored(b));
}

/** As the state keeps it: JSON knows neither `undefined` nor -0. */
function asStored(value: unknown): unknown {
  return value === undefined || value === null ? null : JSON.parse(JSON.stringify(value));
}

/** Leaves out what is null or undefined at the top: to the engine both mean "not given". */
export function given<T extends object>(news: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const present = Object.entries(news).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(present) as { [K in keyof T]?: NonNullable<T[K]> };
}
