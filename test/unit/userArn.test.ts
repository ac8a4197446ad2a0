import assert from "node:assert/strict";
import { parseUserArn, partitionOf, regionFor, userArnProblem } from "../../provider/model/userArn";

const user = (partition: string) => ({ partition, accountId: "123456789012", userName: "ci" });

describe("parseUserArn", () => {
  const names: [string, string][] = [
    ["ci", "ci"],
    ["a/b/ci", "ci"],
    ["division_abc/sub:division/!~/ci", "ci"],
    ["x+=,.@_-9", "x+=,.@_-9"],
    ["n".repeat(64), "n".repeat(64)],
  ];
  for (const [resource, userName] of names) {
    it(`user/${resource}: the name is what follows the last slash`, () => {
      const expected = { partition: "aws", accountId: "123456789012", userName };
      assert.deepEqual(parseUserArn(`arn:aws:iam::123456789012:user/${resource}`), expected);
    });
  }

  for (const partition of ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-eusc"]) {
    it(`reads the partition ${partition}`, () => {
      assert.deepEqual(parseUserArn(`arn:${partition}:iam::123456789012:user/ci`), user(partition));
    });
  }

  const malformed = [
    "",
    "ci",
    "arn:aws:iam::123456789012:user",
    "arn:aws:iam::123456789012:user/",
    "arn:aws:iam::123456789012:user/ci/",
    "arn:aws:iam::123456789012:user/c i",
    "arn:aws:iam::123456789012:user/c*",
    "arn:aws:iam::123456789012:user/a b/ci",
    "arn:aws:iam::1234567890123:user/ci",
    "arn:aws:iam::aws:user/ci",
    "arn:aws:iam:us-east-1:123456789012:user/ci",
    "arn:aws:s3:::bucket/user/ci",
    "arn:gcp:iam::123456789012:user/ci",
    `arn:aws:iam::123456789012:user/${"n".repeat(65)}`,
  ];
  for (const arn of malformed) {
    it(`refuses ${JSON.stringify(arn)}`, () => {
      assert.equal(parseUserArn(arn), undefined);
      assert.match(userArnProblem(arn) ?? "", /^is not the ARN of an IAM user, for example arn:/);
    });
  }

  for (const arn of [" arn:aws:iam::123456789012:user/ci", "arn:aws:iam::123456789012:user/ci\n"]) {
    it(`refuses ${JSON.stringify(arn)}, and says that white space is wrong with it`, () => {
      assert.equal(parseUserArn(arn), undefined);
      assert.match(userArnProblem(arn) ?? "", /^has white space/);
    });
  }

  it("takes no more than linear time on a long and wrong path", () => {
    const started = Date.now();
    assert.equal(parseUserArn(`arn:aws:iam::123456789012:user/${"a/".repeat(20_000)} `), undefined);
    assert.ok(Date.now() - started < 1_000);
  });
});

describe("userArnProblem", () => {
  const table: [string, RegExp | undefined][] = [
    ["arn:aws:iam::123456789012:user/ci", undefined],
    [
      "arn:aws:iam::123456789012:root",
      /^is the account's root user, whose keys can't be rotated here; give an IAM user's/,
    ],
    ["arn:aws-cn:iam::123456789012:root", /^is the account's root user/],
    [
      "arn:aws:iam::123456789012:role/ci",
      /^is the ARN of a role, which has no access keys; give an IAM user's ARN, for ex/,
    ],
    ["arn:aws:iam::123456789012:group/ci", /^is the ARN of a group/],
    ["arn:aws:sts::123456789012:assumed-role/ci/session", /assumed-role, which has no access keys/],
    ["arn:aws:sts::123456789012:federated-user/ci", /^is the ARN of a federated-user/],
  ];
  for (const [arn, expected] of table) {
    it(`${arn}: ${expected ? "says what it is instead" : "no problem"}`, () => {
      if (expected) assert.match(userArnProblem(arn) ?? "", expected);
      else assert.equal(userArnProblem(arn), undefined);
    });
  }
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

  const homes: [string, string][] = [
    ["aws", "us-east-1"],
    ["aws-cn", "cn-north-1"],
    ["aws-us-gov", "us-gov-west-1"],
    ["aws-iso", "us-iso-east-1"],
    ["aws-iso-b", "us-isob-east-1"],
    ["aws-iso-e", "eu-isoe-west-1"],
    ["aws-iso-f", "us-isof-south-1"],
    ["aws-eusc", "eusc-de-east-1"],
  ];
  for (const [partition, home] of homes) {
    it(`without a fitting region: that of the IAM of ${partition}, which lies in it`, () => {
      const other = partition === "aws" ? "cn-north-1" : "eu-west-1";
      assert.equal(regionFor(user(partition), other, undefined), home);
      assert.equal(partitionOf(home), partition);
    });
  }
});
