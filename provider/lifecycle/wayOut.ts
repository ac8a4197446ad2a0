import type { Done } from "../decide/apply";
import { RotationError } from "../model/errors";
import type { ManagedKeys } from "../model/managedKeys";
import { parseUserArn } from "../model/userArn";

/**
 * Whoever revokes must not be left with a leaked key that works.
 * @param did what was done before it failed
 */
export function withWayOut(cause: Error, userArn: string, { current, previous }: ManagedKeys, did: Done[]): Error {
  const ids = [current, previous].flatMap((key) => (key ? [key.accessKeyId] : []));
  const left = ids.filter((id) => !did.some(({ did, accessKeyId }) => did === "deleted" && accessKeyId === id));
  if (left.length === 0) return cause;
  const { userName } = parseUserArn(userArn) ?? { userName: userArn };
  const commands = left.map(
    (id) => `\`aws iam update-access-key --user-name ${userName} --access-key-id ${id} --status Inactive\``,
  );
  const begin = did.length === 0 ? "No key was changed: to" : "To";
  const way = `${begin} cut a leaked key off now, run ${commands.join(" or ")}, by whoever may.`;
  if (!(cause instanceof RotationError)) return new Error(`${cause.message} ${way}`, { cause: cause.cause });
  return new RotationError({ ...cause.parts, todo: `${cause.parts.todo} ${way}` }, { cause: cause.cause });
}
