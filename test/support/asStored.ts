import { PartialFailure } from "../../provider/dynamic/partialFailure";
import { AccessKeyProvider } from "../../provider/dynamic/provider";
import { plainBag } from "../../provider/plugin/wire";

/** The provider with what it returns as the engine hands it back: decrypted, and without the marks of secrets. */
export class ProviderAsStored extends AccessKeyProvider {
  override async check(...args: Parameters<AccessKeyProvider["check"]>) {
    const { inputs, ...more } = await super.check(...args);
    return { inputs: plainBag(inputs), ...more };
  }

  override async create(...args: Parameters<AccessKeyProvider["create"]>) {
    const { id, outs = {} } = await super.create(...args).catch(asStored);
    return { id, outs: plainBag(outs) };
  }

  override async read(...args: Parameters<AccessKeyProvider["read"]>) {
    const { props = {}, ...more } = await super.read(...args);
    return { props: plainBag(props), ...more };
  }

  override async update(...args: Parameters<AccessKeyProvider["update"]>) {
    const { outs = {} } = await super.update(...args).catch(asStored);
    return { outs: plainBag(outs) };
  }
}

function asStored(error: unknown): never {
  if (error instanceof PartialFailure) Object.assign(error, { properties: plainBag(error.properties) });
  throw error;
}
