import { randomBytes } from "node:crypto";
import { IAMClient } from "@aws-sdk/client-iam";
import { main, type Provider } from "@pulumi/pulumi/provider";
import { isChanged, userProperties, withDefaults, withMarksOf } from "./properties";
import { IamUsers } from "./user";

type Bag = Record<string, unknown>;

const TYPE = "aws:iam/user:User";

let users: IamUsers | undefined;

function usersFor(urn: string): IamUsers {
  if (!urn.includes(`${TYPE}::`)) throw new Error(`This stand-in for the aws plugin knows only ${TYPE}, not ${urn}`);
  if (!process.env.AWS_ENDPOINT_URL_IAM && !process.env.AWS_ENDPOINT_URL) {
    throw new Error("This stand-in for the aws plugin wants AWS_ENDPOINT_URL: it is no way to reach AWS itself");
  }
  if (!users) console.error(`A stand-in for the aws plugin, for tests and demo, serves ${TYPE}`);
  users ??= new IamUsers(new IAMClient({ region: process.env.AWS_REGION || "us-east-1" }));
  return users;
}

/** All that AWS tells about it, and the inputs as they came, marks of secrets included. */
async function outputs(urn: string, inputs: Bag): Promise<Bag> {
  const { name } = userProperties(inputs);
  const found = await usersFor(urn).read(name);
  if (!found) throw new Error(`The user ${name} is gone right after it was written`);
  const tags = inputs.tags ?? {};
  return { ...found, ...inputs, tags, tagsAll: tags };
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

const provider: Provider = {
  version: (require("@pulumi/aws/package.json") as { version: string }).version,

  check: async (urn: string, olds: Bag, news: Bag) => {
    usersFor(urn);
    return { inputs: withDefaults(urn, olds, news, () => randomBytes(4).toString("hex").slice(0, 7)) };
  },

  // The engine passes ignoreChanges on to a provider's diff, Pulumi's own plugin follows it, and this server does not get
  // it. Without an answer the engine compares the inputs itself, ignoreChanges included.
  diff: async (_id: string, _urn: string, olds: Bag, news: Bag) => (isChanged(olds, news) ? {} : { changes: false }),

  create: async (urn: string, inputs: Bag) => {
    const properties = userProperties(inputs);
    await usersFor(urn).create(properties);
    return { id: properties.name, outs: await outputs(urn, inputs) };
  },

  read: async (id: string, urn: string, olds: Bag = {}) => {
    const found = await usersFor(urn).read(userProperties(olds).name ?? id);
    if (!found) return { id: "", props: {} };
    const props = { forceDestroy: false, ...olds, ...withMarksOf(olds, found) };
    if (found.permissionsBoundary === undefined) delete (props as Bag).permissionsBoundary;
    return { id, props, inputs: inputsOf(props) };
  },

  update: async (_id: string, urn: string, olds: Bag, news: Bag) => {
    await usersFor(urn).update(userProperties(olds), userProperties(news));
    return { outs: await outputs(urn, news) };
  },

  delete: (_id: string, urn: string, olds: Bag) => usersFor(urn).delete(userProperties(olds)),
};

main(provider, process.argv.slice(2));
