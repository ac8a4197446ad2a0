import { readFileSync } from "node:fs";
import { type ClientRequest, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { rootCertificates } from "node:tls";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { AgentConnectOpts } from "agent-base";
import { RotationError } from "../model/errors";
import type { Connection } from "./connection";
import { type Proxies, proxiesOf, proxyFor } from "./proxy";

const SOCKETS = { keepAlive: true, maxSockets: 50 };

/** A clock is right if it is as near to AWS's as the whole seconds of its replies can tell. */
const CLOCK_ERROR = 2_000;

/** Tells by each reply how far AWS's clock is ahead of the machine's: what has a time goes by AWS's. */
export class AwsHttpHandler extends NodeHttpHandler {
  /** In milliseconds. */
  clockOffset = 0;

  override async handle(...request: Parameters<NodeHttpHandler["handle"]>) {
    const answer = await super.handle(...request);
    const offset = Date.parse(answer.response.headers.date ?? "") - Date.now();
    if (!Number.isNaN(offset)) this.clockOffset = Math.abs(offset) > CLOCK_ERROR ? offset : 0;
    return answer;
  }
}

/** One set of sockets for all users that are reached in the same way. */
export function requestHandler({ caBundle, insecure, ...proxies }: Connection): AwsHttpHandler {
  const { env } = process;
  const ca = caBundle || env.AWS_CA_BUNDLE;
  const options = {
    ...SOCKETS,
    ...(ca && { ca: [...rootCertificates, ...extraCertificates(env), certificatesIn(ca)] }),
    ...(insecure && { rejectUnauthorized: false }),
  };
  const direct = { http: new HttpAgent(SOCKETS), https: new HttpsAgent(options) };
  const through = throughProxies(proxiesOf(proxies, env), direct, options);
  return new AwsHttpHandler({
    connectionTimeout: 5_000,
    requestTimeout: 20_000,
    throwOnRequestTimeout: true,
    httpAgent: through ?? direct.http,
    httpsAgent: (through as HttpsAgent | undefined) ?? direct.https,
  });
}

function certificatesIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new RotationError(
      {
        attempted: "Can't connect to AWS",
        found: `the file of certificates ${file} can't be read (${(cause as NodeJS.ErrnoException).code}).`,
        todo: "Correct aws:customCaBundle of the stack's configuration, or AWS_CA_BUNDLE.",
      },
      { cause },
    );
  }
}

/** Node.js itself leaves these out where others are given, and says nothing of a file that is not there. */
function extraCertificates({ NODE_EXTRA_CA_CERTS }: NodeJS.ProcessEnv): string[] {
  try {
    return NODE_EXTRA_CA_CERTS ? [readFileSync(NODE_EXTRA_CA_CERTS, "utf8")] : [];
  } catch {
    return [];
  }
}

/** Asks for each host that is called. Loaded only where there is a proxy: Node.js and the AWS SDK know none by themselves. */
function throughProxies(proxies: Proxies, direct: { http: HttpAgent; https: HttpsAgent }, options: object) {
  if (!proxies.httpProxy && !proxies.httpsProxy) return undefined;
  const { Agent } = require("agent-base") as typeof import("agent-base");
  const { HttpProxyAgent } = require("http-proxy-agent") as typeof import("http-proxy-agent");
  const { HttpsProxyAgent } = require("https-proxy-agent") as typeof import("https-proxy-agent");
  // There is one proxy for each scheme.
  let [http, https]: HttpAgent[] = [];
  return new (class extends Agent {
    connect(_request: ClientRequest, { secureEndpoint, host, port }: AgentConnectOpts): HttpAgent {
      const at = { protocol: secureEndpoint ? "https:" : "http:", host: host ?? "", port: Number(port) };
      const proxy = proxyFor(at, proxies);
      if (!proxy) return secureEndpoint ? direct.https : direct.http;
      if (secureEndpoint) https ??= new HttpsProxyAgent(proxy, options);
      else http ??= new HttpProxyAgent(proxy, SOCKETS);
      return (secureEndpoint ? https : http) as HttpAgent;
    }
  })(SOCKETS);
}
