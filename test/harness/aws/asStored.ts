import { PartialFailure } from "../../../provider/dynamic/partialFailure";
import { AccessKeyProvider } from "../../../provider/dynamic/provider";
import { plainBag } from "../../../provider/plugin/wire";

/** The provider with what it returns as the engine hands it back: decrypted, and without the marks of secrets. */
export class ProviderAsStored extends AccessKeyProvider {
  override async check(...args: Parameters<AccessKeyProvider["check"]>) {
    const { inputs, ...more } = await super.check(...args);
    return { inputs: plainBag(inputs), ...more };
  }

  /** The host adds the text of the provider to all that it hands to the engine. */
  override async diff(id: string, olds: Record<string, unknown>, news: Record<string, unknown>) {
    return super.diff(id, { __provider: "text", ...olds }, news);
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
