import { createHash } from "node:crypto";

/** Tells the stacks that rotate a user apart, without naming them in a tag that others can read. */
export function ownerHash(project: string, stack: string, name: string): string {
  return createHash("sha256")
    .update(JSON.stringify([project, stack, name]))
    .digest("hex")
    .slice(0, 12);
}
