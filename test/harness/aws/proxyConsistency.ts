/** Eventual consistency: what AWS does not know yet, or still believes, of the keys and users that the fault proxy saw changed. */
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
  const text = message.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const body = Buffer.from(
    `<ErrorResponse><Error><Type>${type}</Type><Code>${code}</Code><Message>${text}</Message></Error>` +
      "<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>",
  );
  return { status, headers: ["Content-Type", "text/xml", "Content-Length", String(body.length)], body };
}

const unknownToken = () =>
  errorReply("InvalidClientTokenId", 403, "The security token included in the request is invalid.");

function element(reply: Reply, name: string): string {
  const [, text = ""] = new RegExp(`<${name}>([^<]*)</${name}>`).exec(reply.body.toString()) ?? [];
  return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
}

/** Keys that AWS takes late, or for too long. */
export class Keys {
  readonly secrets = new Set<string>();
  readonly #made = new Map<string, { at: number; user: string }>();
  readonly #deleted = new Map<string, number>();
  readonly #identities = new Map<string, Reply>();
  newRefusedFor = 0;
  deletedAliveFor = 0;
  refuseDeleted = false;

  /** Secrets are kept: a scan for them must also find those of earlier tests. */
  forget(): void {
    for (const known of [this.#made, this.#deleted, this.#identities]) known.clear();
    Object.assign(this, { newRefusedFor: 0, deletedAliveFor: 0, refuseDeleted: false });
  }

  /** The user that a call is about: the one that it names, or whose key has signed it. */
  userOf({ params, accessKeyId }: Pick<Call, "params" | "accessKeyId">): string {
    return params.UserName ?? this.#made.get(accessKeyId)?.user ?? "";
  }

  /** Learns from a call that the upstream has executed, even if its reply never reaches the client. */
  observe({ action, params, accessKeyId }: Call, reply: Reply): void {
    if (action === "CreateAccessKey") {
      this.#made.set(element(reply, "AccessKeyId"), { at: Date.now(), user: params.UserName ?? "" });
      const secret = element(reply, "SecretAccessKey");
      this.secrets.add(secret);
      remember(secret);
    }
    if (action === "DeleteAccessKey") this.#deleted.set(params.AccessKeyId ?? "", Date.now());
    if (action === "GetCallerIdentity") this.#identities.set(accessKeyId, reply);
  }

  /** The reply to a call whose signer AWS doesn't know yet, or doesn't know any more. */
  replyTo({ action, accessKeyId }: Call): Reply | undefined {
    const deletedAt = this.#deleted.get(accessKeyId);
    if (deletedAt === undefined) {
      const { at } = this.#made.get(accessKeyId) ?? {};
      return at !== undefined && Date.now() - at < this.newRefusedFor ? unknownToken() : undefined;
    }
    const alive = Date.now() - deletedAt < this.deletedAliveFor;
    if (alive) return action === "GetCallerIdentity" ? this.#identities.get(accessKeyId) : undefined;
    return this.refuseDeleted ? unknownToken() : undefined;
  }
}

/** The reads that can be stale, and the changes that they are late to show. */
const CHANGES = {
  ListAccessKeys: ["CreateAccessKey", "DeleteAccessKey", "UpdateAccessKey", "CreateUser", "DeleteUser"],
  GetUser: ["TagUser", "UntagUser", "CreateUser", "DeleteUser", "UpdateUser"],
};

/** Reads answered with what was true some time ago. */
export class StaleReads {
  readonly lag = { ListAccessKeys: 0, GetUser: 0 };
  /** By read and user: the answer, and when the change came that made it untrue; in the future while that is under way. */
  readonly #answers = new Map<string, { reply: Reply; until: number }[]>();

  forget(): void {
    Object.assign(this.lag, { ListAccessKeys: 0, GetUser: 0 });
    this.#answers.clear();
  }

  /** Before a change: keeps what the upstream answers now. The returned function says that the change is done. */
  async beforeChange({ action, params }: Call, ask: (params: Record<string, string>) => Promise<Reply>) {
    const kept: { reply: Reply; until: number }[] = [];
    const { UserName = "", NewUserName = UserName } = params;
    for (const [read, changes] of Object.entries(CHANGES)) {
      if (!this.lag[read as keyof typeof CHANGES] || !changes.includes(action)) continue;
      // A user that is renamed was not there under its new name.
      for (const name of new Set([UserName, NewUserName])) {
        const answer = { reply: await ask({ Action: read, UserName: name }), until: Number.POSITIVE_INFINITY };
        this.#answers.set(`${read} ${name}`, [...(this.#answers.get(`${read} ${name}`) ?? []), answer]);
        kept.push(answer);
      }
    }
    return () => {
      for (const answer of kept) answer.until = Date.now();
    };
  }

  /** What was true as long ago as the lag says; undefined if that is what is true now. */
  replyTo({ action, params }: Call): Reply | undefined {
    const lag = this.lag[action as keyof typeof CHANGES];
    if (!lag) return undefined;
    const answers = this.#answers.get(`${action} ${params.UserName ?? ""}`) ?? [];
    return answers.find(({ until }) => until > Date.now() - lag)?.reply;
  }
}
