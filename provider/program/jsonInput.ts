import * as pulumi from "@pulumi/pulumi";

/**
 * A value that is compared by its JSON text. What JSON can't hold would be stored as something else, or as nothing, and its
 * change never seen: so it is refused by name and type. A Date counts as its ISO text.
 *
 * @param name where it was passed: `RotatedAccessKey ci: rotationTrigger`
 * @throws RunError for what is no JSON value; for what comes as an output, when that is known
 */
export function jsonInput(value: unknown, name: string, around: unknown[] = []): pulumi.Input<unknown> {
  if (value === undefined || value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  if (pulumi.Output.isInstance(value)) return value.apply((known) => jsonInput(known, name));
  if (value instanceof Promise) return value.then((known) => jsonInput(known, name));
  const isPlain = typeof value === "object" && [Object.prototype, null].includes(Object.getPrototypeOf(value));
  if (!(isPlain || Array.isArray(value)) || around.includes(value)) throw noJson(value, name, around);
  const inside = [...around, value];
  if (Array.isArray(value)) return value.map((item, at) => jsonInput(item, `${name}[${at}]`, inside));
  return Object.fromEntries(
    Object.entries(value as object).map(([key, item]) => [key, jsonInput(item, `${name}.${key}`, inside)]),
  );
}

function noJson(value: unknown, name: string, around: unknown[]): Error {
  return new pulumi.RunError(
    `${name} is ${around.includes(value) ? "an object that holds itself" : typeInWords(value)}, which is no JSON value, so that a change of it would not be seen. Pass text, a number, true or false, null, or a list or an object of these; a Date counts as its ISO text.`,
  );
}

function typeInWords(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (value instanceof Date) return "an invalid Date";
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  return `a ${value.constructor?.name || "object of a class"}`;
}
