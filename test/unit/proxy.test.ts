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

// Lost, garbled and dropped replies, throttling and keys that are too new are in iamWire.test.ts, as the provider sees them;
// what runs before a reply is in test/faults, where calls side by side wait for each other.
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

  const options = (accessKeyId: string, endpoint = proxy.url) => ({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId, secretAccessKey: "s" },
    maxAttempts: 1,
  });
  const user = { UserName: "ci" };
  const client = () => new IAMClient(options("AKIATEST"));
  const create = async () => (await client().send(new CreateAccessKeyCommand(user))).AccessKey?.AccessKeyId ?? "";
  const remove = (AccessKeyId: string) => client().send(new DeleteAccessKeyCommand({ ...user, AccessKeyId }));
  const list = async () => {
    const { AccessKeyMetadata } = await client().send(new ListAccessKeysCommand(user));
    return AccessKeyMetadata?.map((key) => key.AccessKeyId);
  };
  const identity = (signer: string) => new STSClient(options(signer)).send(new GetCallerIdentityCommand());

  it("passes bytes, Host and signature on unchanged, and the reply back", async () => {
    const { AccessKey } = await client().send(new CreateAccessKeyCommand(user));
    assert.deepEqual([AccessKey?.AccessKeyId, AccessKey?.SecretAccessKey], ["AKIA1", "secret/1+<&>"]);
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
      assert.ok(Math.abs(ahead - 900_000) < 60_000, `${Action}: ${ahead}`);
    }
  });

  it("knows whom a call is about, by the key that signs it too, and strikes for that user alone", async () => {
    const made = await create();
    proxy.rule({ user: "ci", nth: 2, fault: { kind: "error", code: "AccessDenied", status: 403, message: "<no>" } });
    await identity("AKIASOMEBODY");
    await identity(made);
    await assert.rejects(identity(made), { name: "AccessDenied", message: "<no>" });
    assert.deepEqual(
      proxy.calls.map((call) => [call.user, call.status, call.executed]),
      [
        ["ci", 200, true],
        ["", 200, true],
        ["ci", 200, true],
        ["ci", 403, false],
      ],
    );
  });

  it("records calls and secrets, a lost one too", async () => {
    proxy.rule({ action: "CreateAccessKey", fault: { kind: "lostReply" } });
    await assert.rejects(create(), { code: "ECONNRESET" });
    await identity("AKIA1");
    const [first, second] = proxy.calls;
    assert.deepEqual([first?.params.UserName, first?.accessKeyId, second?.accessKeyId], ["ci", "AKIATEST", "AKIA1"]);
    assert.deepEqual([first?.status, first?.executed], [undefined, true]);
    assert.deepEqual([second?.status, second?.executed], [200, true]);
    assert.deepEqual([proxy.count(), proxy.count("CreateAccessKey"), proxy.count("TagUser")], [2, 1, 0]);
    proxy.reset();
    assert.equal(proxy.count(), 0);
    assert.ok(proxy.secrets.has("secret/1+<&>"), "secrets outlive a reset");
  });

  it("strikes the nth call only, so many times, and by condition", async () => {
    const error = { kind: "error", code: "X", status: 400 } as const;
    proxy.rule({ action: "CreateAccessKey", nth: 2, fault: error });
    proxy.rule({ action: "ListAccessKeys", nth: 1, times: 2, fault: error });
    proxy.rule({ when: (call) => call.params.AccessKeyId === "AKIA1", fault: error });
    const fails = (work: Promise<unknown>) => work.then(Boolean, () => "failed");
    assert.equal(await fails(create()), true);
    assert.equal(await fails(create()), "failed");
    assert.equal(await fails(create()), true);
    for (const said of ["failed", "failed", true]) assert.equal(await fails(list()), said);
    assert.equal(await fails(remove("AKIA1")), "failed");
    await remove("AKIA2");
    proxy.clear();
    await remove("AKIA1");
  });

  it("delays, and serves others meanwhile", async () => {
    proxy.rule({ action: "CreateAccessKey", fault: { kind: "delay", ms: 200 } });
    const ended: string[] = [];
    await Promise.all([create().then(() => ended.push("create")), list().then(() => ended.push("list"))]);
    assert.deepEqual(ended, ["list", "create"]);
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
      while (!proxy.calls[0]?.endedAt) await sleep(5);
      assert.deepEqual([iam.keys.length, proxy.calls[0]?.executed], when === "after" ? [1, true] : [0, false]);
    });
  }

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
    assert.equal(proxy.calls.at(-1)?.executed, false, "the upstream was not asked");
  });

  it("lists keys and shows tags as they were some time ago, through several changes", async () => {
    const tag = (Value: string) => client().send(new TagUserCommand({ ...user, Tags: [{ Key: "k", Value }] }));
    const read = async () => (await client().send(new GetUserCommand(user))).User?.Tags?.[0]?.Value;
    await tag("first");
    proxy.staleTags(60_000);
    await tag("second");
    assert.equal(await read(), "first");
    proxy.staleTags(0);
    assert.equal(await read(), "second");
    proxy.clear();

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

  it("tells a mistake of the test: in the reply, and when it stops", async () => {
    const lonely = await startProxy("http://127.0.0.1:1");
    const asked = new STSClient(options("AKIATEST", lonely.url)).send(new GetCallerIdentityCommand());
    await assert.rejects(asked, { name: "FaultProxyFailure", message: /ECONNREFUSED/ });
    await assert.rejects(lonely.stop(), /ECONNREFUSED/);
  });
});
