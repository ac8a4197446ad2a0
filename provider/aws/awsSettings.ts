import { homedir } from "node:os";
import { RotationError } from "../model/errors";

/** Settings of @pulumi/aws by their names there: lists, objects, numbers and flags are JSON text, as Pulumi passes them. */
export interface Settings {
  get(name: string): string | undefined;
  /** In words, what sets a setting of that name. */
  source(name: string): string;
}

/** Every setting that is read, and what becomes of it. docs/credentials.md shows this table. */
export const SETTINGS = {
  accessKey: "signs, with `secretKey` and `token`",
  secretKey: "the secret of `accessKey`",
  token: "the session's token, if these are temporary",
  profile: "the profile of the shared files: its credentials, and with them its endpoints, FIPS and dual stack",
  sharedConfigFiles: "the file of profiles in place of `~/.aws/config`; one",
  sharedCredentialsFiles: "the file of credentials in place of `~/.aws/credentials`; one",
  sharedCredentialsFile: "the same, as `@pulumi/aws` 6 has it",
  assumeRole: "a role to assume, as `@pulumi/aws` 6 has it",
  assumeRoles: "roles to assume, each with the credentials of the one before",
  assumeRoleWithWebIdentity: "a role to assume with an OIDC token",
  region:
    "signs calls, and selects the STS endpoint that a new key is tried with; ignored if it is in another partition than the user",
  stsRegion: "another region for STS",
  endpoints: "addresses of `iam` and `sts` in place of AWS's own",
  useFipsEndpoint: "FIPS endpoints",
  useDualstackEndpoint: "dual stack endpoints",
  maxRetries:
    "the maximum number of attempts of a call; `CreateAccessKey` is sent again only if AWS did not execute it",
  customCaBundle: "a file of root certificates, beside those of Node.js and of `NODE_EXTRA_CA_CERTS`",
  insecure: "no certificate is checked",
  httpProxy: "the proxy for `http`, and for `https` where that has none",
  httpsProxy: "the proxy for `https`",
  noProxy: "hosts that are reached without a proxy",
  ec2MetadataServiceEndpoint: "refused: give it as the SDK's environment variable",
  ec2MetadataServiceEndpointMode: "refused: give it as the SDK's environment variable",
  allowedAccountIds: "a user of another account is refused",
  forbiddenAccountIds: "a user of one of these accounts is refused",
} as const;
export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];
/** Those that name who signs. A region does not: it only signs where. */
export const SIGNER_NAMES: readonly SettingName[] = [
  "accessKey",
  "secretKey",
  "token",
  "profile",
  "sharedConfigFiles",
  "sharedCredentialsFiles",
  "sharedCredentialsFile",
  "assumeRole",
  "assumeRoles",
  "assumeRoleWithWebIdentity",
];

const PASS_LOGIN =
  "Correct it; or pass the credentials as `login: { accessKeyId, secretAccessKey, sessionToken? }`, which is used instead.";

/** A setting that can't be followed: to pass over it would mean to act as somebody else, or somewhere else. */
export function settingError(settings: Settings, name: SettingName, found: string, todo = PASS_LOGIN): RotationError {
  return new RotationError({
    attempted: "Can't choose credentials",
    found: `${settings.source(name)}, ${found}`,
    todo,
  });
}

/** What a file or a pipeline may give a text that AWS, and Node.js, would refuse in words that name nothing. */
export function textProblem(text: string): string | undefined {
  if (text !== text.trim()) return "has white space at an end.";
  return /^[ -~]*$/.test(text) ? undefined : "has a character in it that can't be sent.";
}

export const isHttp = (address: string) => /^https?:/i.test(address) && URL.canParse(address);

/** The text of a setting; what is empty is not given. */
export function textOf(settings: Settings, name: SettingName): string | undefined {
  const text = settings.get(name) || undefined;
  const problem = text && textProblem(text);
  if (problem) throw settingError(settings, name, `which ${problem}`);
  return text;
}

/** The value of a setting that is JSON text; `undefined` for what stands for nothing. */
export function jsonOf(settings: Settings, name: SettingName): unknown {
  const text = settings.get(name);
  if (!text) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw settingError(settings, name, "which is not JSON.");
  }
  const isNothing = value === null || (typeof value === "object" && Object.keys(value).length === 0);
  return isNothing ? undefined : value;
}

export function flagOf(settings: Settings, name: SettingName): true | undefined {
  return textOf(settings, name) === "true" || undefined;
}

/** The setting's list of texts. */
export function listOf(settings: Settings, name: SettingName): string[] {
  const value = jsonOf(settings, name);
  if (value === undefined) return [];
  const list = textsOf(value);
  if (!list) throw settingError(settings, name, "which is not a list of texts.");
  return list;
}

/** The path of the one file of a list, and of what else names one; `~` is the home folder. */
export function fileOf(settings: Settings, name: SettingName, more: string | string[] = []): string | undefined {
  const [path, ...others] = listOf(settings, name).concat(more);
  if (others.length > 0) throw settingError(settings, name, "which has more than one file; this package reads one.");
  return path?.replace(/^~(?=[/\\])/, homedir());
}

/** `pulumi config set --path` makes a number of what looks like one: an account id, an external id. */
export function textsOf(value: unknown): string[] | undefined {
  const isText = (item: unknown) => typeof item === "string" || typeof item === "number";
  return Array.isArray(value) && value.every(isText) ? value.map(String) : undefined;
}
