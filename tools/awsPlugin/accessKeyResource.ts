import * as iam from "@aws-sdk/client-iam";
import { withoutSecretMarks } from "./properties";
import { type Bag, type StandIn, unlessGone } from "./standIn";

interface KeyProperties {
  user: string;
  status: iam.StatusType;
}

/** Without `pgpKey` and the SMTP passwords. That `secret` is one, the SDK tells the engine. */
export function accessKeyResource(client: iam.IAMClient): StandIn {
  async function setStatus(AccessKeyId: string, { user: UserName, status: Status }: KeyProperties): Promise<void> {
    await client.send(new iam.UpdateAccessKeyCommand({ UserName, AccessKeyId, Status }));
  }

  return {
    check: (_urn, _olds, news) => {
      const unknown = Object.keys(news).filter((name) => news[name] != null && !["user", "status"].includes(name));
      if (unknown.length > 0) throw new Error(`The access key's stand-in does not know ${unknown.join(", ")}`);
      return { ...news, status: news.status ?? "Active" };
    },

    diff: (olds, news) => {
      const [before, after] = [properties(olds), properties(news)];
      // AWS hands no key to another user.
      if (before.user !== after.user) return { changes: true, replaces: ["user"] };
      return { changes: before.status !== after.status };
    },

    create: async (inputs) => {
      const wanted = properties(inputs);
      const { AccessKey } = await client.send(new iam.CreateAccessKeyCommand({ UserName: wanted.user }));
      const { AccessKeyId: id = "", SecretAccessKey: secret, CreateDate } = AccessKey ?? {};
      if (wanted.status !== "Active") await setStatus(id, wanted);
      return { id, outs: { ...inputs, secret, createDate: CreateDate?.toISOString() } };
    },

    read: async (id, olds) => {
      const UserName = properties(olds).user;
      const list = await unlessGone(client.send(new iam.ListAccessKeysCommand({ UserName })));
      const found = list?.AccessKeyMetadata?.find(({ AccessKeyId }) => AccessKeyId === id);
      if (!found) return { id: "", props: {} };
      return { id, props: { ...olds, status: found.Status }, inputs: { user: olds.user, status: found.Status } };
    },

    update: async (id, olds, news) => {
      await setStatus(id, properties(news));
      return { outs: { ...olds, ...news } };
    },

    delete: async (id, olds) => {
      const UserName = properties(olds).user;
      await unlessGone(client.send(new iam.DeleteAccessKeyCommand({ UserName, AccessKeyId: id })));
    },
  };
}

const properties = (bag: Bag): KeyProperties => withoutSecretMarks(bag) as KeyProperties;
