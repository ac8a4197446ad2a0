import type { FoundUser } from "../act/dependencies";
import { IamError } from "../model/errors";
import type { Message } from "../model/message";
import { userChange } from "../model/userArn";

export interface UserChange {
  is: "same" | "other";
  message?: Message;
}

/** Another user is a replacement, the same one under another name is not. What can't be told here, the update finds out. */
export async function whichUser(
  before: string,
  after: string,
  userId: string,
  ask: (userArn: string) => Promise<FoundUser>,
): Promise<UserChange> {
  const same = (text: string): UserChange => ({ is: "same", message: { severity: "info", text } });
  const other: UserChange = {
    is: "other",
    message: {
      severity: "info",
      text: `it is another user than ${before}, whose keys are deleted once this one has a key.`,
    },
  };
  const idOf = async (userArn: string): Promise<string | undefined> => {
    try {
      return (await ask(userArn)).userId;
    } catch (error) {
      if (error instanceof IamError && error.kind === "noSuchEntity") return undefined;
      throw error;
    }
  };
  const change = userChange(before, after);
  if (change === "same") return { is: "same" };
  if (change === "other") return other;
  if (change === "unknown")
    return same(
      "the user's ARN may change. If it is the same user, renamed or moved, its keys stay; if it is another one, they are replaced.",
    );
  try {
    const id = await idOf(after);
    if (id && id !== userId) return other;
    // IAM may not know a new name for some seconds. Then it has no old one either, and the update waits for the new one.
    if (!id && (await idOf(before))) return other;
    return same(`this is the same user under another name or path, ${after}: its keys stay.`);
  } catch {
    return same(
      `nobody could look whether ${after} is the same user under another name or path; if so, its keys stay.`,
    );
  }
}
