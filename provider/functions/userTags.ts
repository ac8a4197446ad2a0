import { JOURNAL_TAG } from "../model/journal";

/**
 * The journal's tag, as Pulumi's Terraform bridge spells its paths: it compares them as texts, and knows no brackets. Without
 * these the next update after a refresh, or after a change of the user, would take the tag for drift and remove it.
 */
export const JOURNAL_PATHS = [`tags.${JOURNAL_TAG}`, `tagsAll.${JOURNAL_TAG}`];

/** Where a user has no tags the bridge compares their number, whatever is ignored: the journal's would show as a change for ever. */
export const OWN_TAG = { "rotated-by": JOURNAL_TAG };

/**
 * Why a tag can't be given to a user with a journal. Under @pulumi/aws 7 a tag with an empty value makes all tags unknown in
 * each plan, and what is ignored is not looked at.
 * @param awsMajor the major version of @pulumi/aws
 */
export function tagProblem(user: string, key: string, value: unknown, awsMajor: number): string | undefined {
  if (key.toLowerCase() === JOURNAL_TAG) {
    return `RotatedUser ${user}: the tag ${key} is the one in which the rotation keeps its journal. Leave it out.`;
  }
  if (value === "" && awsMajor >= 7) {
    return `RotatedUser ${user}: the tag ${key} has an empty value. With one, @pulumi/aws 7 would remove the journal of the rotation from the user after a refresh: give it a value, or leave it out.`;
  }
  return undefined;
}
