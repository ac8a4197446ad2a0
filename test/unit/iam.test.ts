import assert from "node:assert/strict";
import { inspect } from "node:util";
import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  GetUserCommand,
  IAMClient,
  ListAccessKeysCommand,
  TagUserCommand,
} from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { type AwsClientStub, mockClient } from "aws-sdk-client-mock";
import { connect } from "../../provider/aws/iam";
import type { IamError } from "../../provider/model/errors";

const USER = { partition: "aws", accountId: "123456789012", userName: "deployer" };
const ARN = "arn:aws:iam::123456789012:user/ci/deployer";
const LOGIN = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "secret of the login" };
const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const DEEP = { depth: null, showHidden: true };
const REPLY = { UserName: "deployer", Status: "Active" as const };

/** An error as the SDK throws it for an answer of AWS. */
function answer(name: string, status: number, message = `${name}, in AWS's words`): Error {
  const error = Object.assign(new Error(message), { $metadata: { httpStatusCode: status }, $fault: "client" });
  error.name = name;
  return error;
}

describe("the calls to AWS", () => {
  // Made in a hook: from then on they catch the clients of the whole process, other test files' too.
  let iamMock: AwsClientStub<IAMClient>;
  let stsMock: AwsClientStub<STSClient>;
  const iam = connect(USER, "us-east-1", { credentials: { login: LOGIN }, connection: {} });
  const sent = () => [...iamMock.calls(), ...stsMock.calls()].map(({ args }) => args[0].input);

  before(() => {
    iamMock = mockClient(IAMClient);
    stsMock = mockClient(STSClient);
  });
  beforeEach(() => {
    iamMock.reset();
    stsMock.reset();
  });
  after(() => {
    iamMock.restore();
    stsMock.restore();
  });

  it("getUser asks by name, and returns the id that is never used again", async () => {
    iamMock.on(GetUserCommand).resolves({
      User: { UserId: "AIDA1", Arn: ARN, UserName: "deployer", Path: "/ci/", CreateDate: new Date(0) },
    });
    const user = await iam.getUser();
    assert.deepEqual([user.userId, user.arn], ["AIDA1", ARN]);
    assert.deepEqual(sent(), [{ UserName: "deployer" }]);
  });

  for (const [title, Tags, journal] of [
    ["without tags there is none", undefined, undefined],
    [
      "among other tags",
      [
        { Key: "team", Value: "x" },
        { Key: "pulumi-aws-iam-rotator", Value: "v1" },
      ],
      "v1",
    ],
    ["in the case of its first writing", [{ Key: "Pulumi-AWS-IAM-Rotator", Value: "v1" }], "v1"],
    ["empty is not absent", [{ Key: "pulumi-aws-iam-rotator", Value: "" }], ""],
  ] as const) {
    it(`getUser reads the journal's tag: ${title}`, async () => {
      iamMock.on(GetUserCommand).resolves({ User: { UserId: "AIDA1", Arn: ARN, Tags } } as object);
      assert.equal((await iam.getUser()).journal, journal);
    });
  }

  it("writeJournal writes its one tag, and no other", async () => {
    iamMock.on(TagUserCommand).resolves({});
    await iam.writeJournal("v1 open");
    assert.deepEqual(sent(), [{ UserName: "deployer", Tags: [{ Key: "pulumi-aws-iam-rotator", Value: "v1 open" }] }]);
  });

  it("lastUse tells when and where, or that it never was, and fails where it may not be asked", async () => {
    const used = { LastUsedDate: new Date("2026-11-01"), ServiceName: "s3", Region: "eu-west-1" };
    iamMock
      .on(GetAccessKeyLastUsedCommand)
      .resolvesOnce({ AccessKeyLastUsed: used })
      .resolvesOnce({ AccessKeyLastUsed: { LastUsedDate: undefined, ServiceName: "N/A", Region: "N/A" } })
      .rejects(answer("AccessDenied", 403));
    assert.deepEqual(await iam.lastUse("A"), { at: "2026-11-01T00:00:00Z", service: "s3", region: "eu-west-1" });
    assert.equal(await iam.lastUse("A"), undefined);
    await assert.rejects(iam.lastUse("A"), { kind: "denied", action: "iam:GetAccessKeyLastUsed" });
  });

  it("listAccessKeys reads all pages, and sorts oldest first", async () => {
    const metadata = (AccessKeyId: string, date: string, Status: "Active" | "Inactive" = "Active") => ({
      ...REPLY,
      AccessKeyId,
      Status,
      CreateDate: new Date(date),
    });
    const asked: unknown[] = [];
    const pages: Record<string, object> = {
      first: {
        AccessKeyMetadata: [metadata("C", "2026-11-03"), metadata("A", "2026-11-01T01:02:03.999Z", "Inactive")],
        Marker: "second",
      },
      second: { AccessKeyMetadata: [], Marker: "third" },
      third: { AccessKeyMetadata: [metadata("B", "2026-11-02")] },
    };
    iamMock.on(ListAccessKeysCommand).callsFake(({ UserName, Marker = "first" }) => {
      asked.push([UserName, Marker]);
      return pages[Marker];
    });
    assert.deepEqual(await iam.listAccessKeys(), [
      { accessKeyId: "A", status: "Inactive", createdAt: "2026-11-01T01:02:03Z" },
      { accessKeyId: "B", status: "Active", createdAt: "2026-11-02T00:00:00Z" },
      { accessKeyId: "C", status: "Active", createdAt: "2026-11-03T00:00:00Z" },
    ]);
    assert.deepEqual(asked, [
      ["deployer", "first"],
      ["deployer", "second"],
      ["deployer", "third"],
    ]);
  });

  it("listAccessKeys fails as a whole when a later page fails: half a list would look like deleted keys", async () => {
    iamMock
      .on(ListAccessKeysCommand)
      .resolvesOnce({ AccessKeyMetadata: [], IsTruncated: true, Marker: "next" })
      .rejects(answer("ServiceFailure", 500));
    await assert.rejects(iam.listAccessKeys(), { kind: "doubtful", action: "iam:ListAccessKeys" });
  });

  it("listAccessKeys takes a key without a status for one that does not work", async () => {
    iamMock.on(ListAccessKeysCommand).resolves({ AccessKeyMetadata: [{ UserName: "deployer", AccessKeyId: "A" }] });
    const [key] = await iam.listAccessKeys();
    assert.deepEqual([key?.accessKeyId, key?.status], ["A", "Inactive"]);
  });

  it("createAccessKey names the user, and returns the secret and the date in whole seconds", async () => {
    iamMock.on(CreateAccessKeyCommand).resolves({
      AccessKey: { ...REPLY, AccessKeyId: "A", SecretAccessKey: SECRET, CreateDate: new Date("2026-11-01T00:00:00Z") },
    });
    assert.deepEqual(await iam.createAccessKey(), {
      accessKeyId: "A",
      secretAccessKey: SECRET,
      createdAt: "2026-11-01T00:00:00Z",
    });
    assert.deepEqual(sent(), [{ UserName: "deployer" }]);
  });

  it("createAccessKey dates a key itself if AWS does not", async () => {
    iamMock.on(CreateAccessKeyCommand).resolves({ AccessKey: { ...REPLY, AccessKeyId: "A", SecretAccessKey: SECRET } });
    assert.match((await iam.createAccessKey()).createdAt, /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  const incomplete: [string, object | undefined][] = [
    ["key", undefined],
    ["secret", { ...REPLY, AccessKeyId: "A" }],
    ["id", { ...REPLY, SecretAccessKey: SECRET }],
  ];
  for (const [missing, AccessKey] of incomplete) {
    it(`createAccessKey: a reply without the ${missing} is doubtful, and nothing of it is kept`, async () => {
      iamMock.on(CreateAccessKeyCommand).resolves({ AccessKey } as object);
      await assert.rejects(iam.createAccessKey(), (error: IamError) => {
        assert.equal(error.kind, "doubtful");
        assert.ok(!inspect(error, DEEP).includes(SECRET));
        return true;
      });
    });
  }

  it("deleteAccessKey names the user and the key", async () => {
    iamMock.on(DeleteAccessKeyCommand).resolves({});
    await iam.deleteAccessKey("A");
    assert.deepEqual(sent(), [{ UserName: "deployer", AccessKeyId: "A" }]);
  });

  it("callerAccount asks STS", async () => {
    stsMock.on(GetCallerIdentityCommand).resolves({ Account: "210987654321", Arn: ARN });
    assert.equal(await iam.callerAccount(), "210987654321");
  });

  it("tryKey signs with the key that it tries", async () => {
    let signer = "";
    stsMock.on(GetCallerIdentityCommand).callsFake(async (_input, getClient) => {
      signer = (await getClient().config.credentials()).accessKeyId;
      return { Arn: ARN };
    });
    const trial = await iam.tryKey({ accessKeyId: "A", secretAccessKey: SECRET });
    assert.deepEqual(trial, { accepted: true, arn: ARN });
    assert.equal(signer, "A");
  });

  for (const [code, wrongSecret] of [
    ["InvalidClientTokenId", false],
    ["SignatureDoesNotMatch", true],
  ] as const) {
    it(`tryKey tells ${code}: ${wrongSecret ? "the secret is wrong" : "perhaps not known yet"}`, async () => {
      stsMock.on(GetCallerIdentityCommand).rejects(answer(code, 403));
      const trial = await iam.tryKey({ accessKeyId: "A", secretAccessKey: SECRET });
      assert.ok(!trial.accepted);
      assert.deepEqual([trial.code, trial.wrongSecret], [code, wrongSecret]);
      assert.ok(!inspect(trial, DEEP).includes(SECRET));
    });
  }
});
