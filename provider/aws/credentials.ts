import type { Login } from "../model/accessKey";
import { RotationError } from "../model/errors";
import { given } from "../model/json";
import { fileOf, type Settings, settingError, textOf, textProblem } from "./awsSettings";
import { type Role, rolesOf, type WebIdentity, webIdentityOf } from "./roles";

/** Where the credentials for a call come from. Only signer.ts knows how to make real ones of it. */
export interface CredentialSource {
  /** Credentials as they are; without them, the SDK's chain. */
  login?: Login;
  /** What stands in the environment, where no profile is asked for. */
  environment?: "keys" | "token";
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
export function credentialSource(
  login: Login | undefined,
  settings: Settings,
  env: NodeJS.ProcessEnv = process.env,
): CredentialSource {
  // A configured source is the user's word: the chain, which may belong to another account, does not overrule it.
  if (login) return { login };
  const [roles, webIdentity] = [rolesOf(settings), webIdentityOf(settings)];
  return given({
    ...(configuredLogin(settings) ?? chain(settings, webIdentity ? {} : env)),
    webIdentity,
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

function chain(settings: Settings, env: NodeJS.ProcessEnv): CredentialSource {
  for (const name of ["ec2MetadataServiceEndpoint", "ec2MetadataServiceEndpointMode"] as const) {
    if (textOf(settings, name)) {
      throw settingError(settings, name, "which is followed here only as an environment variable.");
    }
  }
  const older = textOf(settings, "sharedCredentialsFile") ?? [];
  const profile = textOf(settings, "profile");
  return given({
    environment: profile ? undefined : environmentOf(env),
    profile,
    configFile: fileOf(settings, "sharedConfigFiles"),
    credentialsFile: fileOf(settings, "sharedCredentialsFiles", older),
  });
}

/** In the order of the AWS CLI and of @pulumi/aws. The SDK's own lets AWS_PROFILE, and any profile, go before these. */
function environmentOf(env: NodeJS.ProcessEnv): "keys" | "token" | undefined {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN } =
    env;
  const keys = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
  if (AWS_ACCESS_KEY_ID) return whole({ ...keys, ...(AWS_SESSION_TOKEN && { AWS_SESSION_TOKEN }) }) && "keys";
  if (AWS_WEB_IDENTITY_TOKEN_FILE) return whole({ AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN }) && "token";
  return undefined;
}

/** @throws RotationError for a variable that is missing beside the others, or that Node.js or AWS would refuse in other words */
function whole(variables: Record<string, string | undefined>): true {
  for (const [name, value] of Object.entries(variables)) {
    const problem = value ? textProblem(value) : `is not set, and ${Object.keys(variables)[0]} is.`;
    if (problem)
      throw new RotationError({
        attempted: "Can't choose credentials",
        found: `the environment's ${name} ${problem}`,
        todo: "Correct the environment; or pass `login`.",
      });
  }
  return true;
}
