import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { join } from "node:path";
import type { Message, Order, Throttle, Traffic } from "./server";

export type { Throttle, Traffic } from "./server";

/** IAM in memory, behind HTTP, in a process of its own. */
export class FleetEndpoint {
  readonly #process: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#process = child;
    this.url = url;
  }

  static async start(): Promise<FleetEndpoint> {
    const child = fork(join(__dirname, "server.ts"), { execArgv: ["-r", "ts-node/register/transpile-only"] });
    const [message] = (await once(child, "message")) as [Message];
    return new FleetEndpoint(child, "url" in message ? message.url : "");
  }

  /** The environment of a program whose credentials are asked for here, by the AWS default chain. */
  get env(): Record<string, string> {
    return {
      AWS_ACCESS_KEY_ID: "",
      AWS_SECRET_ACCESS_KEY: "",
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${this.url}/credentials`,
      AWS_CONFIG_FILE: "/nowhere",
      AWS_SHARED_CREDENTIALS_FILE: "/nowhere",
    };
  }

  async traffic(): Promise<Traffic> {
    const told = once(this.#process, "message");
    this.#order({ do: "tellTraffic" });
    const [message] = (await told) as [Message];
    if (!("traffic" in message)) throw new Error("the endpoint tells no traffic");
    return message.traffic;
  }

  forgetTraffic(): void {
    this.#order({ do: "forgetTraffic" });
  }

  throttle(throttle: Throttle): void {
    this.#order({ do: "throttle", throttle });
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.disconnect();
    await ended;
  }

  #order(order: Order): void {
    this.#process.send(order);
  }
}

/** Those that a provider's process has for calls to AWS, as its http.ts says. */
const SOCKETS = 50;

/** One more, over which the credentials come. */
export const MOST_CONNECTIONS = SOCKETS + 1;

export function total(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Calls a second that an endpoint answers when it has nothing else to do, by as many connections as a provider has. */
export async function throughput(url: string, seconds: number, call = GET_USER): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  const start = Date.now();
  let answered = 0;
  const ask = async (): Promise<void> => {
    while (Date.now() - start < seconds * 1000) {
      await post(url, agent, call);
      answered += 1;
    }
  };
  await Promise.all(Array.from({ length: SOCKETS }, ask));
  agent.destroy();
  return answered / ((Date.now() - start) / 1000);
}

const GET_USER = "Action=GetUser&Version=2010-05-08&UserName=nobody";
const HEADERS = {
  "Content-Type": "application/x-www-form-urlencoded",
  Authorization:
    "AWS4-HMAC-SHA256 Credential=test/20261101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0",
};

function post(url: string, agent: Agent, body: string): Promise<void> {
  return new Promise((done, fail) => {
    const sent = request(url, { method: "POST", agent, headers: HEADERS }, (reply) => {
      reply.on("end", done).resume();
    });
    sent.on("error", fail).end(body);
  });
}
