import assert from "node:assert/strict";
import { parseUserArn, partitionOf, regionFor, userArnProblem } from "../../provider/model/userArn";

const user = (partition: string) => ({ partition, accountId: "123456789012", userName: "ci" });
const PREFIX = "arn:aws:iam::123456789012:";

describe("a user's ARN", () => {
  for (const [resource, userName] of [
    ["ci", "ci"],
    ["a/b/ci", "ci"],
    ["division_abc/sub:division/!~/ci", "ci"],
    ["x+=,.@_-9", "x+=,.@_-9"],
    ["n".repeat(64), "n".repeat(64)],
  ]) {
    it(`user/${resource}: the name is what follows the last slash`, () => {
      const arn = `${PREFIX}user/${resource}`;
      assert.deepEqual(parseUserArn(arn), { partition: "aws", accountId: "123456789012", userName });
      assert.equal(userArnProblem(arn), undefined);
    });
  }

  for (const [what, expected, ...arns] of [
    [
      "malformed",
      /^is not the ARN of an IAM user, for example arn:/,
      ...["", "ci", "arn:aws:s3:::bucket/user/ci", "arn:gcp:iam::123456789012:user/ci"],
      ...["user", "user/", "user/ci/", "user/c i", "user/c*", "user/a b/ci", `user/${"n".repeat(65)}`].map(
        (resource) => PREFIX + resource,
      ),
      ...["iam::1234567890123", "iam::12345678901", "iam::aws", "iam:us-east-1:123456789012"].map(
        (account) => `arn:aws:${account}:user/ci`,
      ),
    ],
    ["with white space around it", /^has white space/, ` ${PREFIX}user/ci`, `${PREFIX}user/ci\n`],
    ["the root user's", /^is the account's root user/, `${PREFIX}root`, "arn:aws-cn:iam::123456789012:root"],
    ["a role's", /^is the ARN of a role, which has no access keys/, `${PREFIX}role/ci`],
    ["a group's", /^is the ARN of a group/, `${PREFIX}group/ci`],
    ["a session's", /^is the ARN of an assumed-role/, "arn:aws:sts::123456789012:assumed-role/ci/session"],
    ["a federated user's", /^is the ARN of a federated-user/, "arn:aws:sts::123456789012:federated-user/ci"],
  ] as [string, RegExp, ...string[]][]) {
    it(`is refused if it is ${what}`, () => {
      for (const arn of arns) {
        assert.equal(parseUserArn(arn), undefined, arn);
        assert.match(userArnProblem(arn) ?? "", expected, arn);
      }
    });
  }

  it("takes no more than linear time on a long and wrong path", () => {
    const started = Date.now();
    assert.equal(parseUserArn(`${PREFIX}user/${"a/".repeat(20_000)} `), undefined);
    assert.ok(Date.now() - started < 1_000);
  });
});

describe("partitionOf", () => {
  const table: [string, string][] = [
    ["us-east-1", "aws"],
    ["eu-central-2", "aws"],
    ["mx-central-1", "aws"],
    ["cn-northwest-1", "aws-cn"],
    ["us-gov-west-1", "aws-us-gov"],
    ["us-iso-west-1", "aws-iso"],
    ["us-isob-east-1", "aws-iso-b"],
    ["eu-isoe-west-1", "aws-iso-e"],
    ["us-isof-south-1", "aws-iso-f"],
    ["eusc-de-east-1", "aws-eusc"],
  ];
  for (const [region, partition] of table) {
    it(`${region} lies in ${partition}`, () => assert.equal(partitionOf(region), partition));
  }
});

describe("regionFor", () => {
  it("takes the first that is given", () => {
    assert.equal(regionFor(user("aws"), undefined, "", "eu-west-1", "us-west-2"), "eu-west-1");
  });
  it("passes over regions of another partition: the stack may be in one, its users in another", () => {
    assert.equal(regionFor(user("aws-cn"), undefined, "eu-west-1", "cn-northwest-1"), "cn-northwest-1");
  });

  for (const [partition, home] of [
    ["aws", "us-east-1"],
    ["aws-cn", "cn-north-1"],
    ["aws-us-gov", "us-gov-west-1"],
    ["aws-iso", "us-iso-east-1"],
    ["aws-iso-b", "us-isob-east-1"],
    ["aws-iso-e", "eu-isoe-west-1"],
    ["aws-iso-f", "us-isof-south-1"],
    ["aws-eusc", "eusc-de-east-1"],
  ] as const) {
    it(`without a fitting region: that of the IAM of ${partition}, which lies in it`, () => {
      const arn = parseUserArn(`arn:${partition}:iam::123456789012:user/ci`);
      assert.deepEqual(arn, user(partition));
      assert.equal(regionFor(user(partition), partition === "aws" ? "cn-north-1" : "eu-west-1", undefined), home);
      assert.equal(partitionOf(home), partition);
    });
  }
});
