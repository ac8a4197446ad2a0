import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "../../provider/aws/iam";
import { toIamError } from "../../provider/aws/iamErrors";
import { userArn } from "../support/stage";

describe("an answer of AWS without content", () => {
  const endpoint = process.env.AWS_ENDPOINT_URL;
  const server = http.createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const result = `${/Action=(\w+)/.exec(body)?.[1]}Result`;
    response.end(`<R><${result}><User><Arn>${userArn}</Arn></User><IsTruncated>false</IsTruncated></${result}></R>`);
  });
  before(async () => {
    await once(server.listen(0, "127.0.0.1"), "listening");
    process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    if (endpoint === undefined) delete process.env.AWS_ENDPOINT_URL;
    else process.env.AWS_ENDPOINT_URL = endpoint;
    server.close();
    server.closeAllConnections();
  });

  it("says nothing: not that there are no keys, nor who anybody is, nor that a key works", async () => {
    const login = { accessKeyId: "AKIASAFETY0000000001", secretAccessKey: "secret of the login" };
    const user = { partition: "aws", accountId: "123456789012", userName: "ci" };
    const iam = connect(user, "us-east-1", { credentials: { login }, connection: {} });
    await assert.rejects(iam.getUser(), { kind: "doubtful" });
    await assert.rejects(iam.listAccessKeys(), { kind: "doubtful" });
    await assert.rejects(iam.callerAccount(), { kind: "doubtful" });
    assert.equal((await iam.tryKey(login)).accepted, false);
  });
});

it("of what AWS quotes on a wrong signature the first line is kept, and no session token", () => {
  const quoted = "The signature does not match x-amz-security-token:TOKEN\n\n'POST\nx-amz-security-token:TOKEN'";
  const error = Object.assign(new Error(quoted), { name: "SignatureDoesNotMatch", $metadata: { httpStatusCode: 403 } });
  assert.equal(toIamError("iam:GetUser", error).message.trim(), "The signature does not match");
});
