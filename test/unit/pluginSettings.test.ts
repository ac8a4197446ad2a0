import assert from "node:assert/strict";

import pb = require("@pulumi/pulumi/proto/provider_pb");

import { awsSettingsOf } from "../../provider/plugin/component";
import { plainBag } from "../../provider/plugin/wire";

/** What a RotatedUser's keys are rotated with. */
function settingsFor(config: Record<string, string>, providers: string[] = [], inputs = {}): unknown {
  const request = new pb.ConstructRequest();
  request.setName("deploy");
  for (const [name, value] of Object.entries(config)) request.getConfigMap().set(name, value);
  for (const name of providers) request.getProvidersMap().set(name, `urn::${name}::id`);
  return plainBag(awsSettingsOf(request, inputs)).awsProvider;
}

describe("who rotates the keys of a RotatedUser of the plugin", () => {
  const stack = {
    "aws:profile": "maker",
    "aws:region": "eu-west-1",
    "aws:allowedAccountIds": '["123456789012"]',
    "aws:skipCredentialsValidation": "true",
  };
  const stacks = { profile: "maker", region: "eu-west-1", allowedAccountIds: '["123456789012"]' };

  it("is who makes the user, by the stack's aws:* configuration", () => {
    assert.deepEqual(settingsFor(stack), stacks);
    assert.equal(settingsFor({ "aws-native:region": "eu-west-1" }), undefined);
  });

  it("is the same with settings of this package that name no signer; they count beside the stack's", () => {
    const own = { maxRetries: "3", endpoints: '[{"iam":"http://x"}]', region: "eu-central-1" };
    for (const [name, value] of Object.entries(own))
      assert.deepEqual(settingsFor({ ...stack, [`aws-iam-rotator:${name}`]: value }), { ...stacks, [name]: value });
    assert.deepEqual(settingsFor({ ...stack, "aws-iam-rotator:profile": "" }), stacks);
  });

  it("is another with one that does, and in the accounts that the stack allows", () => {
    const { profile: _, ...rest } = stacks;
    const signers = {
      accessKey: "AKIA",
      profile: "rotator",
      assumeRole: '{"roleArn":"arn:aws:iam::123456789012:role/ci"}',
      sharedCredentialsFiles: '["~/.aws/rotator"]',
    };
    for (const [name, value] of Object.entries(signers))
      assert.deepEqual(settingsFor({ ...stack, [`aws-iam-rotator:${name}`]: value }), { ...rest, [name]: value });
  });

  it("is told by an explicit provider of this package, and guessed beside none of AWS's", () => {
    assert.equal(settingsFor(stack, ["aws", "aws-iam-rotator"]), undefined);
    assert.throws(() => settingsFor({ "aws-iam-rotator:maxRetries": "3" }, ["aws"]), /can't be read here/);
    assert.equal(settingsFor({ "aws-iam-rotator:profile": "rotator" }, ["aws"]), undefined);
    assert.equal(settingsFor(stack, ["aws"], { login: {} }), undefined);
  });
});
