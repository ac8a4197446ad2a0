import type { UserArgs } from "@pulumi/aws/iam/user";
import { getVersion } from "@pulumi/aws/utilities";
import * as pulumi from "@pulumi/pulumi";
import { JOURNAL_PATHS, OWN_TAG, tagProblem } from "../functions/userTags";
import { refusal } from "./refusal";

const USER = "aws:iam/user:User";

/**
 * Transformations of parents and of the stack come after a resource's own: one that adds a tag would do so unseen. What
 * stands behind all of them in the component's list looks at the tags that the user really gets, and keeps the journal out of
 * every comparison.
 */
export function guardTags(component: pulumi.ComponentResource, name: string): void {
  const { __transformations: inherited } = component as unknown as {
    __transformations: pulumi.ResourceTransformation[];
  };
  inherited.push(({ type, props, opts }) =>
    type === USER
      ? {
          // Engines look for a path in the inputs; up to 3.180 they fail where it begins with a property that is not there.
          props: { ...props, tags: userTags(name, props.tags), tagsAll: props.tagsAll ?? {} },
          opts: pulumi.mergeOptions(opts, { ignoreChanges: JOURNAL_PATHS, ...hooks() }),
        }
      : undefined,
  );
}

const known = new WeakMap<object, pulumi.ResourceHook>();

/**
 * The engine's own transforms come later still, where no program sees what they do. Before it makes or changes the user, the
 * engine asks a hook, if it has hooks: neither the oldest that we support have, nor mocks.
 */
function hooks(): Pick<pulumi.ResourceOptions, "hooks"> {
  const monitor = pulumi.runtime.getMonitor();
  if (!monitor || !("registerResourceHook" in monitor)) return {};
  const hook = known.get(monitor) ?? newHook();
  known.set(monitor, hook);
  return { hooks: { beforeCreate: [hook], beforeUpdate: [hook] } };
}

function newHook(): pulumi.ResourceHook {
  const hook = new pulumi.ResourceHook("pulumi-aws-iam-rotator:tags", refuseEmptyTags, { onDryRun: true });
  const registered = hook as unknown as { __registered: Promise<void> };
  // An engine without hooks passes over their names.
  registered.__registered = registered.__registered.catch(() => {});
  return hook;
}

/** What is ignored may come back in the inputs, the journal too. */
export async function refuseEmptyTags({ name, newInputs }: Pick<pulumi.ResourceHookArgs, "name" | "newInputs">) {
  for (const [key, value] of Object.entries((await opened(newInputs?.tags)) ?? {}))
    if ((await opened(value)) === "") checked(name, key, "");
}

/** What a hook gets of a secret is an output. */
async function opened(value: unknown): Promise<unknown> {
  return pulumi.Output.isInstance(value) ? (value as unknown as { promise(): Promise<unknown> }).promise() : value;
}

type Tags = NonNullable<UserArgs["tags"]>;

/** The tags to give to the user. What is known stays known, beside what a preview can't know. */
export function userTags(user: string, given: UserArgs["tags"]): Tags {
  if (isPlain(given) && Object.values(given).some((value) => typeof value === "string")) {
    return Object.fromEntries(
      Object.entries(given).map(([key, value]) => [
        key,
        typeof value === "string"
          ? checked(user, key, value)
          : pulumi.output(value).apply((at) => checked(user, key, at)),
      ]),
    );
  }
  return pulumi.output(given).apply((tags) => {
    const present = Object.entries(tags ?? {}).filter(([, value]) => value !== undefined && value !== null);
    if (present.length === 0) return OWN_TAG;
    return Object.fromEntries(present.map(([key, value]) => [key, checked(user, key, value)]));
  });
}

function isPlain(given: UserArgs["tags"]): given is Record<string, pulumi.Input<string>> {
  return typeof given === "object" && given !== null && !pulumi.Output.isInstance(given) && !(given instanceof Promise);
}

/** @throws RunError if that tag can't be given to a user with a journal */
function checked(user: string, key: string, value: string): string {
  const problem = tagProblem(user, key, value, Number.parseInt(getVersion(), 10));
  if (problem) throw refusal(problem);
  return value;
}
