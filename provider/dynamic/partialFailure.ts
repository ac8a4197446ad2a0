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
    outputs: Record<string, unknown>,
    providerText: unknown,
    cause: Error,
  ) {
    super(cause.message, { cause });
    this.reasons = [cause.message];
    this.properties = { ...outputs, __provider: providerText };
  }
}
