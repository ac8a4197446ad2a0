import type { Login } from "../model/accessKey";
import { given } from "../model/json";
import {
  fileOf,
  type Role,
  rolesOf,
  type Settings,
  settingError,
  textOf,
  type WebIdentity,
  webIdentityOf,
} from "./awsSettings";

/** Where the credentials for a call come from. Only iam.ts knows how to make real ones of it. */
export interface CredentialSource {
  /** Credentials as they are; without them, the SDK's chain. */
  login?: Login;
  /** Of the chain: a profile, and the files in which it stands. */
  profile?: string;
  configFile?: string;
  credentialsFile?: string;
  /** Instead of the above: a role that an OIDC token stands for. */
  webIdentity?: WebIdentity;
  /** Roles to assume after that, each with the credentials of the one before. */
  roles?: Role[];
}

/** What counts today: the `login` input, else the settings of @pulumi/aws, and the SDK's chain where those name nobody. */
export function credentialSource(login: Login | undefined, settings: Settings): CredentialSource {
  // A configured source is the user's word: the chain, which may belong to another account, does not overrule it.
  if (login) return { login };
  const roles = rolesOf(settings);
  return given({
    ...(configuredLogin(settings) ?? chain(settings)),
    webIdentity: webIdentityOf(settings),
    roles: roles.length > 0 ? roles : undefined,
  });
}

function configuredLogin(settings: Settings): CredentialSource | undefined {
  const [accessKeyId, secretAccessKey] = [textOf(settings, "accessKey"), textOf(settings, "secretKey")];
  const sessionToken = textOf(settings, "token");
  if (accessKeyId && secretAccessKey) {
    return { login: { accessKeyId, secretAccessKey, ...given({ sessionToken }) } };
  }
  if (accessKeyId) throw settingError(settings, "accessKey", "without secretKey.");
  if (secretAccessKey) throw settingError(settings, "secretKey", "without accessKey.");
  return undefined;
}

function chain(settings: Settings): CredentialSource {
  for (const name of ["ec2MetadataServiceEndpoint", "ec2MetadataServiceEndpointMode"] as const) {
    if (textOf(settings, name)) {
      throw settingError(settings, name, "which is followed here only as an environment variable.");
    }
  }
  const older = textOf(settings, "sharedCredentialsFile") ?? [];
  return given({
    profile: textOf(settings, "profile"),
    configFile: fileOf(settings, "sharedConfigFiles"),
    credentialsFile: fileOf(settings, "sharedCredentialsFiles", older),
  });
}
