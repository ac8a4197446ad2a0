import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import type { Iam } from "../../provider/act/dependencies";
import type { Access } from "../../provider/aws/connection";
import { connect } from "../../provider/aws/iam";
import type { IamError } from "../../provider/model/errors";
import { type FaultProxy, startProxy } from "../harness/aws/proxy";

const USER = { partition: "aws", accountId: "123456789012", userName: "ci" };

/** Over real HTTP, by the SDK and by Node.js. */
describe("what AWS has answered, and what never reached it", () => {
  let proxy: FaultProxy;
  let logins = 0;

  /** Clients are kept by login, and an endpoint with them: a new login for each. */
  function connectTo(iamEndpoint?: string): Iam {
    logins += 1;
    const login = { accessKeyId: `AKIAUNSENT${String(logins).padStart(10, "0")}`, secretAccessKey: "secret" };
    return connect(USER, "us-east-1", { credentials: { login }, connection: iamEndpoint ? { iamEndpoint } : {} });
  }

  before(async () => {
    proxy = await startProxy("http://127.0.0.1:1");
  });
  after(() => proxy.stop());

  describe("with the machine's clock five minutes off", () => {
    /** Answers every call in the same way, by a clock of its own. */
    async function against(code: string, status: number, call: (iam: Iam) => Promise<unknown>) {
      let requests = 0;
      const server = http.createServer((_req, res) => {
        requests += 1;
        res.writeHead(status, { date: new Date(Date.now() + 300_000).toUTCString() });
        res.end(`<ErrorResponse><Error><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`);
      });
      await once(server.listen(0, "127.0.0.1"), "listening");
      const { kind } = await rejection(call(connectTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)));
      server.close();
      server.closeAllConnections();
      return [kind, requests];
    }
    for (const [code, status, kind, requests] of [
      ["AccessDenied", 403, "denied", 1],
      ["NoSuchEntity", 404, "noSuchEntity", 1],
      ["SignatureDoesNotMatch", 403, "credentials", 2],
      ["RequestExpired", 400, "credentials", 2],
      ["RequestTimeout", 408, "doubtful", 8],
    ] as const) {
      it(`${code} is sent ${requests} times`, async function () {
        this.timeout(20_000);
        assert.deepEqual(await against(code, status, (iam) => iam.deactivateAccessKey("AKIA1")), [kind, requests]);
      });
    }
  });

  describe("what was never sent is not doubtful", () => {
    const key = { accessKeyId: "AKIAUNSENT0000000000", secretAccessKey: "secret" };
    const nowhere = { iamEndpoint: "http://127.0.0.1:1" };
    const stories: [string, string, Parameters<typeof connect>[1], Access][] = [
      [
        "a line break in a token",
        "ERR_INVALID_CHAR",
        "us-east-1",
        { credentials: { login: { ...key, sessionToken: "x\n" } }, connection: {} },
      ],
      ["a region that is none", "Error", "../../evil", { credentials: { login: key }, connection: {} }],
      [
        "FIPS and an address",
        "EndpointError",
        "us-east-1",
        { credentials: { login: key }, connection: { ...nowhere, useFipsEndpoint: true } },
      ],
      [
        "a proxy that is none",
        "InvalidSetting",
        "us-east-1",
        { credentials: { login: key }, connection: { httpsProxy: "socks5://user:password@p" } },
      ],
      ["nobody who listens", "ECONNREFUSED", "us-east-1", { credentials: { login: key }, connection: nowhere }],
      [
        "TLS with who speaks none",
        "",
        "us-east-1",
        { credentials: { login: key }, connection: { iamEndpoint: "TLS" } },
      ],
    ];
    for (const [title, code, region, { credentials, connection }] of stories) {
      it(title, async () => {
        const iamEndpoint =
          connection.iamEndpoint === "TLS" ? proxy.url.replace("http:", "https:") : connection.iamEndpoint;
        const access = { credentials, connection: { ...connection, ...(iamEndpoint && { iamEndpoint }) } };
        const failure = await rejection(connect(USER, region, access).createAccessKey());
        assert.equal(failure.kind, "unreachable", inspect(failure));
        if (code) assert.equal(failure.code, code);
        assert.doesNotMatch(depths(failure), /password/);
        assert.equal(proxy.count(), 0);
      });
    }

    for (const [variable, address] of [
      ["AWS_ENDPOINT_URL", "garbage"],
      ["AWS_ENDPOINT_URL_IAM", "ftp://user:password@p"],
    ] as const) {
      it(`${variable} that is no address is named`, async () => {
        const unsent = connectTo();
        process.env[variable] = address;
        const failure = await rejection(unsent.createAccessKey()).finally(() => delete process.env[variable]);
        assert.deepEqual([failure.kind, failure.code], ["unreachable", "InvalidSetting"]);
        assert.match(failure.message, new RegExp(`^${variable} `));
        assert.doesNotMatch(depths(failure), /password|garbage/);
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
