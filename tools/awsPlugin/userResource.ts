import { randomBytes } from "node:crypto";
import type { IAMClient } from "@aws-sdk/client-iam";
import { isChanged, userProperties, withDefaults, withMarksOf } from "./properties";
import type { Bag, StandIn } from "./standIn";
import { IamUsers } from "./user";

export function userResource(client: IAMClient): StandIn {
  const users = new IamUsers(client);

  /** All that AWS tells about it, and the inputs as they came, marks of secrets included. */
  async function outputs(inputs: Bag): Promise<Bag> {
    const { name } = userProperties(inputs);
    const found = await users.read(name);
    if (!found) throw new Error(`The user ${name} is gone right after it was written`);
    const tags = inputs.tags ?? {};
    return { ...found, ...inputs, tags, tagsAll: tags };
  }

  return {
    check: (urn, olds, news) => withDefaults(urn, olds, news, () => randomBytes(4).toString("hex").slice(0, 7)),

    // The engine passes ignoreChanges on to a provider's diff, Pulumi's own plugin follows it, and this server does not get
    // it. Without an answer the engine compares the inputs itself, ignoreChanges included.
    diff: (olds, news) => (isChanged(olds, news) ? {} : { changes: false }),

    create: async (inputs) => {
      const properties = userProperties(inputs);
      await users.create(properties);
      return { id: properties.name, outs: await outputs(inputs) };
    },

    read: async (id, olds) => {
      const found = await users.read(userProperties(olds).name ?? id);
      if (!found) return { id: "", props: {} };
      const props = { forceDestroy: false, ...olds, ...withMarksOf(olds, found) };
      if (found.permissionsBoundary === undefined) delete (props as Bag).permissionsBoundary;
      return { id, props, inputs: inputsOf(props) };
    },

    update: async (_id, olds, news) => {
      await users.update(userProperties(olds), userProperties(news));
      return { outs: await outputs(news) };
    },

    delete: (_id, olds) => users.delete(userProperties(olds)),
  };
}

function inputsOf({ name, path, forceDestroy, permissionsBoundary, tags }: Bag): Bag {
  const noTags = Object.keys(tags as Bag).length === 0;
  return {
    name,
    path,
    forceDestroy,
    ...(permissionsBoundary ? { permissionsBoundary } : {}),
    ...(noTags ? {} : { tags }),
  };
}
