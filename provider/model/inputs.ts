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

export const PUBLIC_INPUTS = [
  "userArn",
  "rotationTrigger",
  "region",
  "login",
  "state",
  "rotateEvery",
  "gracePeriod",
  "deactivatePeriod",
  "revocationTrigger",
  "lastUsedGuard",
] as const;
export const INTERNAL_INPUTS = ["journalOwner", "awsProvider"] as const;
export const INPUT_NAMES = [...PUBLIC_INPUTS, ...INTERNAL_INPUTS] as const;
