import type { IAMClientConfig } from "@aws-sdk/client-iam";
import { getDefaultRoleAssumer, getDefaultRoleAssumerWithWebIdentity } from "@aws-sdk/client-sts";
import {
  fromEnv,
  fromIni,
  fromNodeProviderChain,
  fromTemporaryCredentials,
  fromTokenFile,
  fromWebToken,
} from "@aws-sdk/credential-providers";
import { given } from "../model/json";
import type { CredentialSource } from "./credentials";
import type { AwsHttpHandler } from "./http";
import type { WebIdentity } from "./roles";

/** Where a client sends its calls. */
export interface Place {
  region: string;
  endpoint?: string;
  requestHandler: AwsHttpHandler;
  profile?: string;
  useFipsEndpoint?: true;
  useDualstackEndpoint?: true;
  ignoreConfiguredEndpointUrls: boolean;
  customUserAgent: [string, string][];
}

type Credentials = NonNullable<IAMClientConfig["credentials"]>;

/** The credentials of a source, as the SDK makes and renews them. */
export function signerOf(source: CredentialSource, toSts: Place): Credentials {
  const { login, webIdentity, roles = [] } = source;
  // A copy: the SDK notes in it where it comes from.
  let credentials: Credentials =
    (login && { ...login }) ?? (webIdentity ? byWebIdentity(webIdentity, toSts) : byChain(source, toSts));
  for (const params of roles) {
    credentials = fromTemporaryCredentials({ masterCredentials: credentials, params, clientConfig: toSts });
  }
  return credentials;
}

function byChain(source: CredentialSource, toSts: Place): Credentials {
  const { environment, profile, configFile, credentialsFile } = source;
  if (environment === "keys") return fromEnv();
  // Its clients of other services, SSO above all, have endpoints of their own.
  const { endpoint, ignoreConfiguredEndpointUrls: _, ...clientConfig } = toSts;
  const init = {
    clientConfig,
    ...given({ profile, configFilepath: configFile, filepath: credentialsFile }),
    ...(endpoint && {
      roleAssumer: getDefaultRoleAssumer(toSts),
      roleAssumerWithWebIdentity: getDefaultRoleAssumerWithWebIdentity(toSts),
    }),
  };
  if (environment === "token") return fromTokenFile(init);
  // The SDK's chain warns of keys beside a profile that is asked for, and at its end tries the token, which stands for somebody else.
  const { AWS_ACCESS_KEY_ID, AWS_WEB_IDENTITY_TOKEN_FILE } = process.env;
  const isAlone = !AWS_ACCESS_KEY_ID && !AWS_WEB_IDENTITY_TOKEN_FILE;
  return profile && !isAlone ? fromIni(init) : fromNodeProviderChain(init);
}

function byWebIdentity({ webIdentityToken, ...role }: WebIdentity, clientConfig: Place): Credentials {
  return webIdentityToken
    ? fromWebToken({ ...role, webIdentityToken, clientConfig })
    : fromTokenFile({ ...role, clientConfig });
}
