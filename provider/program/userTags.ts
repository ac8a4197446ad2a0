import type { UserArgs } from "@pulumi/aws/iam/user";
import { getVersion } from "@pulumi/aws/utilities";
import * as pulumi from "@pulumi/pulumi";
import { JOURNAL_TAG } from "../model/journal";

/**
 * The journal's tag, as Pulumi's Terraform bridge spells its paths: it compares them as texts, and knows no brackets. Without
 * these the next update after a refresh, or after a change of the user, would take the tag for drift and remove it.
 */
export const JOURNAL_PATHS = [`tags.${JOURNAL_TAG}`, `tagsAll.${JOURNAL_TAG}`];

/** Where a user has no tags the bridge compares their number, whatever is ignored: the journal's would show as a change for ever. */
const OWN_TAG = { "rotated-by": JOURNAL_TAG };

/** Engines look for a path in the inputs; up to 3.180 they fail where it begins with a property that is not there. */
export const withTagsAll: pulumi.ResourceTransformation = ({ props, opts }) => ({
  props: { ...props, tagsAll: props.tagsAll ?? {} },
  opts,
});

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

/**
 * A RunError, since of another one that comes this late Pulumi shows promises and stacks, and takes half a minute for it.
 * Under @pulumi/aws 7 a tag with an empty value makes all tags unknown in each plan, and what is ignored is not looked at.
 * @throws RunError if that tag can't be given to a user with a journal
 */
function checked(user: string, key: string, value: string): string {
  if (key.toLowerCase() === JOURNAL_TAG) {
    throw new pulumi.RunError(
      `RotatedUser ${user}: the tag ${key} is the one in which the rotation keeps its journal. Leave it out.`,
    );
  }
  if (value === "" && Number.parseInt(getVersion(), 10) >= 7) {
    throw new pulumi.RunError(
      `RotatedUser ${user}: the tag ${key} has an empty value. With one, @pulumi/aws 7 would remove the journal of the rotation from the user after a refresh: give it a value, or leave it out.`,
    );
  }
  return value;
}
