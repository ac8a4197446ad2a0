import { randomBytes } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

const ACCOUNT = "123456789012";

export const arnOf = (userName: string) => `arn:aws:iam::${ACCOUNT}:user/${userName}`;

interface User {
  userId: string;
  keys: { id: string; createdAt: string }[];
  tag?: { key: string; value: string };
}

export interface Traffic {
  calls: number;
  /** How many connections were open at once, at the most. */
  connectionsAtOnce: number;
  /** How often somebody asked for credentials. */
  credentials: number;
}

/**
 * As much of IAM and STS as a rotation asks for, in memory, since the emulator of the tests would be what is measured: any
 * number of users, each of which is there as soon as it is named. It checks no signature, and knows each key at once.
 */
export class FleetIam {
  readonly #users = new Map<string, User>();
  readonly #owners = new Map<string, string>();
  readonly #server = http.createServer((req, res) => this.#answer(req, res));
  #open = 0;
  #traffic: Traffic = { calls: 0, connectionsAtOnce: 0, credentials: 0 };

  static async start(): Promise<FleetIam> {
    const iam = new FleetIam();
    iam.#server.keepAliveTimeout = 60_000;
    iam.#server.on("connection", (socket) => {
      iam.#open += 1;
      socket.once("close", () => {
        iam.#open -= 1;
      });
      iam.#traffic.connectionsAtOnce = Math.max(iam.#traffic.connectionsAtOnce, iam.#open);
    });
    await once(iam.#server.listen(0, "127.0.0.1"), "listening");
    return iam;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The environment of a program whose credentials are asked for here, by the AWS default chain. */
  get env(): Record<string, string> {
    return {
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "",
      AWS_SECRET_ACCESS_KEY: "",
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${this.url}/credentials`,
      AWS_CONFIG_FILE: "/nowhere",
      AWS_SHARED_CREDENTIALS_FILE: "/nowhere",
    };
  }

  /** Since it was asked last. */
  takeTraffic(): Traffic {
    const taken = this.#traffic;
    this.#traffic = { calls: 0, connectionsAtOnce: this.#open, credentials: 0 };
    return taken;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(req: http.IncomingMessage, res: http.ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of req) body += chunk;
    if (req.method === "GET") {
      this.#traffic.credentials += 1;
      const Expiration = new Date(Date.now() + 6 * 3600_000).toISOString();
      const keys = { AccessKeyId: "ASIAFLEET", SecretAccessKey: "the fleet's secret", Token: "its token", Expiration };
      res.setHeader("Content-Type", "application/json").end(JSON.stringify(keys));
      return;
    }
    this.#traffic.calls += 1;
    const params = new URLSearchParams(body);
    const action = params.get("Action") ?? "";
    const signer = /Credential=([^/]+)/.exec(req.headers.authorization ?? "")?.[1] ?? "";
    const result = this.#resultOf(action, params, signer);
    res.statusCode = result === undefined ? 400 : 200;
    res.end(
      result === undefined
        ? `<ErrorResponse><Error><Code>InvalidAction</Code><Message>no ${action} here</Message></Error></ErrorResponse>`
        : `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`,
    );
  }

  #resultOf(action: string, params: URLSearchParams, signer: string): string | undefined {
    const param = (name: string) => params.get(name) ?? "";
    const name = param("UserName");
    const user = this.#user(name);
    switch (action) {
      case "GetUser": {
        const { key, value } = user.tag ?? {};
        const tags = key ? `<Tags><member><Key>${key}</Key><Value>${value}</Value></member></Tags>` : "";
        return `<User><UserName>${name}</UserName><UserId>${user.userId}</UserId><Arn>${arnOf(name)}</Arn>${tags}</User>`;
      }
      case "ListAccessKeys":
        return `<AccessKeyMetadata>${user.keys.map((key) => `<member>${keyXml(name, key)}</member>`).join("")}</AccessKeyMetadata>`;
      case "TagUser":
        user.tag = { key: param("Tags.member.1.Key"), value: param("Tags.member.1.Value") };
        return "";
      case "CreateAccessKey": {
        const random = randomBytes(40).toString("hex");
        const createdAt = new Date().toISOString().replace(/\.\d+Z$/, "Z");
        const key = { id: `AKIA${random.slice(0, 16).toUpperCase()}`, createdAt };
        user.keys.push(key);
        this.#owners.set(key.id, name);
        return `<AccessKey>${keyXml(name, key)}<SecretAccessKey>${random.slice(16, 56)}</SecretAccessKey></AccessKey>`;
      }
      case "DeleteAccessKey":
        user.keys = user.keys.filter(({ id }) => id !== param("AccessKeyId"));
        return "";
      case "GetCallerIdentity":
        return `<Arn>${arnOf(this.#owners.get(signer) ?? "admin")}</Arn><UserId>AIDA</UserId><Account>${ACCOUNT}</Account>`;
      default:
        return undefined;
    }
  }

  #user(name: string): User {
    const known = this.#users.get(name);
    if (known) return known;
    const user = { userId: `AIDA${randomBytes(8).toString("hex").toUpperCase()}`, keys: [] };
    this.#users.set(name, user);
    return user;
  }
}

function keyXml(userName: string, { id, createdAt }: User["keys"][number]): string {
  return `<UserName>${userName}</UserName><AccessKeyId>${id}</AccessKeyId><Status>Active</Status><CreateDate>${createdAt}</CreateDate>`;
}
