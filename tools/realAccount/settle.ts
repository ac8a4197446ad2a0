import { toIamError } from "../../provider/aws/iamErrors";
import { OwnUsers } from "./ownUsers";
import { askAboutKeys, askAboutMadeAgain, askAboutTags, askAboutUsers } from "./questions";
import { makeRunner, rotateAsRunner } from "./rotation";
import { iamClient, PACE, type Pace, type Row, Run, type Where } from "./run";

export interface Options {
  say(line: string): void;
  /** Its end ends the run, and the clean-up begins. */
  signal: AbortSignal;
  pace?: Pace;
  path?: string;
  /** How long the clean-up goes on trying, in milliseconds. */
  cleanUpLimit?: number;
}

export interface Outcome {
  rows: Row[];
  /** Why it did not come to its end. */
  failure?: Error;
  /** What could not be deleted. */
  left: string[];
}

/** The whole run, and the removal of all that it made, whatever happens. */
export async function settle(
  where: Where,
  { say, signal, pace = PACE, path, cleanUpLimit }: Options,
): Promise<Outcome> {
  const users = new OwnUsers(path);
  const ended = new AbortController();
  const run = new Run(where, users, say, pace, AbortSignal.any([signal, ended.signal]));
  const outcome: Outcome = { rows: run.rows, left: [] };
  try {
    const name = users.claim("rotated");
    const rotated = await users.make(run.iam, "rotated", run.signal);
    await askAboutUsers(run, name, rotated);
    await askAboutKeys(run, name);
    await askAboutTags(run, name);
    const login = await makeRunner(run, rotated.arn, name);
    await rotateAsRunner(run, rotated.arn, login);
    await askAboutMadeAgain(run, name, rotated.id);
  } catch (error) {
    outcome.failure = signal.aborted ? signal.reason : withoutReply(error as Error);
  } finally {
    // What else is being asked side by side must not go on making keys.
    ended.abort(new Error("the run has ended"));
    say("Cleaning up");
    outcome.left = await users.removeAll(users.guard(iamClient(where)), cleanUpLimit);
  }
  return outcome;
}

/** The SDK's error holds the whole reply, in which a secret can be. */
function withoutReply(error: Error): Error {
  return "$metadata" in error ? toIamError("a call", error) : error;
}
