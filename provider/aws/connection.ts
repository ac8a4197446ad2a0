import { given, isObject } from "../model/json";
import { isRegion } from "../model/keyText";
import type { UserArn } from "../model/userArn";
import { flagOf, isHttp, jsonOf, listOf, type SettingName, type Settings, settingError, textOf } from "./awsSettings";
import type { CredentialSource } from "./credentials";
import { type Proxies, proxyProblem } from "./proxy";

/** Where calls go to, and how: the settings of @pulumi/aws that are not about credentials. */
export interface Connection extends Proxies {
  /** Addresses in place of AWS's own. */
  iamEndpoint?: string;
  stsEndpoint?: string;
  stsRegion?: string;
  useFipsEndpoint?: true;
  useDualstackEndpoint?: true;
  /** How often a call is sent at the most. */
  attempts?: number;
  /** A file with further root certificates. */
  caBundle?: string;
  insecure?: true;
}

/** Who calls AWS, and how it is reached. */
export interface Access {
  credentials: CredentialSource;
  connection: Connection;
}

export function connectionOf(settings: Settings): Connection {
  const attempts = Number(textOf(settings, "maxRetries"));
  return given({
    iamEndpoint: endpointOf(settings, "iam"),
    stsEndpoint: endpointOf(settings, "sts"),
    stsRegion: regionOf(settings, "stsRegion"),
    useFipsEndpoint: flagOf(settings, "useFipsEndpoint"),
    useDualstackEndpoint: flagOf(settings, "useDualstackEndpoint"),
    attempts: attempts > 0 ? attempts : undefined,
    caBundle: textOf(settings, "customCaBundle"),
    insecure: flagOf(settings, "insecure"),
    httpProxy: proxyOf(settings, "httpProxy"),
    httpsProxy: proxyOf(settings, "httpsProxy"),
    noProxy: textOf(settings, "noProxy"),
  });
}

/** One that is none would be part of an address that nobody has, or that anybody may have. */
export function regionOf(settings: Settings, name: "region" | "stsRegion"): string | undefined {
  const region = textOf(settings, name);
  if (!region || isRegion(region)) return region;
  throw settingError(settings, name, "which is no AWS region, for example eu-central-1.", "Correct it.");
}

function proxyOf(settings: Settings, name: "httpProxy" | "httpsProxy"): string | undefined {
  const address = textOf(settings, name);
  const problem = address && proxyProblem(address);
  if (problem) throw settingError(settings, name, `whose address ${problem}`, "Correct it.");
  return address;
}

/** A list of objects in @pulumi/aws, each with addresses by service. */
function endpointOf(settings: Settings, service: "iam" | "sts"): string | undefined {
  const all = [jsonOf(settings, "endpoints") ?? []].flat();
  if (!all.every(isObject))
    throw settingError(settings, "endpoints", "which is not a list of addresses by service.", "Correct it.");
  const address = all
    .map((services) => services[service])
    .findLast((at) => at !== undefined && at !== null && at !== "");
  if (address === undefined || (typeof address === "string" && isHttp(address))) return address;
  throw settingError(settings, "endpoints", `and in it an address of ${service} that is none.`, "Correct it.");
}

/** The accounts that @pulumi/aws is told to work in, or to keep away from. */
export function requireAllowedAccount({ accountId }: UserArn, settings: Settings): void {
  const refuse = (name: SettingName, are: string) => {
    const found = `and the user's account ${accountId} ${are} among them.`;
    throw settingError(settings, name, found, "Correct `userArn`, or the setting.");
  };
  const allowed = accountsOf(settings, "allowedAccountIds");
  if (allowed.length > 0 && !allowed.includes(accountId)) refuse("allowedAccountIds", "is not");
  if (accountsOf(settings, "forbiddenAccountIds").includes(accountId)) refuse("forbiddenAccountIds", "is");
}

/** YAML makes a number of an id without quotes, and one that begins with a zero is then another, which would match nothing. */
function accountsOf(settings: Settings, name: "allowedAccountIds" | "forbiddenAccountIds"): string[] {
  const ids = listOf(settings, name);
  if (ids.every((id) => /^\d{12}$/.test(id))) return ids;
  throw settingError(settings, name, "and in it what is no account id of 12 digits.", "Put each id in quotes.");
}
