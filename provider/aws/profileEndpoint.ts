import { loadConfig } from "@smithy/core/config";
import { given } from "../model/json";
import type { CredentialSource } from "./credentials";

/**
 * The address of a service in the profile that `aws:profile` names. The SDK reads the rest of a client's profile, but this
 * one setting from AWS_PROFILE alone: an emulator's credentials would go to AWS.
 */
export function profileEndpoint(service: "iam" | "sts", { profile = "", configFile }: CredentialSource) {
  return loadConfig<string | undefined>(
    {
      environmentVariableSelector: (env) => env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? env.AWS_ENDPOINT_URL,
      configFileSelector: (own, config) =>
        config?.[`services.${own.services}`]?.[`${service}.endpoint_url`] ?? own.endpoint_url,
      default: undefined,
    },
    { profile, ...given({ configFilepath: configFile }) },
  );
}
