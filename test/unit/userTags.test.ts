import assert from "node:assert/strict";
import { mock } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { JOURNAL_TAG } from "../../provider/model/journal";
import { userTags } from "../../provider/program/userTags";

/** The tags, or why there are none. */
const settled = (tags: ReturnType<typeof userTags>) =>
  (pulumi.output(tags) as unknown as { promise(): Promise<Record<string, string>> }).promise();

describe("the tags that a RotatedUser gives to its user", () => {
  it("are those that are given, and one of its own where there are none", async () => {
    assert.deepEqual(await settled(userTags("ci", { team: "a" })), { team: "a" });
    for (const none of [undefined, {}, pulumi.output({}), Promise.resolve(undefined as never)]) {
      assert.deepEqual(await settled(userTags("ci", none)), { "rotated-by": JOURNAL_TAG });
    }
  });

  it("stay known one by one, beside one that a preview can't know", () => {
    const late = pulumi.output(Promise.resolve("x"));
    const { team, stage } = userTags("ci", { team: "a", stage: late }) as Record<string, unknown>;
    assert.equal(team, "a");
    assert.ok(pulumi.Output.isInstance(stage));
  });

  for (const [what, tags, message] of [
    ["an empty value", { team: "" }, /^RotatedUser ci: the tag team has an empty value\./],
    ["the journal's own tag", { [JOURNAL_TAG]: "x" }, /^RotatedUser ci: the tag pulumi-aws-iam-rotator is the one/],
    ["that tag in capitals", { "Pulumi-AWS-IAM-Rotator": "x" }, /^RotatedUser ci: the tag Pulumi-AWS-IAM-Rotator is/],
  ] as const) {
    it(`${what} is refused: at once, or as soon as it is known`, async () => {
      const refused = (error: unknown) => pulumi.RunError.isInstance(error) && message.test(error.message);
      assert.throws(() => userTags("ci", tags), refused);
      // An error in an output would leave the user out. What is no text is refused by the check of the AWS provider.
      const told = mock.method(pulumi.log, "error", async () => {});
      const [key = "", value] = Object.entries(tags)[0] ?? [];
      assert.deepEqual(await settled(userTags("ci", pulumi.output(Promise.resolve(tags)))), { [key]: {} });
      const mixed = { other: "a", [key]: pulumi.output(Promise.resolve(value as string)) };
      assert.deepEqual(await settled(userTags("ci", mixed)), { other: "a", [key]: {} });
      const said = told.mock.calls.map((call) => String((call.arguments as unknown[])[0]));
      mock.restoreAll();
      assert.deepEqual(
        said.map((line) => message.test(line)),
        [true, true],
        said.join(),
      );
    });
  }
});
