import type { AccessKeyPair, Login } from "./accessKey";
import { RotationError } from "./errors";

/** Where the credentials for a call come from. Only iam.ts knows how to make real ones of it. */
export type CredentialSource =
  | { from: "login"; login: Login }
  | { from: "config"; login: Login }
  | { from: "config"; profile: string }
  | { from: "chain" };

/** The part of the stack's configuration that is read, all of it under `aws:`. */
export interface StackConfig {
  get(key: string): string | undefined;
}

/** What counts today: the `login` input, else the stack's `aws:*` configuration, else the SDK's chain. */
export function credentialSource(login: Login | undefined, config: StackConfig | undefined): CredentialSource {
  // A configured source is the user's word: the chain, which may belong to another account, does not overrule it.
  return login ? { from: "login", login } : (configSource(config) ?? { from: "chain" });
}

/** To pass over one of these would mean to act as somebody else, or somewhere else. */
const UNSUPPORTED = [
  "assumeRole",
  "assumeRoles",
  "assumeRoleWithWebIdentity",
  "sharedConfigFiles",
  "sharedCredentialsFiles",
  "sharedCredentialsFile",
];

function configSource(config: StackConfig | undefined): CredentialSource | undefined {
  const get = (name: string) => config?.get(`aws:${name}`) || undefined;
  const unsupported = UNSUPPORTED.find((name) => !/^(|\[\]|\{\}|null)$/.test(get(name) ?? ""));
  if (unsupported) {
    throw new RotationError({
      asked: "Can't choose credentials",
      found: `the stack's configuration sets aws:${unsupported}, which this version can't follow.`,
      todo: "Pass the credentials as `login`, or set them in the environment and unset this for the stack.",
    });
  }
  const [accessKeyId, secretAccessKey, sessionToken] = [get("accessKey"), get("secretKey"), get("token")];
  if (accessKeyId && secretAccessKey) {
    const pair: AccessKeyPair = { accessKeyId, secretAccessKey };
    return { from: "config", login: sessionToken ? { ...pair, sessionToken } : pair };
  }
  if (accessKeyId || secretAccessKey) {
    throw new RotationError({
      asked: "Can't choose credentials",
      found: `the stack's configuration has ${accessKeyId ? "aws:accessKey without aws:secretKey" : "aws:secretKey without aws:accessKey"}.`,
      todo: "Set both, or neither.",
    });
  }
  const profile = get("profile");
  return profile ? { from: "config", profile } : undefined;
}
