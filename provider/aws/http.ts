import { readFileSync } from "node:fs";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { rootCertificates } from "node:tls";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { HttpsProxyAgent } from "https-proxy-agent";
import type { Connection } from "./connection";

/** Any address of AWS: NO_PROXY is asked whether it goes through the proxy. */
const AWS = "https://iam.amazonaws.com";
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
export function requestHandler({ caBundle, insecure, proxy }: Connection): AwsHttpHandler {
  const ca = caBundle || process.env.AWS_CA_BUNDLE;
  const options = {
    ...SOCKETS,
    ...(ca && { ca: [...rootCertificates, readFileSync(ca, "utf8")] }),
    ...(insecure && { rejectUnauthorized: false }),
  };
  return new AwsHttpHandler({
    connectionTimeout: 5_000,
    requestTimeout: 20_000,
    throwOnRequestTimeout: true,
    httpAgent: new HttpAgent(SOCKETS),
    httpsAgent: throughProxy(proxy, options) ?? new HttpsAgent(options),
  });
}

// Loaded only where there is a proxy: Node.js and the AWS SDK know none by themselves.
function throughProxy(proxy: string | undefined, options: object): HttpsProxyAgent<string> | undefined {
  if (!proxy && !Object.keys(process.env).some((name) => /^(https|all)_proxy$/i.test(name))) return undefined;
  const { getProxyForUrl } = require("proxy-from-env") as { getProxyForUrl(url: string): string };
  const url = proxy || getProxyForUrl(AWS);
  if (!url) return undefined;
  const { HttpsProxyAgent } = require("https-proxy-agent") as typeof import("https-proxy-agent");
  return new HttpsProxyAgent(url, options);
}
