import { randomBytes } from "node:crypto";

export const ACCOUNT = "123456789012";

export function arnOf(userName: string): string {
  return `arn:aws:iam::${ACCOUNT}:user/${userName}`;
}

export interface Reply {
  status: number;
  body: string;
}

interface User {
  userId: string;
  keys: { id: string; createdAt: string }[];
  tags: Map<string, string>;
}

/**
 * As much of IAM and STS as a rotation asks for, in memory: any number of users, each of which is there as soon as it is
 * named, with two keys at the most. It checks no signature, and knows each key at once.
 */
export class Users {
  readonly #users = new Map<string, User>();
  readonly #owners = new Map<string, string>();

  /** @param signer the id of the access key that signed the call */
  reply(params: URLSearchParams, signer: string): Reply {
    const action = params.get("Action") ?? "";
    const name = params.get("UserName") ?? "";
    const user = this.#user(name);
    switch (action) {
      case "GetUser":
        return answer(
          action,
          `<User><UserName>${name}</UserName><UserId>${user.userId}</UserId><Arn>${arnOf(name)}</Arn><Tags>${members(
            [...user.tags].map(([key, value]) => `<Key>${key}</Key><Value>${value}</Value>`),
          )}</Tags></User>`,
        );
      case "ListAccessKeys":
        return answer(
          action,
          `<AccessKeyMetadata>${members(user.keys.map((key) => keyXml(name, key)))}</AccessKeyMetadata><IsTruncated>false</IsTruncated>`,
        );
      case "TagUser":
        user.tags.set(params.get("Tags.member.1.Key") ?? "", params.get("Tags.member.1.Value") ?? "");
        return answer(action, "");
      case "CreateAccessKey": {
        if (user.keys.length >= 2) return refusal("LimitExceeded", 409, "Cannot exceed quota for AccessKeysPerUser: 2");
        const random = randomBytes(40).toString("hex");
        const key = { id: `AKIA${random.slice(0, 16).toUpperCase()}`, createdAt: timestamp() };
        user.keys.push(key);
        this.#owners.set(key.id, name);
        const secret = `<SecretAccessKey>${random.slice(16, 56)}</SecretAccessKey>`;
        return answer(action, `<AccessKey>${keyXml(name, key)}${secret}</AccessKey>`);
      }
      case "DeleteAccessKey": {
        const id = params.get("AccessKeyId") ?? "";
        if (this.#owners.get(id) !== name) return refusal("NoSuchEntity", 404, `no access key ${id}`);
        user.keys = user.keys.filter((key) => key.id !== id);
        this.#owners.delete(id);
        return answer(action, "");
      }
      case "GetCallerIdentity": {
        const owner = this.#owners.get(signer) ?? "admin";
        return answer(action, `<Arn>${arnOf(owner)}</Arn><UserId>AIDA</UserId><Account>${ACCOUNT}</Account>`);
      }
      default:
        return refusal("InvalidAction", 400, `no ${action} here`);
    }
  }

  #user(name: string): User {
    const known = this.#users.get(name);
    if (known) return known;
    const user = { userId: `AIDA${randomBytes(8).toString("hex").toUpperCase()}`, keys: [], tags: new Map() };
    this.#users.set(name, user);
    return user;
  }
}

export function refusal(code: string, status: number, message: string): Reply {
  const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>0</RequestId></ErrorResponse>`;
  return { status, body };
}

function answer(action: string, result: string): Reply {
  return { status: 200, body: `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>` };
}

function keyXml(userName: string, { id, createdAt }: User["keys"][number]): string {
  return `<UserName>${userName}</UserName><AccessKeyId>${id}</AccessKeyId><Status>Active</Status><CreateDate>${createdAt}</CreateDate>`;
}

function members(contents: string[]): string {
  return contents.map((content) => `<member>${content}</member>`).join("");
}

function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}
