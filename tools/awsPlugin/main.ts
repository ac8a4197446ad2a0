import { IAMClient } from "@aws-sdk/client-iam";
import { main, type Provider } from "@pulumi/pulumi/provider";
import { accessKeyResource } from "./accessKeyResource";
import type { StandIn } from "./standIn";
import { userResource } from "./userResource";

const KNOWN: Record<string, (client: IAMClient) => StandIn> = {
  "aws:iam/user:User": userResource,
  "aws:iam/accessKey:AccessKey": accessKeyResource,
};

const serving = new Map<string, StandIn>();

/** What stands in for the type that a URN names: `urn:pulumi:stack::project::parent$type::name`. */
function standInFor(urn: string): StandIn {
  const type = urn.split("::").at(-2)?.split("$").at(-1) ?? "";
  const make = KNOWN[type];
  if (!make) {
    throw new Error(`This stand-in for the aws plugin knows only ${Object.keys(KNOWN).join(" and ")}, not ${urn}`);
  }
  if (!process.env.AWS_ENDPOINT_URL_IAM && !process.env.AWS_ENDPOINT_URL) {
    throw new Error("This stand-in for the aws plugin wants AWS_ENDPOINT_URL: it is no way to reach AWS itself");
  }
  const found = serving.get(type);
  if (found) return found;
  console.error(`A stand-in for the aws plugin, for tests and demo, serves ${type}`);
  const standIn = make(new IAMClient({ region: process.env.AWS_REGION || "us-east-1" }));
  serving.set(type, standIn);
  return standIn;
}

const provider: Provider = {
  version: (require("@pulumi/aws/package.json") as { version: string }).version,
  check: async (urn, olds, news) => ({ inputs: standInFor(urn).check(urn, olds, news) }),
  diff: async (_id, urn, olds, news) => standInFor(urn).diff(olds, news),
  create: (urn, inputs) => standInFor(urn).create(inputs),
  read: (id, urn, olds = {}) => standInFor(urn).read(id, olds),
  update: (id, urn, olds, news) => standInFor(urn).update(id, olds, news),
  delete: (id, urn, olds) => standInFor(urn).delete(id, olds),
};

main(provider, process.argv.slice(2));
