import { PartialFailure } from "../../provider/dynamic/partialFailure";
import { AccessKeyProvider } from "../../provider/dynamic/provider";
import { plainBag } from "../../provider/plugin/wire";

/** The provider with what it returns as the engine hands it back: decrypted, and without the marks of secrets. */
export class ProviderAsStored extends AccessKeyProvider {
  override async update(...args: Parameters<AccessKeyProvider["update"]>) {
    try {
      return { outs: plainBag((await super.update(...args)).outs ?? {}) };
    } catch (error) {
      if (error instanceof PartialFailure) Object.assign(error, { properties: plainBag(error.properties) });
      throw error;
    }
  }
}
