import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import type { Iam } from "../../provider/act/dependencies";
import { connect } from "../../provider/aws/iam";
import type { IamError } from "../../provider/model/errors";
import { type Fault, type FaultProxy, startProxy } from "../harness/aws/proxy";
import { type FakeIam, startFakeIam } from "../harness/aws/proxyFakeIam";

const USER = { partition: "aws", accountId: "123456789012", userName: "ci" };

/** Over real HTTP: signing, retries and parsing are the SDK's own, and there the traps lie. */
describe("the calls to AWS on the wire", () => {
  let upstream: FakeIam;
  let proxy: FaultProxy;
  let iam: Iam;
  let login = { accessKeyId: "", secretAccessKey: "secret of the login" };
  let logins = 0;
  const connectTo = (url: string, more: object = {}): Iam => {
    // Clients are kept by login, and with them the pace that AWS's throttling has taught them.
    login = { ...login, accessKeyId: `AKIAWIRE${String(++logins).padStart(12, "0")}` };
    const connection = { iamEndpoint: url, stsEndpoint: url };
    return connect(USER, "us-east-1", { credentials: { login: { ...login, ...more } }, connection });
  };

  before(async () => {
    upstream = await startFakeIam();
    proxy = await startProxy(upstream.url);
  });
  beforeEach(() => {
    proxy.reset();
    upstream.reset();
    iam = connectTo(proxy.url);
  });
  after(async () => {
    await proxy.stop();
    await upstream.stop();
  });

  const error = (code: string, status: number): Fault => ({ kind: "error", code, status });

  it("signs IAM and STS calls by `login`, with its session token", async () => {
    const ofSession = connectTo(proxy.url, { sessionToken: "token of the session" });
    await ofSession.getUser();
    await ofSession.createAccessKey();
    assert.equal(await ofSession.callerAccount(), "123456789012");
    assert.deepEqual(
      proxy.calls.map((call) => [call.action, call.accessKeyId]),
      ["GetUser", "CreateAccessKey", "GetCallerIdentity"].map((action) => [action, login.accessKeyId]),
    );
    for (const { headers } of upstream.requests) assert.equal(headers["x-amz-security-token"], "token of the session");
  });

  it("tries a key by one call that the key itself signs", async () => {
    const { createdAt: _, ...pair } = await iam.createAccessKey();
    assert.equal(pair.secretAccessKey, "secret/1+<&>");
    assert.deepEqual(await iam.tryKey(pair), { accepted: true, arn: "arn:aws:iam::123456789012:user/AKIA1" });
    proxy.newKeysRefusedFor(60_000);
    assert.deepEqual(await iam.tryKey(pair), { accepted: false, code: "InvalidClientTokenId", wrongSecret: false });
    assert.equal(proxy.count("GetCallerIdentity"), 2, "the pauses between attempts are the caller's");
  });

  // Holds: "CreateAccessKey is not repeated, unless"
  describe("CreateAccessKey", () => {
    const doubtful: [string, Fault, number][] = [
      ["a lost reply", { kind: "lostReply" }, 1],
      ["a garbled reply", { kind: "garbledReply" }, 1],
      ["a connection that broke before", { kind: "dropBefore" }, 0],
      ["ServiceFailure, 500", error("ServiceFailure", 500), 0],
      ["a bad gateway, 502", error("BadGateway", 502), 0],
      ["ServiceUnavailable, 503", error("ServiceUnavailable", 503), 0],
    ];
    for (const [title, fault, made] of doubtful) {
      it(`is sent exactly once after ${title}, told as doubtful`, async () => {
        proxy.rule({ action: "CreateAccessKey", fault });
        const failure = await rejection(iam.createAccessKey());
        assert.deepEqual([failure.kind, proxy.count(), upstream.keys.length], ["doubtful", 1, made]);
        assert.doesNotMatch(depths(failure), /secret\/|secret of the login|SecretAccessKey/);
      });
    }

    const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    const whole = `<R><CreateAccessKeyResult><AccessKey><AccessKeyId>AKIA1</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey></AccessKey></CreateAccessKeyResult></R>`;
    const damaged: [string, (res: http.ServerResponse) => void][] = [
      ["cut after the secret", (res) => res.end(whole.slice(0, -40))],
      ["cut in the secret", (res) => res.end(whole.slice(0, whole.indexOf(secret) + 30))],
      ["whose connection breaks", (res) => res.setHeader("Content-Length", 9_999).write(whole, () => res.destroy())],
      ["in another form", (res) => res.end(JSON.stringify({ SecretAccessKey: secret }))],
      ["of something that is not AWS", (res) => res.end(`<html><body>${secret}</body></html>`)],
      ["without content", (res) => res.end()],
      ["that redirects", (res) => res.writeHead(302).end(whole)],
      ["with status 500", (res) => res.writeHead(500).end(whole)],
    ];
    for (const [title, answer] of damaged) {
      it(`a reply ${title} is doubtful; nothing of it is kept, on any property, at any depth`, async () => {
        let requests = 0;
        const server = http.createServer((_req, res) => {
          requests += 1;
          answer(res);
        });
        await once(server.listen(0, "127.0.0.1"), "listening");
        const { port } = server.address() as AddressInfo;
        const failure = await rejection(connectTo(`http://127.0.0.1:${port}`).createAccessKey());
        server.close();
        server.closeAllConnections();
        assert.deepEqual([failure.kind, requests], ["doubtful", 1]);
        assert.doesNotMatch(depths(failure), /wJalr|SecretAccessKey/);
      });
    }

    for (const [code, status] of [
      ["Throttling", 400],
      ["TooManyRequests", 429],
    ] as const) {
      it(`is sent again after ${code}: a throttled call was not executed`, async () => {
        proxy.rule({ action: "CreateAccessKey", times: 1, fault: error(code, status) });
        assert.equal((await iam.createAccessKey()).accessKeyId, "AKIA1");
        assert.deepEqual([proxy.count("CreateAccessKey"), upstream.keys], [2, ["AKIA1"]]);
      });
    }

    it("is not sent again when a reply was lost after throttling", async () => {
      proxy.rule({ action: "CreateAccessKey", times: 1, fault: error("Throttling", 400) });
      proxy.rule({ action: "CreateAccessKey", fault: { kind: "lostReply" } });
      const failure = await rejection(iam.createAccessKey());
      assert.deepEqual([failure.kind, proxy.count(), upstream.keys.length], ["doubtful", 2, 1]);
    });

    for (const [code, status, kind] of [
      ["LimitExceeded", 409, "limitExceeded"],
      ["AccessDenied", 403, "denied"],
      ["NoSuchEntity", 404, "noSuchEntity"],
      ["InvalidClientTokenId", 403, "credentials"],
    ] as const) {
      it(`${code} is an answer: not sent again`, async () => {
        proxy.rule({ fault: error(code, status) });
        const failure = await rejection(iam.createAccessKey());
        assert.deepEqual([failure.kind, failure.code, proxy.count()], [kind, code, 1]);
      });
    }
  });

  describe("calls that may be executed twice without harm", () => {
    const calls: [string, (iam: Iam) => Promise<unknown>][] = [
      ["GetUser", (iam) => iam.getUser()],
      ["TagUser", (iam) => iam.writeJournal("v1")],
      ["ListAccessKeys", (iam) => iam.listAccessKeys()],
      ["DeleteAccessKey", (iam) => iam.deleteAccessKey("AKIA1")],
      ["GetCallerIdentity", (iam) => iam.callerAccount()],
    ];
    const faults: [string, Fault][] = [
      ["a dropped connection", { kind: "dropBefore" }],
      ["a lost reply", { kind: "lostReply" }],
      ["Throttling", error("Throttling", 400)],
      ["ServiceFailure", error("ServiceFailure", 500)],
    ];
    for (const [action, call] of calls) {
      for (const [title, fault] of faults) {
        it(`${action} is sent again after ${title}`, async () => {
          proxy.rule({ action, times: 1, fault });
          await call(iam);
          assert.equal(proxy.count(action), 2);
        });
      }

      it(`${action}: LimitExceeded is an answer, not throttling`, async () => {
        proxy.rule({ action, fault: error("LimitExceeded", 409) });
        const failure = await rejection(call(iam));
        assert.deepEqual([failure.kind, proxy.count()], ["limitExceeded", 1]);
      });
    }
  });
});

async function rejection(promise: Promise<unknown>): Promise<IamError> {
  const outcome = await promise.then(
    () => undefined,
    (error: IamError) => error,
  );
  assert.ok(outcome, "the call should have failed");
  return outcome;
}

/** The whole error as text: hidden properties, causes, stacks. */
function depths(error: unknown): string {
  return inspect(error, { depth: null, showHidden: true, maxStringLength: null, maxArrayLength: null });
}
