import { SECRETS } from "./outputs";

/** Constants of Pulumi's engine, the same in every SDK. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** A value that the engine keeps encrypted, as it stands on the wire. */
export function secret(value: unknown): Record<string, unknown> {
  return isSecret(value) ? value : { [SIGNATURE]: SECRET, value };
}

export function isSecret(value: unknown): value is Record<string, unknown> & { value: unknown } {
  return typeof value === "object" && value !== null && (value as Record<string, unknown>)[SIGNATURE] === SECRET;
}

/**
 * The properties with their secrets marked, by the provider itself: a transformation that gives other options, or a plain
 * `login`, takes away what the program has said of them.
 * @param more names of others that are secret here
 */
export function withSecrets(props: object, more: string[] = []): Record<string, unknown> {
  const isSecretName = (name: string) => SECRETS.includes(name) || more.includes(name);
  return Object.fromEntries(
    Object.entries(props).map(([name, value]) => [name, isSecretName(name) ? secret(value) : value]),
  );
}
