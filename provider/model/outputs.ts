import { inputsThatAre } from "./inputs";

interface Output {
  /** Encrypted in any case. */
  secret?: true;
  /** May be absent. */
  optional?: true;
  /** Follows from the rest, and from the time: a difference in it alone asks AWS nothing. */
  derived?: true;
  /** For the next run, and not for programs. */
  internal?: true;
}

/** Every output beside the inputs, which are outputs as well. */
export const OUTPUTS = {
  current: { secret: true },
  previous: { secret: true, optional: true },
  currentAccessKeyId: {},
  previousAccessKeyId: { optional: true },
  currentCreatedAt: {},
  rotationDueAt: { optional: true, derived: true },
  previousUntil: { optional: true, derived: true },
  previousDeactivatedAt: { optional: true },
  pending: { derived: true },
  unmanagedAccessKeyIds: {},
  userId: { internal: true },
  operationId: { internal: true },
  previousSince: { internal: true },
  previousFate: { internal: true },
  unfinished: { internal: true },
  /** It notes triggers, which a program may have marked as secret. */
  answered: { secret: true, internal: true },
  drift: { internal: true },
  /** The run in which it was blocked, as long as it is. */
  blockedIn: { internal: true },
} as const satisfies Record<string, Output>;

export type OutputName = keyof typeof OUTPUTS;
export const OUTPUT_NAMES = Object.keys(OUTPUTS) as OutputName[];

export function outputsThatAre(kind: keyof Output): OutputName[] {
  return OUTPUT_NAMES.filter((name) => kind in OUTPUTS[name]);
}

/** What programs see. */
export const PUBLIC_OUTPUTS = OUTPUT_NAMES.filter((name) => !("internal" in OUTPUTS[name]));

/** Properties that are secret in any case. */
export const SECRETS: string[] = [...inputsThatAre("secret"), ...outputsThatAre("secret")];
