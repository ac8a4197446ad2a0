import assert from "node:assert/strict";
import { mock } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { JOURNAL_TAG } from "../../provider/model/journal";
import { userTags } from "../../provider/program/userTags";
import { settled } from "../harness/outputs";

const tagsOf = (tags: ReturnType<typeof userTags>) => settled(pulumi.output(tags));

describe("the tags that a RotatedUser gives to its user", () => {
  it("are those that are given, and one of its own where there are none", async () => {
    assert.deepEqual(await tagsOf(userTags("ci", { team: "a" })), { team: "a" });
    for (const none of [undefined, {}, pulumi.output({}), Promise.resolve(undefined as never)]) {
      assert.deepEqual(await tagsOf(userTags("ci", none)), { "rotated-by": JOURNAL_TAG });
    }
  });

  it("stay known one by one, beside one that a preview can't know", () => {
    const late = pulumi.output(Promise.resolve("x"));
    const { team, stage } = userTags("ci", { team: "a", stage: late }) as Record<string, unknown>;
    assert.equal(team, "a");
    assert.ok(pulumi.Output.isInstance(stage));
  });

  for (const [what, tags, message] of [
    ["an empty value", { team: "" }, /^RotatedUser ci: the tag team has an empty value/],
    ["the journal's own tag", { [JOURNAL_TAG]: "x" }, /^RotatedUser ci: the tag pulumi-aws-iam-rotator /],
    ["that tag in capitals", { "Pulumi-AWS-IAM-Rotator": "x" }, /^RotatedUser ci: the tag Pulumi-AWS-IAM-Rotator /],
  ] as const) {
    it(`${what} is refused: at once, or as soon as it is known`, async () => {
      const refused = (error: unknown) => pulumi.RunError.isInstance(error) && message.test(error.message);
      assert.throws(() => userTags("ci", tags), refused);
      // An error in an output would leave the user out. What is no text is refused by the check of the AWS provider.
      const told = mock.method(pulumi.log, "error", async () => {});
      const [key = "", value] = Object.entries(tags)[0] ?? [];
      assert.deepEqual(await tagsOf(userTags("ci", pulumi.output(Promise.resolve(tags)))), { [key]: {} });
      const mixed = { other: "a", [key]: pulumi.output(Promise.resolve(value as string)) };
      assert.deepEqual(await tagsOf(userTags("ci", mixed)), { other: "a", [key]: {} });
      const said = told.mock.calls.map((call) => String((call.arguments as unknown[])[0]));
      mock.restoreAll();
      assert.equal(said.length, 2);
      for (const line of said) assert.match(line, message);
    });
  }
});
