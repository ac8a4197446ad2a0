import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Language, Plugin } from "../support/pluginStack";
import { secretsIn } from "../support/secrets";

/** The quickstart in each language, from the examples. */
const LANGUAGES: Language[] = ["yaml", "python", "go"];

const REPORT = `
import pulumi
import pulumi_aws_iam_rotator as rotator
key = {"user_arn": "arn:aws:iam::123456789012:user/ci/deployer", "current_access_key_id": "AKIAIOSFODNN7EXAMPLE", "pending": []}
pulumi.export("report", rotator.rotation_report_output(keys=[key]).markdown)
`;

describe("the provider plugin, from every language", function () {
  this.timeout(600_000);
  let plugin: Plugin;
  before(async () => {
    plugin = await Plugin.start();
  });
  after(() => plugin?.stop());

  it("python: the report takes dictionaries with the names that they have in Python", async () => {
    const stack = await plugin.example("python");
    writeFileSync(join(stack.folder, "__main__.py"), REPORT);
    await stack.up();
    assert.match(String((await stack.outputs()).report), /\| deployer +\| AKIAIOSFODNN7EXAMPLE /);
  });

  for (const language of LANGUAGES) {
    it(`${language}: a user and its keys are previewed, made, rotated, refreshed and destroyed`, async () => {
      const stack = await plugin.example(language);
      const ids = async () => {
        const { userArn } = (await stack.outputs()) as { userArn: string };
        const keys = await plugin.account(userArn.split("/").at(-1) ?? "").keys();
        return keys.map(({ id }) => id);
      };

      plugin.calls();
      assert.match(await stack.preview(), /RotatedAccessKey\s+deploy\s+create/);
      assert.deepEqual(plugin.calls(), [], "a preview asks AWS nothing");

      await stack.up();
      const [first, ...more] = await ids();
      assert.deepEqual(more, []);
      assert.equal((await stack.outputs()).currentAccessKeyId, first);
      await stack.must("preview", "--expect-no-changes", "--stack", "dev");

      await stack.must("config", "set", "rotation", "2026-12", "--stack", "dev");
      plugin.calls();
      const preview = await stack.preview("--diff");
      assert.match(
        preview,
        new RegExp(`this update makes a new access key as current, keeps ${first} valid as previous`),
      );
      assert.match(preview, new RegExp(`previousAccessKeyId: .*"${first}"`), "told exactly");
      assert.deepEqual(plugin.calls(), []);

      await stack.up();
      const rotated = await stack.outputs();
      assert.equal(rotated.previousAccessKeyId, first);
      assert.deepEqual((await ids()).sort(), [first, rotated.currentAccessKeyId].sort());
      assert.match(JSON.stringify(rotated.current), /"secretAccessKey":"[^"]{20,}"/, "of use to a program");

      await stack.refresh();
      await stack.must("preview", "--refresh", "--expect-no-changes", "--stack", "dev");
      await stack.destroy();
      for (const [where, text] of stack.everything()) assert.deepEqual(secretsIn(text), [], where);
    });
  }
});
