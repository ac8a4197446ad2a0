import type { Done } from "../decide/apply";
import type { Message } from "../model/message";
import { SECRETS } from "../model/outputs";
import type { Outputs } from "./record";

/** What the lifecycle says to one question of the engine's. A mount translates it, and adds nothing. */
export interface Answer {
  /** Complete and plain, with unknowns in a preview; absent where it failed before anything was changed. */
  outputs?: Outputs;
  /** Names of the outputs that are secret in any case. */
  secrets: readonly string[];
  /** Names of the inputs that are recorded as they were before: whether those values were secret, the mount knows. */
  undone: readonly string[];
  did: Done[];
  /** Told once, in this order. */
  messages: Message[];
  /** With outputs, it failed after a change, and they must be saved. */
  failure?: Error;
}

export function answer(outputs: Outputs | undefined, more: Partial<Answer> = {}): Answer {
  return { ...(outputs && { outputs }), secrets: SECRETS, undone: [], did: [], messages: [], ...more };
}
