// Values as the engine writes them on the wire: secrets wrapped by a signature, and what a preview can't know as a constant text.
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { isSecret } from "../model/secretValue";

export { isSecret, secret } from "../model/secretValue";

export type Bag = Record<string, unknown>;

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
