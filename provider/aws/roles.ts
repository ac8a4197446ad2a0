import { parseSpan } from "../model/duration";
import { isObject } from "../model/json";
import { jsonOf, type SettingName, type Settings, settingError, textsOf } from "./awsSettings";

/** A role to assume, in the SDK's own terms, which is given it as it is: with all that narrows it. */
export interface Role {
  RoleArn: string;
  RoleSessionName: string;
}

/** The same of one that an OIDC token stands for. */
export interface WebIdentity {
  roleArn: string;
  webIdentityToken?: string;
  webIdentityTokenFile?: string;
}

/** The roles to assume one after another: `assumeRoles` of @pulumi/aws 7, or `assumeRole` of 6. */
export function rolesOf(settings: Settings): Role[] {
  const [several, one] = [jsonOf(settings, "assumeRoles"), jsonOf(settings, "assumeRole")];
  if (several !== undefined && one !== undefined) {
    throw settingError(settings, "assumeRole", "and assumeRoles as well; give one of them.");
  }
  const name = several === undefined ? "assumeRole" : "assumeRoles";
  return [several ?? one ?? []].flat().map((given) => {
    const role = Object.entries(roleOf(settings, name, given, ROLE));
    // AssumeRole's own names, with a capital each.
    return Object.fromEntries(
      role.map(([key, value]) => [key.charAt(0).toUpperCase() + key.slice(1), value]),
    ) as unknown as Role;
  });
}

/** The role of `assumeRoleWithWebIdentity`. */
export function webIdentityOf(settings: Settings): WebIdentity | undefined {
  const name = "assumeRoleWithWebIdentity";
  const given = jsonOf(settings, name);
  if (given === undefined) return undefined;
  const role = roleOf(settings, name, given, WEB_IDENTITY);
  if (!role.webIdentityToken === !role.webIdentityTokenFile) {
    throw settingError(settings, name, "without either webIdentityToken or webIdentityTokenFile.");
  }
  return role;
}

const text = (value: unknown) => textsOf([value])?.[0];
const arns = (value: unknown) => textsOf(value)?.map((arn) => ({ arn }));
const tags = (value: unknown) =>
  isObject(value) && textsOf(Object.values(value))
    ? Object.entries(value).map(([Key, Value]) => ({ Key, Value: String(Value) }))
    : undefined;

/** @pulumi/aws writes lengths of time as Go does, `1h30m`, and once wrote seconds. */
function seconds(value: unknown): number | undefined {
  const milliseconds = typeof value === "string" ? parseSpan(value) : undefined;
  if (milliseconds !== undefined) return Math.round(milliseconds / 1000);
  return typeof value === "number" ? value : undefined;
}

/** Parts of a role as @pulumi/aws names them, as the SDK does, and how they are read. */
type Parts = Record<string, [name: string, read: (value: unknown) => unknown]>;
const EITHER: Parts = {
  roleArn: ["roleArn", text],
  sessionName: ["roleSessionName", text],
  duration: ["durationSeconds", seconds],
  durationSeconds: ["durationSeconds", seconds],
  policy: ["policy", text],
  policyArns: ["policyArns", arns],
};
const ROLE: Parts = {
  ...EITHER,
  externalId: ["externalId", text],
  sourceIdentity: ["sourceIdentity", text],
  tags: ["tags", tags],
  transitiveTagKeys: ["transitiveTagKeys", textsOf],
};
const WEB_IDENTITY: Parts = {
  ...EITHER,
  webIdentityToken: ["webIdentityToken", text],
  // Read anew at each use, since who keeps such a file renews it.
  webIdentityTokenFile: ["webIdentityTokenFile", text],
};

/** What it does not know is refused: a role that is narrowed by it would be a wider one without. */
function roleOf(settings: Settings, name: SettingName, given: unknown, parts: Parts): WebIdentity {
  if (!isObject(given)) throw settingError(settings, name, "which is not an object with a roleArn.");
  const role: Record<string, unknown> = { roleSessionName: "pulumi-aws-iam-rotator" };
  for (const [key, value] of Object.entries(given)) {
    if (value === null || value === undefined) continue;
    const part = parts[key];
    if (!part) {
      throw settingError(settings, name, `and in it ${key}, which is not one of ${Object.keys(parts).join(", ")}.`);
    }
    role[part[0]] = part[1](value);
    if (role[part[0]] === undefined) throw settingError(settings, name, `and in it a ${key} that can't be read.`);
  }
  const { roleArn } = role;
  if (typeof roleArn !== "string") throw settingError(settings, name, "without a roleArn.");
  return { ...role, roleArn };
}
