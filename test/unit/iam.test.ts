import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { CreateAccessKeyCommand, IAMClient } from "@aws-sdk/client-iam";
import { type AwsClientStub, mockClient } from "aws-sdk-client-mock";
import { connect } from "../../provider/aws/iam";
import { toIamError } from "../../provider/aws/iamErrors";
import type { IamError } from "../../provider/model/errors";

const ARN = "arn:aws:iam::123456789012:user/ci/deployer";
const LOGIN = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "secret of the login" };
const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

type Answer = string | [status: number, code: string];

/** `{ a: { b: "c" } }` as XML; a list repeats its element. */
function xml(content: object): string {
  return Object.entries(content)
    .flatMap(([name, inside]) => [inside].flat().map((one) => [name, one]))
    .map(([name, inside]) => `<${name}>${typeof inside === "string" ? inside : xml(inside)}</${name}>`)
    .join("");
}

// What emulators answer as well is in test/aws/standIns.test.ts, and what goes wrong on the way in iamWire.test.ts.
describe("the answers of AWS", () => {
  /** What is answered, by action; each in turn, and the last one from then on. */
  let answers: Record<string, Answer[]>;
  let sent: Record<string, string>[];
  let date: Date | undefined;
  const server = http.createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { Action = "", Version: _, ...params } = Object.fromEntries(new URLSearchParams(body));
    sent.push(params);
    const left = answers[Action] ?? [];
    const answer = (left.length > 1 ? left.shift() : left[0]) ?? "";
    if (date) response.setHeader("Date", date.toUTCString());
    if (typeof answer === "string") return response.end(`<R><${Action}Result>${answer}</${Action}Result></R>`);
    const [status, Code] = answer;
    response.statusCode = status;
    return response.end(xml({ ErrorResponse: { Error: { Type: "Sender", Code, Message: "no" } } }));
  });
  let iam: ReturnType<typeof connect>;
  before(async () => {
    await once(server.listen(0, "127.0.0.1"), "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const connection = { iamEndpoint: url, stsEndpoint: url, attempts: 1 };
    const user = { partition: "aws", accountId: "123456789012", userName: "deployer" };
    iam = connect(user, "us-east-1", { credentials: { login: LOGIN }, connection });
  });
  beforeEach(() => {
    [answers, sent, date] = [{}, [], undefined];
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  const user = (more: object = {}) => [xml({ User: { UserId: "AIDA1", Arn: ARN, ...more } })];
  const tags = (...pairs: string[][]) => ({ Tags: { member: pairs.map(([Key, Value]) => ({ Key, Value })) } });

  it("without content say nothing: not that there are no keys, nor who anybody is, nor that a key works", async () => {
    answers.GetUser = [xml({ User: { Arn: ARN } })];
    answers.ListAccessKeys = [xml({ IsTruncated: "false" })];
    for (const asked of [iam.getUser(), iam.listAccessKeys(), iam.callerAccount()])
      await assert.rejects(asked, { kind: "doubtful" });
    assert.equal((await iam.tryKey(LOGIN)).accepted, false);
  });

  it("getUser asks by name, and returns the id that is never used again", async () => {
    answers.GetUser = user();
    assert.deepEqual(await iam.getUser(), { userId: "AIDA1", arn: ARN });
    assert.deepEqual(sent, [{ UserName: "deployer" }]);
  });

  for (const [title, given, journal] of [
    ["among other tags", tags(["team", "x"], ["pulumi-aws-iam-rotator", "v1"]), "v1"],
    ["in the case of its first writing", tags(["Pulumi-AWS-IAM-Rotator", "v1"]), "v1"],
    ["empty is not absent", tags(["pulumi-aws-iam-rotator", ""]), ""],
  ] as const) {
    it(`getUser reads the journal's tag: ${title}`, async () => {
      answers.GetUser = user(given);
      assert.equal((await iam.getUser()).journal, journal);
    });
  }

  it("writeJournal writes its one tag, and no other", async () => {
    await iam.writeJournal("v1 open");
    const tag = { "Tags.member.1.Key": "pulumi-aws-iam-rotator", "Tags.member.1.Value": "v1 open" };
    assert.deepEqual(sent, [{ UserName: "deployer", ...tag }]);
  });

  it("lastUse tells when and where, or that it never was, and fails where it may not be asked", async () => {
    const used = (AccessKeyLastUsed: object) => xml({ AccessKeyLastUsed });
    answers.GetAccessKeyLastUsed = [
      used({ LastUsedDate: "2026-11-01T00:00:00Z", ServiceName: "s3", Region: "eu-west-1" }),
      used({ ServiceName: "N/A", Region: "N/A" }),
      [403, "AccessDenied"],
    ];
    assert.deepEqual(await iam.lastUse("A"), { at: "2026-11-01T00:00:00Z", service: "s3", region: "eu-west-1" });
    assert.equal(await iam.lastUse("A"), undefined);
    await assert.rejects(iam.lastUse("A"), { kind: "denied", action: "iam:GetAccessKeyLastUsed" });
  });

  const page = (Marker: string, ...member: object[]) =>
    xml({ AccessKeyMetadata: { member }, IsTruncated: String(Marker !== ""), ...(Marker && { Marker }) });

  it("listAccessKeys reads all pages, and sorts oldest first; a key without a status is one that does not work", async () => {
    answers.ListAccessKeys = [
      page(
        "second",
        { AccessKeyId: "C", Status: "Active", CreateDate: "2026-11-03T00:00:00Z" },
        { AccessKeyId: "A", CreateDate: "2026-11-01T01:02:03Z" },
      ),
      page("third"),
      page("", { AccessKeyId: "B", Status: "Active", CreateDate: "2026-11-02T00:00:00Z" }),
    ];
    assert.deepEqual(await iam.listAccessKeys(), [
      { accessKeyId: "A", status: "Inactive", createdAt: "2026-11-01T01:02:03Z" },
      { accessKeyId: "B", status: "Active", createdAt: "2026-11-02T00:00:00Z" },
      { accessKeyId: "C", status: "Active", createdAt: "2026-11-03T00:00:00Z" },
    ]);
    const UserName = "deployer";
    assert.deepEqual(sent, [{ UserName }, { UserName, Marker: "second" }, { UserName, Marker: "third" }]);
  });

  it("listAccessKeys fails as a whole when a later page fails: half a list would look like deleted keys", async () => {
    answers.ListAccessKeys = [page("next"), [500, "ServiceFailure"]];
    await assert.rejects(iam.listAccessKeys(), { kind: "doubtful", action: "iam:ListAccessKeys" });
  });

  it("tell the time, wherever the machine's clock stands", async () => {
    answers.GetUser = user();
    const DAY = 86_400_000;
    // In whole seconds, and some time ago: a clock that is as near as that is right.
    for (const [off, taken] of [[-40 * DAY], [7 * 60_000], [-900, 0]] as [number, number?][]) {
      date = new Date(Date.now() + off);
      await iam.getUser();
      const differs = iam.time().getTime() - Date.now() - (taken ?? off);
      assert.ok(Math.abs(differs) < (taken === 0 ? 100 : 30_000), `${off}: ${differs}`);
    }
  });

  const trials: [string, Answer, object][] = [
    ["that nobody may call it is of a key that AWS knows", [403, "AccessDenied"], { accepted: true }],
    ["that it knows no such key", [403, "InvalidClientTokenId"], { accepted: false, wrongSecret: false }],
    ["that the secret is not its own", [403, "SignatureDoesNotMatch"], { accepted: false, wrongSecret: true }],
    ["that something failed says nothing of the key", [503, "ServiceUnavailable"], { accepted: false, unasked: true }],
    ["that calls are too many says nothing of it either", [400, "Throttling"], { accepted: false, unasked: true }],
  ];
  for (const [title, answer, expected] of trials) {
    it(`to a trial, ${title}`, async () => {
      answers.GetCallerIdentity = [answer];
      const trial = await iam.tryKey({ accessKeyId: "A", secretAccessKey: SECRET });
      assert.deepEqual({ ...trial, ...expected }, trial);
      assert.equal("unasked" in trial, "unasked" in expected);
      assert.ok(!inspect(trial, { depth: null, showHidden: true }).includes(SECRET));
    });
  }

  it("name the key that signs", async () => assert.equal(await iam.signer(), LOGIN.accessKeyId));
});

it("of what AWS quotes on a wrong signature the first line is kept, and no session token", () => {
  const quoted = "The signature does not match x-amz-security-token:TOKEN\n\n'POST\nx-amz-security-token:TOKEN'";
  const error = Object.assign(new Error(quoted), { name: "SignatureDoesNotMatch", $metadata: { httpStatusCode: 403 } });
  assert.equal(toIamError("iam:GetUser", error).message.trim(), "The signature does not match");
});

describe("createAccessKey, by the SDK's client", () => {
  // Made in a hook: from then on it catches the clients of the whole process, other test files' too.
  let mock: AwsClientStub<IAMClient>;
  before(() => {
    mock = mockClient(IAMClient);
  });
  beforeEach(() => {
    mock.reset();
  });
  after(() => {
    mock.restore();
  });
  const user = { partition: "aws", accountId: "123456789012", userName: "deployer" };
  const iam = connect(user, "us-east-1", { credentials: { login: LOGIN }, connection: {} });

  it("asks once, by name, and dates a key itself if AWS does not", async () => {
    mock.on(CreateAccessKeyCommand).resolves({ AccessKey: { AccessKeyId: "A", SecretAccessKey: SECRET } } as object);
    const { createdAt, ...pair } = await iam.createAccessKey();
    assert.deepEqual(pair, { accessKeyId: "A", secretAccessKey: SECRET });
    assert.match(createdAt, /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual(
      mock.commandCalls(CreateAccessKeyCommand).map(({ args }) => args[0].input),
      [{ UserName: "deployer" }],
    );
  });

  for (const [missing, reply] of [
    ["key", {}],
    ["secret", { AccessKey: { AccessKeyId: "A" } }],
    ["id", { AccessKey: { SecretAccessKey: SECRET } }],
  ] as const) {
    it(`takes a reply without the ${missing} for doubtful, and keeps nothing of it`, async () => {
      mock.on(CreateAccessKeyCommand).resolves(reply as object);
      await assert.rejects(iam.createAccessKey(), (error: IamError) => {
        assert.ok(!inspect(error, { depth: null, showHidden: true }).includes(SECRET));
        return error.kind === "doubtful";
      });
    });
  }
});
