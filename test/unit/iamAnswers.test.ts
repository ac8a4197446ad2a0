import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "../../provider/aws/iam";
import { toIamError } from "../../provider/aws/iamErrors";
import { userArn } from "../harness/stage";

describe("an answer of AWS", () => {
  const endpoint = process.env.AWS_ENDPOINT_URL;
  const server = http.createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    if (date) response.setHeader("Date", date.toUTCString());
    const action = /Action=(\w+)/.exec(body)?.[1] ?? "";
    if (action === "GetCallerIdentity" && stsAnswers) {
      const [status, code] = stsAnswers;
      response.statusCode = status;
      return response.end(
        `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`,
      );
    }
    const result = `${action}Result`;
    const content = `<User><Arn>${userArn}</Arn>${userId}</User><IsTruncated>false</IsTruncated>`;
    return response.end(`<R><${result}>${content}</${result}></R>`);
  });
  let date: Date | undefined;
  let userId = "";
  let stsAnswers: [number, string] | undefined;
  const login = { accessKeyId: "AKIASAFETY0000000001", secretAccessKey: "secret of the login" };
  const user = { partition: "aws", accountId: "123456789012", userName: "ci" };
  const iam = () => connect(user, "us-east-1", { credentials: { login }, connection: {} });
  before(async () => {
    await once(server.listen(0, "127.0.0.1"), "listening");
    process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    [date, userId, stsAnswers] = [undefined, "", undefined];
  });
  after(() => {
    if (endpoint === undefined) delete process.env.AWS_ENDPOINT_URL;
    else process.env.AWS_ENDPOINT_URL = endpoint;
    server.close();
    server.closeAllConnections();
  });

  it("without content says nothing: not that there are no keys, nor who anybody is, nor that a key works", async () => {
    await assert.rejects(iam().getUser(), { kind: "doubtful" });
    await assert.rejects(iam().listAccessKeys(), { kind: "doubtful" });
    await assert.rejects(iam().callerAccount(), { kind: "doubtful" });
    assert.equal((await iam().tryKey(login)).accepted, false);
  });

  it("tells the time, wherever the machine's clock stands", async () => {
    userId = "<UserId>AIDA1</UserId>";
    const minutesOff = async () => {
      await iam().getUser();
      return Math.round((iam().time().getTime() - Date.now()) / 60_000);
    };
    date = new Date(Date.now() - 40 * 86_400_000);
    assert.equal(await minutesOff(), -40 * 24 * 60);
    date = new Date(Date.now() + 7 * 60_000);
    assert.equal(await minutesOff(), 7);
    // In whole seconds, and some time ago: a clock that is as near as that is right.
    date = new Date(Date.now() - 900);
    await iam().getUser();
    assert.ok(Math.abs(iam().time().getTime() - Date.now()) < 100);
  });

  const trials: [string, number, string, object][] = [
    ["that nobody may call it is of a key that AWS knows", 403, "AccessDenied", { accepted: true }],
    ["that it knows no such key says so", 403, "InvalidClientTokenId", { accepted: false, wrongSecret: false }],
    ["that the secret is not its own says so", 403, "SignatureDoesNotMatch", { accepted: false, wrongSecret: true }],
    ["that something failed says nothing of the key", 503, "ServiceUnavailable", { accepted: false, unasked: true }],
    ["that calls are too many says nothing of it either", 400, "Throttling", { accepted: false, unasked: true }],
  ];
  for (const [title, status, code, expected] of trials) {
    it(`to a trial, ${title}`, async () => {
      stsAnswers = [status, code];
      const trial = await iam().tryKey(login);
      assert.deepEqual({ ...trial, ...expected }, trial);
      assert.equal("unasked" in trial, "unasked" in expected);
    });
  }

  it("names the key that signs", async () => assert.equal(await iam().signer(), login.accessKeyId));
});

it("of what AWS quotes on a wrong signature the first line is kept, and no session token", () => {
  const quoted = "The signature does not match x-amz-security-token:TOKEN\n\n'POST\nx-amz-security-token:TOKEN'";
  const error = Object.assign(new Error(quoted), { name: "SignatureDoesNotMatch", $metadata: { httpStatusCode: 403 } });
  assert.equal(toIamError("iam:GetUser", error).message.trim(), "The signature does not match");
});
