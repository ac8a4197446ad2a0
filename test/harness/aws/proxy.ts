/**
 * The fault proxy: a loopback server between an AWS SDK and an IAM endpoint. Bytes and Host header pass unchanged, so
 * signatures stay valid. By rule it delays, refuses, drops and loses calls, as AWS and the network do; and it keeps a few
 * promises of AWS that moto does not.
 */
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { errorReply, Keys, type Reply } from "./proxyKeys";
import { type Call, type Fault, type Outcome, type Rule, Rules } from "./proxyRules";
import { StaleReads } from "./proxyStale";
import { Users } from "./proxyUsers";

export type { Call, Fault, Outcome, Rule } from "./proxyRules";

export interface FaultProxy {
  readonly url: string;
  /** Every call since the last `clear`, in the order in which they came in whole. */
  readonly calls: readonly Call[];
  /** Every secret that a CreateAccessKey ever returned through this proxy. */
  readonly secrets: ReadonlySet<string>;
  count(action?: string): number;
  rule(rule: Rule): void;
  /** Calls signed by a key made less than this ago are refused: InvalidClientTokenId. */
  newKeysRefusedFor(ms: number): void;
  /** GetCallerIdentity signed by a key deleted less than this ago still succeeds. */
  deletedKeysAliveFor(ms: number): void;
  /** Calls signed by a deleted key are refused; an emulator without authentication takes them. */
  refuseDeletedKeys(refuse?: boolean): void;
  /** ListAccessKeys answers what was true this long ago. Knows the changes made through this proxy, from now on. */
  staleLists(ms: number): void;
  /** The same for GetUser, with its tags. */
  staleTags(ms: number): void;
  /** By the Date of every reply AWS's clock is this far ahead of the machine's: what happened a while ago need not be waited for. */
  clockAhead(ms: number): void;
  /** Forgets calls and rules; the modes above stay. */
  clear(): void;
  /** Forgets everything but the secrets. */
  reset(): void;
  stop(): Promise<void>;
}

export async function startProxy(upstreamUrl: string): Promise<FaultProxy> {
  const upstream = new URL(upstreamUrl);
  const calls: Call[] = [];
  const rules = new Rules();
  const keys = new Keys();
  const stale = new StaleReads();
  const users = new Users();
  const hungUp = new WeakSet<Socket>();
  let ahead = 0;

  async function handle(req: http.IncomingMessage, res: http.ServerResponse): Promise<void> {
    const body = await readAll(req).catch(() => undefined);
    if (!body) return; // the client died in the middle of its request
    const call = describe(req, body, calls.length);
    call.user = keys.userOf(call);
    calls.push(call);
    const end = (outcome: Outcome) => {
      call.outcome = outcome;
      call.endedAt = Date.now();
    };
    const send = (reply: Reply, outcome: Outcome) => {
      if (hungUp.has(req.socket)) return end("abandoned");
      call.status = reply.status;
      end(outcome);
      const headers = ahead === 0 ? reply.headers : dated(reply.headers, Date.now() + ahead);
      res.writeHead(reply.status, headers).end(reply.body);
    };
    const drop = (outcome: Outcome) => {
      end(outcome);
      req.socket.destroy();
    };

    const fault: Fault | undefined = rules.strike(call);
    if (fault?.kind === "error") return send(errorReply(fault.code, fault.status, fault.message), "refused");
    if (fault?.kind === "dropBefore") return drop("dropped");
    if (fault?.kind === "hang") return end("hanging");
    if (fault?.kind === "delay") await sleep(fault.ms, undefined, { ref: false });
    if (fault?.kind === "run") await fault.before?.();
    // A client that `before` has killed must not reach the upstream any more; its socket's end needs a turn to arrive.
    if (fault?.kind === "run") await sleep(1);
    if (fault?.kind === "run" && fault.kills) await untilHungUp(req.socket);
    if (hungUp.has(req.socket)) return end("abandoned");

    const made = keys.replyTo(call) ?? stale.replyTo(call);
    const reply = made ?? (await execute(req, body, call));
    if (fault?.kind === "run") await fault.after?.();
    if (fault?.kind === "lostReply") return drop("lost");
    if (fault?.kind === "garbledReply") return send(half(reply), "garbled");
    return send(reply, made ? (made.status < 400 ? "served" : "refused") : "answered");
  }

  async function untilHungUp(socket: Socket): Promise<void> {
    for (let tries = 0; !hungUp.has(socket); tries++) {
      if (tries > 3_000) throw new Error("the client should have been killed, and is still there");
      await sleep(10);
    }
  }

  async function execute(req: http.IncomingMessage, body: Buffer, call: Call): Promise<Reply> {
    const changed = await stale.beforeChange(call, (read) => forward(upstream, req, Buffer.from(read)));
    const ask = (params: Record<string, string>) => {
      const all = { Version: call.params.Version ?? "2010-05-08", ...params };
      return forward(upstream, req, Buffer.from(new URLSearchParams(all).toString()));
    };
    const reply = await users.execute(call, ask, () => forward(upstream, req, body));
    changed();
    call.executed = reply.status < 300;
    if (call.executed) keys.observe(call, reply);
    return reply;
  }

  const failures: unknown[] = [];
  const server = http.createServer((req, res) => {
    handle(req, res).catch((error) => {
      // Loud, as it is the test's own mistake (a throwing `run`, an upstream that is down), and told again by stop.
      failures.push(error);
      const reply = errorReply("FaultProxyFailure", 400, String(error));
      if (!res.headersSent) res.writeHead(reply.status, reply.headers).end(reply.body);
    });
  });
  server.on("connection", (socket: Socket) => {
    // The FIN of a killed client shows as "end", before the socket's "close".
    for (const event of ["end", "close"]) socket.once(event, () => hungUp.add(socket));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const clear = () => {
    calls.length = 0;
    rules.clear();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    secrets: keys.secrets,
    count: (action) => calls.filter((call) => call.action === (action ?? call.action)).length,
    rule: (rule) => rules.add(rule),
    newKeysRefusedFor: (ms) => {
      keys.newRefusedFor = ms;
    },
    deletedKeysAliveFor: (ms) => {
      keys.deletedAliveFor = ms;
    },
    refuseDeletedKeys: (refuse = true) => {
      keys.refuseDeleted = refuse;
    },
    staleLists: (ms) => stale.setLag("ListAccessKeys", ms),
    staleTags: (ms) => stale.setLag("GetUser", ms),
    clockAhead: (ms) => {
      ahead = ms;
    },
    clear,
    reset: () => {
      clear();
      ahead = 0;
      keys.forget();
      stale.forget();
      users.forget();
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      if (failures.length > 0) throw failures[0];
    },
  };
}

function describe(req: http.IncomingMessage, body: Buffer, index: number): Call {
  const params = Object.fromEntries(new URLSearchParams(body.toString()));
  const [, accessKeyId = "", region = ""] =
    /Credential=([^/,\s]+)(?:\/[^/]*\/([^/]*))?/.exec(req.headers.authorization ?? "") ?? [];
  return {
    index,
    action: params.Action ?? `${req.method} ${req.url}`,
    params,
    user: "",
    accessKeyId,
    region,
    startedAt: Date.now(),
    outcome: "pending",
    executed: false,
  };
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
