/**
 * The fault proxy: a loopback server between an AWS SDK and an IAM endpoint. Bytes and Host header pass unchanged, so
 * signatures stay valid. By rule it delays, refuses, drops and loses calls, as AWS and the network do.
 */
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { errorReply, Keys, type Reply, StaleReads } from "./proxyConsistency";
import { type Call, type Rule, Rules } from "./proxyRules";

export type { Call, Fault, Rule } from "./proxyRules";

export async function startProxy(upstreamUrl: string): Promise<FaultProxy> {
  const proxy = new FaultProxy(new URL(upstreamUrl));
  await new Promise<void>((resolve) => proxy.server.listen(0, "127.0.0.1", resolve));
  return proxy;
}

export class FaultProxy {
  /** Every call since the last `clear`, in the order in which they came in whole. */
  readonly calls: Call[] = [];
  readonly server = http.createServer((req, res) => {
    this.#handle(req, res).catch((error) => {
      // Loud, as it is the test's own mistake (a throwing `run`, an upstream that is down), and told again by stop.
      this.#failures.push(error);
      const reply = errorReply("FaultProxyFailure", 400, String(error));
      if (!res.headersSent) res.writeHead(reply.status, reply.headers).end(reply.body);
    });
  });
  readonly #rules = new Rules();
  readonly #keys = new Keys();
  readonly #stale = new StaleReads();
  readonly #hungUp = new WeakSet<Socket>();
  readonly #failures: unknown[] = [];
  #ahead = 0;

  constructor(readonly upstream: URL) {
    this.server.on("connection", (socket: Socket) => {
      // The FIN of a killed client shows as "end", before the socket's "close".
      for (const event of ["end", "close"]) socket.once(event, () => this.#hungUp.add(socket));
    });
    this.server.keepAliveTimeout = 60_000;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Every secret that a CreateAccessKey ever returned through this proxy. */
  get secrets(): ReadonlySet<string> {
    return this.#keys.secrets;
  }

  count(action?: string): number {
    return this.calls.filter((call) => call.action === (action ?? call.action)).length;
  }

  rule(rule: Rule): void {
    this.#rules.add(rule);
  }

  /** Calls signed by a key made less than this ago are refused: InvalidClientTokenId. */
  newKeysRefusedFor(ms: number): void {
    this.#keys.newRefusedFor = ms;
  }

  /** GetCallerIdentity signed by a key deleted less than this ago still succeeds, if it did before. */
  deletedKeysAliveFor(ms: number): void {
    this.#keys.deletedAliveFor = ms;
  }

  /** Calls signed by a deleted key are refused; an emulator without authentication takes them. */
  refuseDeletedKeys(): void {
    this.#keys.refuseDeleted = true;
  }

  /** ListAccessKeys answers what was true this long ago. Knows the changes made through this proxy, from now on. */
  staleLists(ms: number): void {
    this.#stale.lag.ListAccessKeys = ms;
  }

  /** The same for GetUser, with its tags. */
  staleTags(ms: number): void {
    this.#stale.lag.GetUser = ms;
  }

  /** By the Date of every reply AWS's clock is this far ahead of the machine's: what happened a while ago need not be waited for. */
  clockAhead(ms: number): void {
    this.#ahead = ms;
  }

  /** Forgets calls and rules; the modes above stay. */
  clear(): void {
    this.calls.length = 0;
    this.#rules.clear();
  }

  /** Forgets everything but the secrets. */
  reset(): void {
    this.clear();
    this.#ahead = 0;
    this.#keys.forget();
    this.#stale.forget();
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  async #handle(req: http.IncomingMessage, res: http.ServerResponse): Promise<void> {
    const body = await readAll(req).catch(() => undefined);
    if (!body) return; // the client died in the middle of its request
    const call = describe(req, body);
    call.user = this.#keys.userOf(call);
    this.calls.push(call);
    const isGone = () => this.#hungUp.has(req.socket);
    const send = (reply: Reply | undefined) => {
      call.endedAt = Date.now();
      if (!reply || isGone()) return void req.socket.destroy();
      call.status = reply.status;
      const headers = this.#ahead === 0 ? reply.headers : dated(reply.headers, Date.now() + this.#ahead);
      res.writeHead(reply.status, headers).end(reply.body);
    };

    const fault = this.#rules.strike(call);
    if (fault?.kind === "error") return send(errorReply(fault.code, fault.status, fault.message));
    if (fault?.kind === "dropBefore") return send(undefined);
    if (fault?.kind === "delay") await sleep(fault.ms, undefined, { ref: false });
    if (fault?.kind === "run") {
      await fault.before?.();
      // A client that `before` has killed must not reach the upstream any more; its socket's end needs a turn to arrive.
      await sleep(1);
      for (let tries = 0; fault.kills && !isGone(); tries++) {
        if (tries > 3_000) throw new Error("the client should have been killed, and is still there");
        await sleep(10);
      }
    }
    if (isGone()) return send(undefined);

    const reply = this.#keys.replyTo(call) ?? this.#stale.replyTo(call) ?? (await this.#execute(req, body, call));
    if (fault?.kind === "run") await fault.after?.();
    if (fault?.kind === "lostReply") return send(undefined);
    send(fault?.kind === "garbledReply" ? half(reply) : reply);
  }

  async #execute(req: http.IncomingMessage, body: Buffer, call: Call): Promise<Reply> {
    const ask = (params: Record<string, string>) => {
      const all = { Version: call.params.Version ?? "2010-05-08", ...params };
      return forward(this.upstream, req, Buffer.from(new URLSearchParams(all).toString()));
    };
    const changed = await this.#stale.beforeChange(call, ask);
    const reply = await forward(this.upstream, req, body);
    changed();
    call.executed = reply.status < 300;
    if (call.executed) this.#keys.observe(call, reply);
    return reply;
  }
}

