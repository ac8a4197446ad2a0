import { RotationError } from "../model/errors";
import type { ManagedKeys } from "../model/managedKeys";
import { parseUserArn } from "../model/userArn";

/** Whoever revokes must not be left with a leaked key that works. */
export function withWayOut(cause: Error, userArn: string, { current, previous }: ManagedKeys): Error {
  if (!(cause instanceof RotationError)) return cause;
  const { userName } = parseUserArn(userArn) ?? { userName: userArn };
  const commands = [current, previous]
    .filter((key) => key !== undefined)
    .map(
      ({ accessKeyId }) =>
        `\`aws iam update-access-key --user-name ${userName} --access-key-id ${accessKeyId} --status Inactive\``,
    );
  const todo = `${cause.parts.todo} No key was changed: to cut a leaked key off now, run ${commands.join(" or ")}, by whoever may.`;
  return new RotationError({ ...cause.parts, todo }, { cause: cause.cause });
}
