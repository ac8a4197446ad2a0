import type { Dependencies, Iam } from "../act/dependencies";
import type { Settings } from "../aws/awsSettings";
import { type Access, connectionOf, regionOf, requireAllowedAccount } from "../aws/connection";
import { credentialSource } from "../aws/credentials";
import type { AccessKeyPair } from "../model/accessKey";
import { IamError, RotationError } from "../model/errors";
import type { Inputs } from "../model/inputs";
import { isRegion } from "../model/keyText";
import type { Severity } from "../model/message";
import { hasUnknowns } from "../model/unknowns";
import { parseUserArn, regionFor, type UserArn } from "../model/userArn";
import type { Failure } from "./checkInputs";

/** The stack's configuration, with the keys of @pulumi/aws under `aws:`. */
export interface StackConfig {
  get(key: string): string | undefined;
  /** In words, what sets a setting of @pulumi/aws, if not the stack's configuration under `aws:`. */
  source?(name: string): string;
}

/** What the provider needs of the world. Tests give their own. */
export interface World extends Omit<Dependencies, "iam" | "signedBy" | "say"> {
  connect(user: UserArn, region: string, access: Access): Iam;
  env: NodeJS.ProcessEnv;
  /** @param urn of the resource that it is about, if that is known */
  say(text: string, severity?: Severity, urn?: string): void;
  /** Resolves when all that was said has arrived. */
  heard?(): Promise<void>;
}

export function stackSettings(config: StackConfig | undefined): Settings {
  return {
    get: (name) => config?.get(`aws:${name}`),
    source: (name) => config?.source?.(name) ?? `the stack's configuration sets aws:${name}`,
  };
}

/** Those of the explicit `aws.Provider` that the resource has in the program. */
export function providerSettings(values: Record<string, unknown>): Settings {
  return {
    // As the stack's configuration has them: lists and objects are JSON text.
    get: (name) => {
      const value = values[name];
      if (value === undefined || value === null) return undefined;
      return typeof value === "string" ? value : JSON.stringify(value);
    },
    source: (name) => `the resource's AWS provider sets ${name}`,
  };
}

/** Connects with the credentials that the inputs, the resource's AWS provider or the stack's configuration ask for. */
export function openSession(world: World, config: StackConfig | undefined, inputs: Inputs): Dependencies {
  return dependenciesFor(world, inputs, settingsOf(inputs, config));
}

/**
 * For what runs on recorded inputs, destroy and refresh: what was stored may have expired since, and gives way to the
 * stack's configuration and to the environment.
 */
export async function withFallback<T>(
  world: World,
  config: StackConfig | undefined,
  inputs: Inputs,
  work: (dependencies: Dependencies) => Promise<T>,
): Promise<T> {
  try {
    return await work(openSession(world, config, inputs));
  } catch (error) {
    const { login, awsProvider, ...rest } = inputs;
    const isStale = error instanceof IamError && error.kind === "credentials";
    if (!isStale || !(login || awsProvider)) throw error;
    if (!(login && awsProvider) && isAmbientForbidden(config)) throw error;
    // One step at a time: from the login to the provider beside it, and from that to the stack.
    return withFallback(world, config, login && awsProvider ? { ...rest, awsProvider } : rest, work);
  }
}

function settingsOf({ awsProvider }: Pick<Inputs, "awsProvider">, config: StackConfig | undefined): Settings {
  return awsProvider ? providerSettings(awsProvider) : stackSettings(config);
}

/**
 * @returns the access that settings and login ask for
 * @throws RotationError for a setting that can't be followed
 */
export function accessOf(
  user: UserArn,
  { login }: Pick<Inputs, "login">,
  settings: Settings,
  env: NodeJS.ProcessEnv = process.env,
): Access {
  requireAllowedAccount(user, settings);
  return { credentials: credentialSource(login, settings, env), connection: connectionOf(settings) };
}

/** The region that signs. */
function regionBy(user: UserArn, region: string | undefined, settings: Settings, env: NodeJS.ProcessEnv): string {
  const { AWS_REGION, AWS_DEFAULT_REGION } = env;
  const found = regionFor(user, region, regionOf(settings, "region"), AWS_REGION, AWS_DEFAULT_REGION);
  if (isRegion(found)) return found;
  throw new RotationError({
    attempted: "Can't choose a region",
    found: `the region in ${found === AWS_REGION ? "AWS_REGION" : "AWS_DEFAULT_REGION"} is none.`,
    todo: "Correct it; or pass `region`.",
  });
}

/** What can be told of the credentials before any call, property by property. */
export function checkAccess(
  inputs: Record<string, unknown>,
  config: StackConfig | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Failure[] {
  const { userArn, login, awsProvider, region } = inputs as Partial<Inputs>;
  const user = typeof userArn === "string" ? parseUserArn(userArn) : undefined;
  if (!user || hasUnknowns(awsProvider)) return [];
  if (!login && !awsProvider && isAmbientForbidden(config)) return [{ property: "login", reason: AMBIENT }];
  try {
    const settings = settingsOf({ ...(awsProvider && { awsProvider }) }, config);
    accessOf(user, { ...(login && { login }) }, settings, env);
    if (!region) regionBy(user, undefined, settings, env);
    return [];
  } catch (error) {
    if (!(error instanceof RotationError)) throw error;
    return [{ property: "login", reason: `${error.parts.found} ${error.parts.todo}` }];
  }
}

const AMBIENT =
  "is not given, and the stack's pulumi:disable-default-providers forbids to act by anything but an explicit provider: pass `login`, or an aws.Provider among the options";

/** The stack wants no AWS resource to be made with what lies in the environment: neither shall this one act so. */
function isAmbientForbidden(config: StackConfig | undefined): boolean {
  const given = config?.get("pulumi:disable-default-providers") ?? "[]";
  return /"(aws|\*)"/.test(given) || /^(aws|\*)$/.test(given);
}

function dependenciesFor({ connect, env, ...rest }: World, inputs: Inputs, settings: Settings): Dependencies {
  const user = parseUserArn(inputs.userArn);
  if (!user) throw new Error(`${inputs.userArn} is not the ARN of an IAM user`);
  const region = regionBy(user, inputs.region, settings, env);
  const access = accessOf(user, inputs, settings, env);
  const signedBy = (login: AccessKeyPair) => connect(user, region, { ...access, credentials: { login } });
  return { ...rest, iam: connect(user, region, access), signedBy };
}
