import type { AdoptedKeys, Login } from "./accessKey";

/** The inputs as the provider gets them: resolved, and unwrapped where they are secret. */
export interface Inputs {
  userArn: string;
  rotationTrigger?: unknown;
  region?: string;
  login?: Login;
  state?: AdoptedKeys;
  rotateEvery?: string;
  gracePeriod?: string;
  deactivatePeriod?: string;
  revocationTrigger?: unknown;
  lastUsedGuard?: string;
  /** Not the user's: RotatedAccessKey passes it, and the journal on the IAM user names it. */
  journalOwner?: string;
  /** Nor this: settings of the explicit `aws.Provider` that the resource has in the program. */
  awsProvider?: Record<string, unknown>;
}

interface Input {
  /** Encrypted in any case. */
  secret?: true;
  /** A length of time: a change of it counts from the next decision on, and changes no key by itself. */
  period?: true;
  /** Any JSON value, whose change asks for something. */
  trigger?: true;
  /** Not the user's: the class or the plugin passes it. */
  internal?: true;
}

/** Every input, by name. */
export const INPUTS = {
  userArn: {},
  rotationTrigger: { trigger: true },
  region: {},
  login: { secret: true },
  state: { secret: true },
  rotateEvery: { period: true },
  gracePeriod: { period: true },
  deactivatePeriod: { period: true },
  revocationTrigger: { trigger: true },
  lastUsedGuard: { period: true },
  journalOwner: { internal: true },
  awsProvider: { secret: true, internal: true },
} as const satisfies Record<string, Input>;

export type InputName = keyof typeof INPUTS;
export const INPUT_NAMES = Object.keys(INPUTS) as InputName[];

export function inputsThatAre(kind: keyof Input): InputName[] {
  return INPUT_NAMES.filter((name) => kind in INPUTS[name]);
}

export const PUBLIC_INPUTS = INPUT_NAMES.filter((name) => !("internal" in INPUTS[name]));
export const INTERNAL_INPUTS = inputsThatAre("internal");
/** Those of a RotatedUser, beside `user`; and what that takes. */
export const ROTATED_USER_INPUTS = PUBLIC_INPUTS.filter((name) => name !== "userArn");
export const USER_INPUTS = ["name", "path", "permissionsBoundary", "forceDestroy", "tags"];
