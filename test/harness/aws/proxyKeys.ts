/** The keys that the fault proxy saw made and deleted, and how soon STS and IAM shall know about them. */

import { remember } from "../secrets";
import type { Call } from "./proxyRules";

export interface Reply {
  status: number;
  headers: string[];
  body: Buffer;
}

/** An error as IAM and STS (the awsQuery protocol) send it. */
export function errorReply(code: string, status: number, message = `${code}, says the fault proxy`): Reply {
  const type = status < 500 ? "Sender" : "Receiver";
  return xmlReply(
    status,
    `<ErrorResponse><Error><Type>${type}</Type><Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message></Error>` +
      "<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>",
  );
}

export function xmlReply(status: number, xml: string): Reply {
  const body = Buffer.from(xml);
  return { status, headers: ["Content-Type", "text/xml", "Content-Length", String(body.length)], body };
}

export const escapeXml = (text: string) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

function element(reply: Reply, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(reply.body.toString())?.[1];
  return text === undefined ? undefined : unescapeXml(text);
}

export const unescapeXml = (text: string) =>
  text
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, "&");

export class Keys {
  readonly secrets = new Set<string>();
  readonly #made = new Map<string, number>();
  readonly #deleted = new Map<string, number>();
  readonly #identities = new Map<string, Reply>();
  readonly #owners = new Map<string, string>();
  newRefusedFor = 0;
  deletedAliveFor = 0;
  refuseDeleted = false;

  /** Secrets are kept: a scan for them must also find those of earlier tests. */
  forget(): void {
    this.#made.clear();
    this.#deleted.clear();
    this.#identities.clear();
    this.#owners.clear();
    this.newRefusedFor = 0;
    this.deletedAliveFor = 0;
    this.refuseDeleted = false;
  }

  /** The user that a call is about: the one that it names, or whose key has signed it. */
  userOf(call: Pick<Call, "params" | "accessKeyId">): string {
    return call.params.UserName ?? this.#owners.get(call.accessKeyId) ?? "";
  }

  /** Learns from a call that the upstream has executed, even if its reply never reaches the client. */
  observe(call: Call, reply: Reply): void {
    if (call.action === "CreateAccessKey") {
      const id = element(reply, "AccessKeyId");
      const secret = element(reply, "SecretAccessKey");
      if (id) this.#made.set(id, Date.now());
      if (id) this.#owners.set(id, call.params.UserName ?? "");
      if (secret) {
        this.secrets.add(secret);
        remember(secret);
      }
    } else if (call.action === "DeleteAccessKey" && call.params.AccessKeyId) {
      this.#deleted.set(call.params.AccessKeyId, Date.now());
    } else if (call.action === "GetCallerIdentity") {
      this.#identities.set(call.accessKeyId, reply);
    }
  }

  /** The reply to a call whose signer AWS doesn't know yet, or doesn't know any more. */
  replyTo(call: Call): Reply | undefined {
    const deletedAt = this.#deleted.get(call.accessKeyId);
    if (deletedAt !== undefined) {
      const alive = Date.now() - deletedAt < this.deletedAliveFor;
      if (alive) return call.action === "GetCallerIdentity" ? this.#identity(call.accessKeyId) : undefined;
      return this.refuseDeleted ? unknownToken() : undefined;
    }
    const madeAt = this.#made.get(call.accessKeyId);
    return madeAt !== undefined && Date.now() - madeAt < this.newRefusedFor ? unknownToken() : undefined;
  }

  #identity(accessKeyId: string): Reply {
    const xml =
      "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/deleted</Arn>" +
      "<UserId>AIDADELETEDDELETED00</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    return this.#identities.get(accessKeyId) ?? xmlReply(200, xml);
  }
}

const unknownToken = () =>
  errorReply("InvalidClientTokenId", 403, "The security token included in the request is invalid.");
