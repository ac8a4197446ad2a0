/** IAM and STS for a fleet of users, in a process of its own, so that its work is not counted as anybody else's. */
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { TokenBucket } from "./bucket";
import { type Reply, refusal, Users } from "./users";

export interface Traffic {
  /** Connections that were opened. */
  connections: number;
  /** How many were open at once, at the most. */
  connectionsAtOnce: number;
  /** How often somebody asked for credentials. */
  credentials: number;
  /** Calls that came in, by action; throttled ones are among them. */
  calls: Record<string, number>;
  /** Calls that were throttled, by action. */
  throttled: Record<string, number>;
  /** The longest time from a journal's `open` to its end, in seconds. */
  longestOperation: number;
}

/** Calls a second, and at once. */
export interface Throttle {
  reads: { rate: number; burst: number };
  writes: { rate: number; burst: number };
}

export type Order =
  | { do: "forgetTraffic" }
  | { do: "tellTraffic" }
  /** With full buckets, from now on; before that nothing is throttled. */
  | { do: "throttle"; throttle: Throttle };

export type Message = { url: string } | { traffic: Traffic };

const users = new Users();
let traffic = noTraffic();
let buckets: { reads: TokenBucket; writes: TokenBucket } | undefined;
const sockets = new Set<Socket>();
const opened = new Map<string, number>();

function noTraffic(): Traffic {
  return { connections: 0, connectionsAtOnce: 0, credentials: 0, calls: {}, throttled: {}, longestOperation: 0 };
}

function count(counts: Record<string, number>, action: string): void {
  counts[action] = (counts[action] ?? 0) + 1;
}

/** IAM alone: STS has limits of its own, which are far away. */
function isThrottled(action: string): boolean {
  if (!buckets || action === "GetCallerIdentity") return false;
  return !(/^(Get|List)/.test(action) ? buckets.reads : buckets.writes).take();
}

function replyTo(body: string, authorization = ""): Reply {
  const params = new URLSearchParams(body);
  const action = params.get("Action") ?? "";
  count(traffic.calls, action);
  if (isThrottled(action)) {
    count(traffic.throttled, action);
    return refusal("Throttling", 400, "Rate exceeded");
  }
  if (action === "TagUser") watchJournal(params.get("UserName") ?? "", params.get("Tags.member.1.Value") ?? "");
  return users.reply(params, /Credential=([^/]+)/.exec(authorization)?.[1] ?? "");
}

function watchJournal(userName: string, journal: string): void {
  if (journal.startsWith("v1 open")) return void opened.set(userName, Date.now());
  const began = opened.get(userName) ?? Date.now();
  opened.delete(userName);
  traffic.longestOperation = Math.max(traffic.longestOperation, (Date.now() - began) / 1000);
}

/** What the agent of a container answers, which the default chain asks where it is told to. */
function credentials(): Reply {
  traffic.credentials += 1;
  const Expiration = new Date(Date.now() + 6 * 3600_000).toISOString();
  const keys = {
    AccessKeyId: "ASIAFLEET",
    SecretAccessKey: "the fleet's secret",
    Token: "the fleet's token",
    Expiration,
  };
  return { status: 200, body: JSON.stringify(keys) };
}

const server = http.createServer(async (req, res) => {
  let body = "";
  for await (const chunk of req) body += chunk;
  const reply = req.method === "GET" ? credentials() : replyTo(body, req.headers.authorization);
  res
    .writeHead(reply.status, { "Content-Type": req.method === "GET" ? "application/json" : "text/xml" })
    .end(reply.body);
});
server.keepAliveTimeout = 60_000;
server.on("connection", (socket: Socket) => {
  sockets.add(socket);
  socket.once("close", () => sockets.delete(socket));
  traffic.connections += 1;
  traffic.connectionsAtOnce = Math.max(traffic.connectionsAtOnce, sockets.size);
});

function tell(message: Message): void {
  process.send?.(message);
}

process.on("message", (order: Order) => {
  if (order.do === "tellTraffic") return tell({ traffic });
  if (order.do === "forgetTraffic") traffic = noTraffic();
  if (order.do === "throttle") {
    const { reads, writes } = order.throttle;
    buckets = {
      reads: new TokenBucket(reads.rate, reads.burst),
      writes: new TokenBucket(writes.rate, writes.burst),
    };
  }
});
// However its starter ends.
process.on("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () => tell({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
