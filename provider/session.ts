import { type CredentialSource, credentialSource, type StackConfig } from "./credentials";
import { IamError } from "./errors";
import type { Iam } from "./iam";
import type { Inputs } from "./inputs";
import type { Ports } from "./ports";
import { parseUserArn, regionFor, type UserArn } from "./userArn";

/** What the provider needs of the world. Tests give their own. */
export interface World extends Omit<Ports, "iam"> {
  connect(user: UserArn, region: string, source: CredentialSource): Iam;
  env: NodeJS.ProcessEnv;
}

/** Connects with the credentials that the inputs and the stack's configuration ask for. */
export function openSession(world: World, config: StackConfig | undefined, inputs: Inputs): Ports {
  return portsFor(world, config, inputs, credentialSource(inputs.login, config));
}

/**
 * For what runs on recorded inputs, destroy and refresh: a stored login may have expired since, and gives way to the
 * stack's configuration and to the environment.
 */
export async function withFallback<T>(
  world: World,
  config: StackConfig | undefined,
  inputs: Inputs,
  work: (ports: Ports) => Promise<T>,
): Promise<T> {
  try {
    return await work(openSession(world, config, inputs));
  } catch (error) {
    if (!inputs.login || !(error instanceof IamError && error.kind === "credentials")) throw error;
    return work(portsFor(world, config, inputs, credentialSource(undefined, config)));
  }
}

function portsFor(
  { connect, env, ...ports }: World,
  config: StackConfig | undefined,
  inputs: Inputs,
  source: CredentialSource,
): Ports {
  const user = parseUserArn(inputs.userArn);
  if (!user) throw new Error(`${inputs.userArn} is not the ARN of an IAM user`);
  const region = regionFor(user, inputs.region, config?.get("aws:region"), env.AWS_REGION, env.AWS_DEFAULT_REGION);
  return { ...ports, iam: connect(user, region, source) };
}
