import type { SavedFailure } from "../lifecycle/lifecycle";

/**
 * What a dynamic provider throws to have the engine save what was done. Own fields, since the engine's bridge reads
 * `id`, `properties` and `reasons`; the reasons lie in the state in plain text.
 */
export class PartialFailure extends Error {
  override readonly name = "PartialFailure";
  readonly reasons: string[];
  readonly properties: Record<string, unknown>;
  constructor(
    readonly id: string,
    { outputs, message, cause }: SavedFailure,
    providerText: unknown,
  ) {
    super(message, { cause });
    this.reasons = [message];
    this.properties = { ...outputs, __provider: providerText };
  }
}
