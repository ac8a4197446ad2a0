import type { Refusal } from "../decide/plan";
import { RotationError } from "../model/errors";
import type { Iam } from "./dependencies";

/** A refusal as an error, with when the keys in question were last used, if that may be asked. */
export async function refused(attempted: string, refusal: Refusal, iam: Iam): Promise<RotationError> {
  const { found, todo, because, keys = [] } = refusal;
  const uses = await Promise.all(
    keys.map(async ({ accessKeyId }) => {
      try {
        const use = await iam.lastUse(accessKeyId);
        return use
          ? `${accessKeyId} was last used ${use.at} (${use.service}, ${use.region}).`
          : `${accessKeyId} was never used.`;
      } catch {
        return ""; // a permission that nobody has to give
      }
    }),
  );
  const [key] = keys;
  return new RotationError({
    attempted,
    found: [found, ...uses.filter(Boolean)].join(" "),
    todo,
    because,
    ...(key && { accessKeyId: key.accessKeyId }),
  });
}
