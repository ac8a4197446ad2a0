// Values as the engine writes them on the wire: secrets wrapped by a signature, and what a preview can't know as a constant text.
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

export type Bag = Record<string, unknown>;

/** Constants of Pulumi's engine, the same in every SDK. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

export function isSecret(value: unknown): value is { value: unknown } {
  return typeof value === "object" && value !== null && (value as Bag)[SIGNATURE] === SECRET;
}

export function secret(value: unknown): Bag {
  return isSecret(value) ? (value as Bag) : { [SIGNATURE]: SECRET, value };
}

/** The value without marks of secrets. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return isSecret(value) ? plain(value.value) : plainBag(value as Bag);
}

export function plainBag(bag: Bag): Bag {
  return Object.fromEntries(Object.entries(bag).map(([name, value]) => [name, plain(value)]));
}

export function containsSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return isSecret(value) || Object.values(value).some(containsSecret);
}

export function fromStruct(struct: Struct | undefined): Bag {
  return (struct?.toJavaScript() ?? {}) as Bag;
}

/** `undefined` has no place in a Struct. */
export function toStruct(bag: Bag): Struct {
  return Struct.fromJavaScript(JSON.parse(JSON.stringify(bag)));
}
