import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { RotatedAccessKey } from "../../provider/program/rotatedAccessKey";
import { RotatedUser } from "../../provider/program/rotatedUser";

const userArn = "arn:aws:iam::123456789012:user/ci/deploy";
const current = { accessKeyId: "AKIAOLD0000000000000", secretAccessKey: "secret-to-adopt" };

/** What plain JavaScript may pass, and what types refuse. */
function refusal(make: () => unknown): string {
  let told = "";
  assert.throws(make, (error: Error) => {
    told = error.message;
    return pulumi.RunError.isInstance(error);
  });
  assert.doesNotMatch(told, /secret-to-adopt|AKIA/);
  return told;
}

describe("a name that is no input, from plain JavaScript", () => {
  let registered: string[] = [];
  beforeEach(async () => {
    registered = [];
    const newResource = ({ type, name, inputs }: pulumi.runtime.MockResourceArgs) => {
      registered.push(type);
      return { id: name, state: inputs };
    };
    await pulumi.runtime.setMocks({ call: () => ({}), newResource });
  });

  for (const other of ["current", "previous", "currentAccessKeyId", "journalOwner", "awsProvider", "__provider"]) {
    it(`${other}, which the class uses itself, is refused by its name`, async () => {
      const make = (value: unknown) =>
        new RotatedAccessKey("ci", { userArn, state: { current }, [other]: value } as never);
      for (const value of [current, pulumi.secret(current), null]) {
        const told = refusal(() => make(value));
        assert.match(told, new RegExp(`^RotatedAccessKey ci: .* ${other}; `));
      }
      make(undefined);
    });
  }

  it("any is refused by a RotatedUser, before it makes a user", async () => {
    const make = (args: object) => () => new RotatedUser("deploy", args as never);
    assert.match(refusal(make({ userArn })), /^RotatedUser deploy: .* userArn; /);
    assert.match(refusal(make({ current, name: "ci" })), /^RotatedUser deploy: .* current, name; /);
    assert.match(refusal(make({ user: pulumi.output({ name: "ci" }) })), /^RotatedUser deploy, user: /);
    assert.match(refusal(make({ user: "ci" })), /^RotatedUser deploy, user: /);
    await new Promise(setImmediate);
    assert.deepEqual(registered, []);
  });

  it("what is no object of inputs is refused", () => {
    for (const args of ["ci", pulumi.output({ userArn }), Promise.resolve({ userArn }), undefined, null]) {
      const key = () => new RotatedAccessKey("ci", args as never);
      assert.match(refusal(key), /^RotatedAccessKey ci: .*userArn/);
      const user = () => new RotatedUser("ci", args as never);
      if (args) assert.match(refusal(user), /^RotatedUser ci: .*user/);
    }
  });
});
