import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetUserCommand,
  IAMClient,
  ListAccessKeysCommand,
  TagUserCommand,
} from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { type FaultProxy, startProxy } from "../harness/aws/proxy";
import { type FakeIam, startFakeIam } from "../harness/aws/proxyFakeIam";

describe("the fault proxy", () => {
  let iam: FakeIam;
  let proxy: FaultProxy;

  before(async () => {
    iam = await startFakeIam();
    proxy = await startProxy(iam.url);
  });
  beforeEach(() => {
    proxy.reset();
    iam.reset();
  });
  after(async () => {
    await proxy.stop();
    await iam.stop();
  });

  const options = (accessKeyId: string, maxAttempts: number) => ({
    endpoint: proxy.url,
    region: "us-east-1",
    credentials: { accessKeyId, secretAccessKey: "s" },
    maxAttempts,
  });
  const client = (maxAttempts = 1) => new IAMClient(options("AKIATEST", maxAttempts));
  const create = (maxAttempts?: number) => client(maxAttempts).send(new CreateAccessKeyCommand({ UserName: "ci" }));
  const remove = (AccessKeyId: string) => client().send(new DeleteAccessKeyCommand({ UserName: "ci", AccessKeyId }));
  const list = async () => {
    const { AccessKeyMetadata } = await client().send(new ListAccessKeysCommand({ UserName: "ci" }));
    return AccessKeyMetadata?.map((key) => key.AccessKeyId);
  };
  const identity = (signer: string) => new STSClient(options(signer, 1)).send(new GetCallerIdentityCommand());
  const outcomes = () => proxy.calls.map((call) => call.outcome);

  it("passes bytes, Host and signature on unchanged, and the reply back", async () => {
    const { AccessKey } = await create();
    assert.equal(AccessKey?.AccessKeyId, "AKIA1");
    assert.equal(AccessKey?.SecretAccessKey, "secret/1+<&>");
    const [request] = iam.requests;
    assert.equal(request?.headers.host, new URL(proxy.url).host);
    assert.match(request?.headers.authorization ?? "", /Credential=AKIATEST.*host.*Signature=/);
    assert.equal(request?.body, "Action=CreateAccessKey&Version=2010-05-08&UserName=ci");
  });

  it("tells a time ahead of the machine's by every reply, its own too", async () => {
    proxy.clockAhead(900_000);
    proxy.rule({ action: "ListAccessKeys", fault: { kind: "error", code: "Throttling", status: 400 } });
    for (const Action of ["GetUser", "ListAccessKeys"]) {
      const reply = await fetch(proxy.url, { method: "POST", body: new URLSearchParams({ Action }) });
      const ahead = Date.parse(reply.headers.get("date") ?? "") - Date.now();
      assert.ok(Math.abs(ahead - 900_000) < 5_000, `${Action}: ${ahead}`);
    }
  });

  it("knows whom a call is about, by the key that signs it too, and strikes for that user alone", async () => {
    const { AccessKey } = await create();
    proxy.rule({ user: "ci", nth: 2, fault: { kind: "error", code: "AccessDenied", status: 403 } });
    await identity("AKIASOMEBODY");
    await identity(AccessKey?.AccessKeyId ?? "");
    await assert.rejects(identity(AccessKey?.AccessKeyId ?? ""), { name: "AccessDenied" });
    assert.deepEqual(
      proxy.calls.map(({ user }) => user),
      ["ci", "", "ci", "ci"],
    );
  });

  it("records calls and secrets", async () => {
    await create();
    await identity("AKIA1");
    const [first, second] = proxy.calls;
    assert.deepEqual([first?.params.UserName, first?.accessKeyId, second?.accessKeyId], ["ci", "AKIATEST", "AKIA1"]);
    assert.deepEqual([first?.outcome, first?.status, first?.executed], ["answered", 200, true]);
    assert.ok(first?.endedAt && first.endedAt >= first.startedAt);
    assert.deepEqual([proxy.count(), proxy.count("CreateAccessKey"), proxy.count("TagUser")], [2, 1, 0]);
    proxy.reset();
    assert.equal(proxy.count(), 0);
    assert.ok(proxy.secrets.has("secret/1+<&>"), "secrets outlive a reset");
  });

  it("answers an error, or drops the connection, before the upstream sees the call", async () => {
    proxy.rule({
      action: "CreateAccessKey",
      fault: { kind: "error", code: "AccessDenied", status: 403, message: "<no>" },
    });
    await assert.rejects(create(), { name: "AccessDenied", message: "<no>" });
    proxy.rule({ fault: { kind: "error", code: "ExpiredToken", status: 403 } });
    await assert.rejects(identity("AKIATEST"), { name: "ExpiredToken" });
    assert.deepEqual(outcomes(), ["refused", "refused"]);
    proxy.clear();
    proxy.rule({ fault: { kind: "dropBefore" } });
    await assert.rejects(create(), { code: "ECONNRESET" });
    assert.deepEqual([iam.requests.length, outcomes()], [0, ["dropped"]]);
  });

  it("throttles as AWS does: the SDK tries again by itself", async () => {
    proxy.rule({ times: 2, fault: { kind: "error", code: "Throttling", status: 400 } });
    await create(3);
    assert.deepEqual(outcomes(), ["refused", "refused", "answered"]);
  });

  it("strikes the nth call only, so many times, and by condition", async () => {
    const error = { kind: "error", code: "X", status: 400 } as const;
    proxy.rule({ action: "CreateAccessKey", nth: 2, fault: error });
    proxy.rule({ action: "ListAccessKeys", nth: 1, times: 2, fault: error });
    proxy.rule({ when: (call) => call.params.AccessKeyId === "AKIA1", fault: error });
    await create();
    await assert.rejects(create());
    await create();
    await assert.rejects(list());
    await assert.rejects(list());
    await list();
    await assert.rejects(remove("AKIA1"));
    await remove("AKIA2");
    proxy.clear();
    await remove("AKIA1");
  });

  it("loses the reply: one attempt shows a connection error, the SDK's own retry makes a second key", async () => {
    proxy.rule({ action: "CreateAccessKey", times: 2, fault: { kind: "lostReply" } });
    await assert.rejects(create(1), { code: "ECONNRESET" });
    assert.deepEqual([iam.keys, proxy.calls[0]?.outcome, proxy.calls[0]?.executed], [["AKIA1"], "lost", true]);
    assert.ok(proxy.secrets.has("secret/1+<&>"), "a lost secret is a secret");
    assert.equal((await create(3)).AccessKey?.AccessKeyId, "AKIA3");
    assert.deepEqual(iam.keys, ["AKIA1", "AKIA2", "AKIA3"]);
  });

  it("garbles the reply: executed, status 200, nothing to read", async () => {
    proxy.rule({ fault: { kind: "garbledReply" } });
    // The SDK takes it for an answer: it does not try again, and its error has no name of its own.
    await assert.rejects(create(3), (error: Error & { $metadata: object }) => {
      assert.match(`${error}`, /^Error: @aws-sdk XML parse error/);
      assert.deepEqual({ httpStatusCode: 200, attempts: 1, ...error.$metadata }, error.$metadata);
      return true;
    });
    assert.equal(iam.keys.length, 1);
    assert.deepEqual([proxy.calls[0]?.outcome, proxy.calls[0]?.executed], ["garbled", true]);
  });

  it("delays, and serves others meanwhile", async () => {
    proxy.rule({ action: "CreateAccessKey", fault: { kind: "delay", ms: 200 } });
    const ended: string[] = [];
    await Promise.all([create().then(() => ended.push("create")), list().then(() => ended.push("list"))]);
    assert.deepEqual(ended, ["list", "create"]);
    const call = proxy.calls.find(({ action }) => action === "CreateAccessKey");
    assert.ok((call?.endedAt ?? 0) - (call?.startedAt ?? 0) >= 195);
  });

  it("hangs until it is stopped", async () => {
    const hanging = await startProxy(iam.url);
    hanging.rule({ fault: { kind: "hang" } });
    const sent = new IAMClient({ ...options("AKIATEST", 1), endpoint: hanging.url }).send(new GetUserCommand());
    sent.catch(() => {});
    await until(() => hanging.count() === 1);
    await sleep(50);
    assert.deepEqual([hanging.calls[0]?.outcome, iam.requests.length], ["hanging", 0]);
    await hanging.stop();
    await assert.rejects(sent, { code: "ECONNRESET" });
  });

  it("runs functions around the upstream's work, before the client hears of it", async () => {
    const seen: string[] = [];
    const note = (when: string) => async () => {
      await sleep(20);
      seen.push(`${when}: ${iam.keys.length} keys`);
    };
    proxy.rule({ nth: 2, fault: { kind: "run", before: note("before"), after: note("after") } });
    await create();
    await create();
    seen.push("client");
    assert.deepEqual(seen, ["before: 1 keys", "after: 2 keys", "client"]);
  });

  for (const when of ["before", "after"] as const) {
    it(`kills a client ${when} its call is executed`, async () => {
      const script = `require("http").request(process.argv[1], {method: "POST"}).end("Action=CreateAccessKey&UserName=ci")`;
      const child = spawn(process.execPath, ["-e", script, proxy.url]);
      const kill = async () => {
        child.kill("SIGKILL");
        await once(child, "exit");
      };
      proxy.rule({ fault: { kind: "run", [when]: kill } });
      await until(() => outcomes()[0] === "abandoned");
      assert.equal(iam.keys.length, when === "after" ? 1 : 0);
      assert.equal(proxy.calls[0]?.executed, when === "after");
    });
  }

  it("refuses a new key for its first moments", async () => {
    proxy.newKeysRefusedFor(60_000);
    await create();
    await assert.rejects(identity("AKIA1"), { name: "InvalidClientTokenId" });
    await identity("AKIATEST");
    proxy.newKeysRefusedFor(1);
    await identity("AKIA1");
  });

  it("refuses deleted keys, after they have lived on for a while", async () => {
    await create();
    await identity("AKIA1");
    await remove("AKIA1");
    await identity("AKIA1");
    proxy.refuseDeletedKeys();
    await assert.rejects(identity("AKIA1"), { name: "InvalidClientTokenId" });
    proxy.deletedKeysAliveFor(60_000);
    const { Arn } = await identity("AKIA1");
    assert.equal(Arn, "arn:aws:iam::123456789012:user/AKIA1", "who it was before");
    assert.equal(proxy.calls.at(-1)?.outcome, "served");
  });

  it("lists keys as they were some time ago, through several changes", async () => {
    proxy.staleLists(60_000);
    await create();
    await sleep(300);
    await create();
    assert.deepEqual(await list(), []);
    proxy.staleLists(Date.now() - (proxy.calls[0]?.endedAt ?? 0) - 50);
    assert.deepEqual(await list(), ["AKIA1"]);
    proxy.staleLists(0);
    assert.deepEqual(await list(), ["AKIA1", "AKIA2"]);
    assert.equal(proxy.count("ListAccessKeys"), 3, "the proxy's own questions are not counted");
  });

  it("shows tags as they were some time ago", async () => {
    const tag = (Value: string) => client().send(new TagUserCommand({ UserName: "ci", Tags: [{ Key: "k", Value }] }));
    const read = async () => (await client().send(new GetUserCommand({ UserName: "ci" }))).User?.Tags?.[0]?.Value;
    await tag("first");
    proxy.staleTags(60_000);
    await tag("second");
    assert.equal(await read(), "first");
    await sleep(20);
    proxy.staleTags(10);
    assert.equal(await read(), "second");
  });

  it("serves many calls at once on kept connections", async () => {
    const one = client();
    const command = () => one.send(new CreateAccessKeyCommand({ UserName: "ci" }));
    for (let round = 0; round < 3; round++) await Promise.all(Array.from({ length: 20 }, command));
    assert.deepEqual([iam.keys.length, new Set(outcomes())], [60, new Set(["answered"])]);
  });

  it("tells a mistake of the test: in the reply, and when it stops", async () => {
    const lonely = await startProxy("http://127.0.0.1:1");
    const sts = new STSClient({ ...options("AKIATEST", 3), endpoint: lonely.url });
    await assert.rejects(sts.send(new GetCallerIdentityCommand()), {
      name: "FaultProxyFailure",
      message: /ECONNREFUSED/,
    });
    await assert.rejects(lonely.stop(), /ECONNREFUSED/);
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}