function describe(req: http.IncomingMessage, body: Buffer): Call {
  const params = Object.fromEntries(new URLSearchParams(body.toString()));
  const [, accessKeyId = "", region = ""] =
    /Credential=([^/,\s]+)(?:\/[^/]*\/([^/]*))?/.exec(req.headers.authorization ?? "") ?? [];
  const action = params.Action ?? `${req.method} ${req.url}`;
  return { action, params, user: "", accessKeyId, region, startedAt: Date.now(), executed: false };
}

/** Sends the request on; with another body than its own only the length changes (emulators don't check signatures). */
function forward(upstream: URL, req: http.IncomingMessage, body: Buffer): Promise<Reply> {
  const headers = [...req.rawHeaders];
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() === "content-length") headers[i + 1] = String(body.length);
  }
  return new Promise((resolve, reject) => {
    const options = { host: upstream.hostname, port: upstream.port, method: req.method, path: req.url, headers };
    const sent = http.request({ ...options, agent: false }, (res) => {
      readAll(res).then(
        (all) => resolve({ status: res.statusCode ?? 502, headers: whole(res, all), body: all }),
        reject,
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The reply's headers, without those that speak of the upstream's own connection. */
function whole(res: http.IncomingMessage, body: Buffer): string[] {
  const kept = ["Content-Length", String(body.length)];
  for (let i = 0; i < res.rawHeaders.length; i += 2) {
    const [name = "", value = ""] = res.rawHeaders.slice(i, i + 2);
    if (!/^(connection|keep-alive|transfer-encoding|content-length)$/i.test(name)) kept.push(name, value);
  }
  return kept;
}

function dated(headers: string[], time: number): string[] {
  const others = headers.filter((_, at) => headers[at - (at % 2)]?.toLowerCase() !== "date");
  return [...others, "Date", new Date(time).toUTCString()];
}

/** A success cut off in the middle, with a length that hides the cut: only parsing can tell. */
function half(reply: Reply): Reply {
  const body = reply.body.subarray(0, Math.floor(reply.body.length / 2));
  return { status: 200, headers: ["Content-Type", "text/xml", "Content-Length", String(body.length)], body };
}

async function readAll(stream: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
