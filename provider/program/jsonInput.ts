import * as pulumi from "@pulumi/pulumi";
import { lateRefusal, refusal } from "./refusal";

/**
 * A value that is compared by its JSON text. What JSON can't hold would be stored as something else, or as nothing, and its
 * change never seen: so it is refused by name and type. A Date counts as its ISO text. Of what Pulumi has made an empty object
 * in an output nothing is left to name: check refuses every one.
 *
 * @param name where it was passed: `RotatedAccessKey ci: rotationTrigger`
 * @throws RunError for what is no JSON value. Of what comes as an output that is logged as an error, when it is known
 */
export function jsonInput(
  value: unknown,
  name: string,
  refuse: (message: string) => unknown = thrown,
  around: unknown[] = [],
): pulumi.Input<unknown> {
  if (value === undefined || value === null || typeof value === "boolean") return value;
  if (typeof value === "string" && !HALF.test(value)) return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  if (pulumi.Output.isInstance(value)) return value.apply((known) => jsonInput(known, name, lateRefusal));
  if (value instanceof Promise) return value.then((known) => jsonInput(known, name, lateRefusal));
  if (!(isPlain(value) || Array.isArray(value)) || around.includes(value)) return refuse(noJson(value, name, around));
  const inside = [...around, value];
  if (Array.isArray(value)) return value.map((item, at) => jsonInput(item, `${name}[${at}]`, refuse, inside));
  if (Object.keys(value).some((key) => HALF.test(key))) return refuse(noJson("", `a name in ${name}`, around));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, jsonInput(item, `${name}.${key}`, refuse, inside)]),
  );
}

function thrown(message: string): never {
  throw refusal(message);
}

/** Half of a character outside the basic plane, of which UTF-8 can't hold one alone. */
const HALF = /\p{Surrogate}/u;

/** Also in an output, which makes a plain object of it. */
function isAsset(value: unknown): boolean {
  return pulumi.asset.Asset.isInstance(value) || pulumi.asset.Archive.isInstance(value);
}

function isPlain(value: unknown): value is object {
  return (
    typeof value === "object" && !isAsset(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value))
  );
}

function noJson(value: unknown, name: string, around: unknown[]): string {
  return `${name} is ${around.includes(value) ? "an object that holds itself" : typeInWords(value)}, which is no JSON value, so that a change of it would not be seen. Pass text, a number, true or false, null, or a list or an object of these; a Date counts as its ISO text.`;
}

function typeInWords(value: unknown): string {
  if (typeof value === "string") return "a text with half a character (a lone surrogate)";
  if (typeof value === "number") return String(value);
  if (value instanceof Date) return "an invalid Date";
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  if (isAsset(value)) return "an asset";
  return `a ${value.constructor?.name || "object of a class"}`;
}
