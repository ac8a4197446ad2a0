import { getProfileName, loadSharedConfigFiles } from "@smithy/core/config";
import { RotationError } from "../model/errors";
import { given } from "../model/json";
import { isHttp } from "./awsSettings";
import type { Access } from "./connection";

/**
 * Addresses in place of AWS's own, by the settings, the environment and the profile in use. The SDK reads them by AWS_PROFILE alone, where
 * `aws:profile` may name another, and goes to AWS itself where the profile or its section of services is not there.
 */
export async function endpointsOf({ credentials, connection }: Access) {
  const { env } = process;
  const { profile, configFile, credentialsFile, login, webIdentity } = credentials;
  const files = await loadSharedConfigFiles(given({ configFilepath: configFile, filepath: credentialsFile }));
  const name = getProfileName(given({ profile }));
  const [keys, config] = [files.credentialsFile[name], files.configFile[name]];
  if ((profile || env.AWS_PROFILE) && !keys && !config && !login && !webIdentity) {
    throw wrong(`the profile ${name}, which aws:profile or AWS_PROFILE names, is in neither of the shared files.`);
  }
  const own = { ...keys, ...config };
  const ignored = (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS ?? own.ignore_configured_endpoint_urls)?.toLowerCase();
  const endpoint = (service: "iam" | "sts", explicit: string | undefined): string | undefined => {
    if (explicit || ignored === "true") return explicit;
    const variables = [`AWS_ENDPOINT_URL_${service.toUpperCase()}`, "AWS_ENDPOINT_URL"];
    // As for the AWS CLI, what is empty is not set.
    const variable = variables.find((variable) => env[variable]);
    if (variable) return addressIn(env[variable] ?? "", variable);
    const { services } = own;
    const section = services ? files.configFile[`services.${services}`] : undefined;
    if (services && !section) {
      throw wrong(`the profile ${name} names the section of services ${services}, which is not in the file.`);
    }
    const address = section?.[`${service}.endpoint_url`] || own.endpoint_url;
    return address && addressIn(address, `endpoint_url of the profile ${name}`);
  };
  return given({ iam: endpoint("iam", connection.iamEndpoint), sts: endpoint("sts", connection.stsEndpoint) });
}

/** Without a word of the address, since it may hold a password. */
function addressIn(address: string, where: string): string {
  if (isHttp(address)) return address;
  throw wrong(`${where} is no address: it must be http://host:port or https://host:port.`);
}

function wrong(found: string): RotationError {
  return new RotationError({ attempted: "Can't call AWS", found, todo: "Nothing was sent: correct it." });
}
