import { createHash } from "node:crypto";

/**
 * Tells the resources that rotate a user apart, without naming them in a tag that others can read.
 * @param urn the resource's URN. All of its place counts, project, stack and the types of its parents; not its own type,
 *   which differs from mount to mount
 */
export function ownerHash(urn: string): string {
  const [stack, project, types = "", ...name] = urn.split("::");
  const parents = types.split("$").slice(0, -1);
  return createHash("sha256")
    .update(JSON.stringify([project, stack, parents, name.join("::")]))
    .digest("hex")
    .slice(0, 12);
}
