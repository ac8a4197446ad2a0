/** What AWS does with users and moto does not: tags outlast UpdateUser, keys hold up DeleteUser, boundaries are kept. */
import { errorReply, escapeXml, type Reply, unescapeXml, xmlReply } from "./proxyKeys";
import type { Call } from "./proxyRules";

type Ask = (params: Record<string, string>) => Promise<Reply>;
type Execute = () => Promise<Reply>;

const succeeded = ({ status }: Reply) => status < 300;

export class Users {
  /** Boundaries by the user's name. */
  readonly #boundaries = new Map<string, string>();

  forget(): void {
    this.#boundaries.clear();
  }

  /** @param ask asks the upstream something beside the call, signed as the call is */
  async execute({ action, params }: Call, ask: Ask, execute: Execute): Promise<Reply> {
    const UserName = params.UserName ?? "";
    if (action === "DeleteUser") return this.#delete(UserName, ask, execute);
    if (action === "UpdateUser") return this.#update(UserName, params.NewUserName ?? UserName, ask, execute);
    if (action === "PutUserPermissionsBoundary") return this.#bound(action, UserName, ask, params.PermissionsBoundary);
    if (action === "DeleteUserPermissionsBoundary") return this.#bound(action, UserName, ask);
    const reply = await execute();
    if (!succeeded(reply)) return reply;
    if (action === "CreateUser" && params.PermissionsBoundary)
      this.#boundaries.set(UserName, params.PermissionsBoundary);
    const isShown = action === "CreateUser" || action === "GetUser";
    return isShown ? withBoundary(reply, this.#boundaries.get(UserName)) : reply;
  }

  async #delete(UserName: string, ask: Ask, execute: Execute): Promise<Reply> {
    const keys = await ask({ Action: "ListAccessKeys", UserName });
    if (succeeded(keys) && keys.body.includes("<AccessKeyId>")) {
      return errorReply("DeleteConflict", 409, "Cannot delete entity, must delete access keys first.");
    }
    const reply = await execute();
    if (succeeded(reply)) this.#boundaries.delete(UserName);
    return reply;
  }

  async #update(before: string, after: string, ask: Ask, execute: Execute): Promise<Reply> {
    const tags = tagsIn(await ask({ Action: "ListUserTags", UserName: before }));
    const reply = await execute();
    if (!succeeded(reply)) return reply;
    if (Object.keys(tags).length > 0) await ask({ Action: "TagUser", UserName: after, ...tags });
    const boundary = this.#boundaries.get(before);
    this.#boundaries.delete(before);
    if (boundary) this.#boundaries.set(after, boundary);
    return reply;
  }

  async #bound(action: string, UserName: string, ask: Ask, boundary?: string): Promise<Reply> {
    const user = await ask({ Action: "GetUser", UserName });
    if (!succeeded(user)) return user;
    if (boundary) this.#boundaries.set(UserName, boundary);
    else this.#boundaries.delete(UserName);
    return xmlReply(
      200,
      `<${action}Response><ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></${action}Response>`,
    );
  }
}

/** The tags of a reply, as parameters of TagUser. */
function tagsIn(reply: Reply): Record<string, string> {
  const tags = reply.body
    .toString()
    .matchAll(/<Key>([^<]*)<\/Key>\s*<Value>([^<]*)<\/Value>|<Key>([^<]*)<\/Key>\s*<Value\s*\/>/g);
  return Object.fromEntries(
    [...tags].flatMap(([, key, value = "", alone], at) => [
      [`Tags.member.${at + 1}.Key`, unescapeXml(key ?? alone ?? "")],
      [`Tags.member.${at + 1}.Value`, unescapeXml(value)],
    ]),
  );
}

function withBoundary(reply: Reply, boundary: string | undefined): Reply {
  if (!boundary) return reply;
  const shown =
    "<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>" +
    `<PermissionsBoundaryArn>${escapeXml(boundary)}</PermissionsBoundaryArn></PermissionsBoundary></User>`;
  return xmlReply(reply.status, reply.body.toString().replace("</User>", shown));
}
