import { type Log, logToStderr } from "../commands";
import { startServer } from "./endpoint/server";

/** ministack takes these for the account's root user, who may do everything. */
export const ROOT = { accessKeyId: "test", secretAccessKey: "test" };

/**
 * Starts ministack, an emulator of AWS that, unlike moto, evaluates policies on the user's ARN and refuses keys that are
 * inactive, deleted, or signed with a wrong secret. Unlike AWS it allows any number of keys, leaves the user's path out of
 * the ARN that a policy is compared with, and asks for `iam:GetAccessKeyLastUsed` on `*`.
 */
export function startMinistack(log: Log = logToStderr): Promise<{ url: string; stop(): Promise<void> }> {
  return startServer(log, "ministack");
}
