import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { connect } from "../../provider/aws/iam";
import { explain } from "../../provider/model/errors";

const ARN = "arn:aws:iam::123456789012:user/ci/deployer";
const user = { partition: "aws", accountId: "123456789012", userName: "deployer" };
const login = { accessKeyId: "AKIATEST", secretAccessKey: "s" };

// A proxy that notes who is asked for, and answers as companies' proxies do.
describe("a proxy on the way to AWS", () => {
  let server: Server;
  let asked: string[];
  let answer: string;
  let address: string;
  before(async () => {
    server = createServer();
    server.on("connect", ({ url, headers }, socket: Socket) => {
      asked.push(`${url} ${headers["proxy-authorization"] ?? ""}`.trim());
      socket.end(`HTTP/1.1 ${answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());
  beforeEach(() => {
    asked = [];
  });

  const failure = async (httpsProxy: string) => {
    const connection = { httpsProxy, attempts: 1 };
    const iam = connect(user, "eu-central-1", { credentials: { login }, connection });
    const error = await iam.createAccessKey().then(
      () => assert.fail("it went through"),
      (reason) => reason,
    );
    return explain("Can't make a key", ARN, error).message;
  };

  it("that wants to know who asks: says so, and that nothing was sent", async () => {
    answer = "407 Proxy Authentication Required";
    assert.match(
      await failure(address),
      /HTTP 407: a proxy or a gateway answered, and not AWS\. The proxy wants a name/,
    );
    assert.deepEqual(asked, ["iam.amazonaws.com:443"]);
  });

  it("gets the name and password of its address, which no message repeats", async () => {
    answer = "502 Bad Gateway";
    const message = await failure(`http://me:hunter%402@${address}`);
    assert.deepEqual(asked, [`iam.amazonaws.com:443 Basic ${Buffer.from("me:hunter@2").toString("base64")}`]);
    assert.match(message, /HTTP 502: a proxy or a gateway answered, and not AWS/);
    assert.doesNotMatch(message, /hunter/);
  });

  it("that is not there", async () => assert.match(await failure("127.0.0.1:9"), /ECONNREFUSED.*a proxy/));

  it("whose file of certificates is not there: says which", () => {
    const access = { credentials: { login }, connection: { caBundle: "/nowhere/ca.pem", attempts: 1 } };
    assert.throws(() => connect(user, "eu-central-1", access), /\/nowhere\/ca\.pem .*\(ENOENT\).* aws:customCaBundle/);
  });
});
