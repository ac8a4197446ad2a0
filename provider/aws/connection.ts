import { isObject } from "../decide/inputs";
import type { UserArn } from "../model/userArn";
import { flagOf, jsonOf, listOf, type Settings, settingError, textOf } from "./awsSettings";
import type { CredentialSource } from "./credentials";
import { type Proxies, proxyProblem } from "./proxy";

/** Where calls go to, and how: the settings of @pulumi/aws that are not about credentials. */
export interface Connection {
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
  proxies?: Proxies;
}

/** Who calls AWS, and how it is reached. */
export interface Access {
  credentials: CredentialSource;
  connection: Connection;
}

export function connectionOf(settings: Settings): Connection {
  const [iamEndpoint, stsEndpoint] = [endpointOf(settings, "iam"), endpointOf(settings, "sts")];
  const stsRegion = textOf(settings, "stsRegion");
  const attempts = Number(textOf(settings, "maxRetries"));
  const caBundle = textOf(settings, "customCaBundle");
  const [http, https] = [textOf(settings, "httpProxy"), textOf(settings, "httpsProxy")];
  const none = textOf(settings, "noProxy");
  const proxies = { ...(http && { http }), ...(https && { https }), ...(none && { none }) };
  for (const [name, address] of [
    ["httpProxy", http],
    ["httpsProxy", https],
  ] as const) {
    const problem = address && proxyProblem(address);
    if (problem) throw settingError(settings, name, `whose address ${problem}`, "Correct it.");
  }
  return {
    ...(iamEndpoint && { iamEndpoint }),
    ...(stsEndpoint && { stsEndpoint }),
    ...(stsRegion && { stsRegion }),
    ...(flagOf(settings, "useFipsEndpoint") && { useFipsEndpoint: true }),
    ...(flagOf(settings, "useDualstackEndpoint") && { useDualstackEndpoint: true }),
    ...(attempts > 0 && { attempts }),
    ...(caBundle && { caBundle }),
    ...(flagOf(settings, "insecure") && { insecure: true }),
    ...(Object.keys(proxies).length > 0 && { proxies }),
  };
}

/** A list of objects in @pulumi/aws, each with addresses by service. */
function endpointOf(settings: Settings, service: "iam" | "sts"): string | undefined {
  const given = jsonOf(settings, "endpoints") ?? [];
  let endpoint: string | undefined;
  for (const services of Array.isArray(given) ? given : [given]) {
    if (!isObject(services))
      throw settingError(settings, "endpoints", "which is not a list of addresses by service.", "Correct it.");
    const address = services[service];
    if (address === undefined || address === null || address === "") continue;
    if (typeof address !== "string" || !URL.canParse(address)) {
      throw settingError(settings, "endpoints", `and in it an address of ${service} that is none.`, "Correct it.");
    }
    endpoint = address;
  }
  return endpoint;
}

const OTHER_ACCOUNT = "Correct `userArn`, or the setting.";

/** The accounts that @pulumi/aws is told to work in, or to keep away from. */
export function requireAllowedAccount({ accountId }: UserArn, settings: Settings): void {
  const allowed = listOf(settings, "allowedAccountIds");
  if (allowed.length > 0 && !allowed.includes(accountId)) {
    throw settingError(
      settings,
      "allowedAccountIds",
      `and the user's account ${accountId} is not among them.`,
      OTHER_ACCOUNT,
    );
  }
  if (listOf(settings, "forbiddenAccountIds").includes(accountId)) {
    throw settingError(
      settings,
      "forbiddenAccountIds",
      `and the user's account ${accountId} is among them.`,
      OTHER_ACCOUNT,
    );
  }
}
