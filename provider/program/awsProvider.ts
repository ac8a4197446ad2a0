import * as pulumi from "@pulumi/pulumi";
import { SETTING_NAMES } from "../aws/awsSettings";

/** The options of a resource, less an AWS provider among them; and that provider, or the one that it inherits. */
interface Split {
  opts: pulumi.CustomResourceOptions;
  /** The explicit `aws.Provider` that an AWS resource in this place would use. */
  awsProvider?: pulumi.ProviderResource | undefined;
}

/** As `aws.Provider.isInstance` tells it, without loading @pulumi/aws. */
function isAws(provider: pulumi.ProviderResource | undefined): boolean {
  return (provider as { __pulumiType?: string } | undefined)?.__pulumiType === "pulumi:providers:aws";
}

/** The engine refuses an AWS provider for a resource that is not of AWS: what it says is read in the program instead. */
export function splitAwsProvider({ provider, ...opts }: pulumi.CustomResourceOptions): Split {
  if (isAws(provider)) return { opts, awsProvider: provider };
  const inherited = opts.parent?.getProvider("aws:iam/user:User");
  return { opts: { ...opts, ...(provider && { provider }) }, awsProvider: inherited };
}

/**
 * What an explicit `aws.Provider` says of credentials and addresses, as a secret.
 * @param dispensable whether there is a login, so that nothing has to be read
 * @throws Error if it shows nothing, as a provider that a component of another language made
 */
export function readAwsProvider(
  provider: pulumi.ProviderResource,
  resource: string,
  dispensable: boolean,
): pulumi.Output<unknown> | undefined {
  const outputs = provider as unknown as Record<string, pulumi.Output<unknown> | undefined>;
  const given = SETTING_NAMES.filter((name) => outputs[name] !== undefined);
  if (given.length === 0 && dispensable) return undefined;
  if (given.length === 0) {
    throw new Error(
      `${resource}: the settings of its AWS provider can't be read in this program. Pass the credentials to rotate with as \`login: { accessKeyId, secretAccessKey, sessionToken? }\`.`,
    );
  }
  const values = pulumi.all(Object.fromEntries(given.map((name) => [name, knownIfUnset(outputs[name])])));
  const isGiven = ([, value]: [string, unknown]) => value !== undefined && value !== null && value !== "";
  return pulumi.secret(values.apply((all) => Object.fromEntries(Object.entries(all).filter(isGiven))));
}

/**
 * In a preview the SDK makes each output unknown that the engine did not tell, so one that is not set as well: what is made of
 * several together would then be unknown, and show as a change. Only the value inside tells the two apart.
 */
export function knownIfUnset(setting: pulumi.Output<unknown> | undefined): pulumi.Output<unknown> {
  const { promise } = setting as unknown as { promise?(withUnknowns: true): Promise<unknown> };
  if (!promise) return pulumi.output(setting);
  return pulumi
    .output(promise(true).then((value) => value === undefined))
    .apply((unset) => (unset ? undefined : setting));
}
