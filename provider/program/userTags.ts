import type { User, UserArgs } from "@pulumi/aws/iam/user";
import { getVersion } from "@pulumi/aws/utilities";
import * as pulumi from "@pulumi/pulumi";
import { JOURNAL_PATHS, OWN_TAG, tagProblem } from "../functions/userTags";
import { lateRefusal, refusal } from "./refusal";

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
          opts: pulumi.mergeOptions(opts, { ignoreChanges: JOURNAL_PATHS }),
        }
      : undefined,
  );
}

/**
 * The user's ARN. The engine's own transforms come later still, where no program sees them: what they have made of the tags
 * stands in the engine's answer. Where it is refused there is no ARN, which check refuses in its turn: see lateRefusal.
 */
export function arnOf(user: User, name: string): pulumi.Output<string> {
  const { promise } = user.tags as unknown as { promise(withUnknowns: true): Promise<object | undefined> };
  const problem = promise(true).then((tags) => {
    const [empty] = Object.entries(tags ?? {}).find(([, value]) => value === "") ?? [];
    return empty && problemOf(name, empty, "");
  });
  return pulumi.output(
    problem.then((told) => {
      if (told) void pulumi.log.error(told, user);
      return told ? "" : user.arn;
    }),
  );
}

type Tags = NonNullable<UserArgs["tags"]>;

/** The tags to give to the user. What is known stays known, beside what a preview can't know. */
export function userTags(user: string, given: UserArgs["tags"]): Tags {
  if (isPlain(given) && Object.values(given).some((value) => typeof value === "string")) {
    return Object.fromEntries(
      Object.entries(given).map(([key, value]) => [
        key,
        typeof value === "string" ? checked(user, key, value) : pulumi.output(value).apply((at) => late(user, key, at)),
      ]),
    );
  }
  return pulumi.output(given).apply((tags) => {
    const present = Object.entries(tags ?? {}).filter(([, value]) => value !== undefined && value !== null);
    if (present.length === 0) return OWN_TAG;
    return Object.fromEntries(present.map(([key, value]) => [key, late(user, key, value)]));
  });
}

function isPlain(given: UserArgs["tags"]): given is Record<string, pulumi.Input<string>> {
  return typeof given === "object" && given !== null && !pulumi.Output.isInstance(given) && !(given instanceof Promise);
}

/** @throws RunError if that tag can't be given to a user with a journal */
function checked(user: string, key: string, value: string): string {
  const problem = problemOf(user, key, value);
  if (problem) throw refusal(problem);
  return value;
}

/** What is no text is refused by the check of the AWS provider. */
function late(user: string, key: string, value: string): string {
  const problem = problemOf(user, key, value);
  return problem ? (lateRefusal(problem) as never) : value;
}

function problemOf(user: string, key: string, value: string): string | undefined {
  return tagProblem(user, key, value, Number.parseInt(getVersion(), 10));
}
