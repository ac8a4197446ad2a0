import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { type Language, Plugin } from "../harness/pulumi/pluginStack";
import { stand } from "../harness/pulumi/stand";

/** The quickstart in each language, from the examples. */
const LANGUAGES: Language[] = ["yaml", "python", "go"];

/** The report takes dictionaries with the names that they have in Python. */
const REPORT = `
key = {"user_arn": "arn:aws:iam::123456789012:user/ci/deployer", "current_access_key_id": "AKIAIOSFODNN7EXAMPLE", "pending": []}
pulumi.export("report", rotator.rotation_report_output(keys=[key]).markdown)
`;

describe("the provider plugin, from every language", function () {
  this.timeout(600_000);
  const plugin = stand(new Plugin());

  for (const language of LANGUAGES) {
    it(`${language}: a user and its keys are made, rotated and destroyed`, async () => {
      const stack = await plugin.example(language);
      if (language === "python") appendFileSync(join(stack.folder, "__main__.py"), REPORT);
      // What the plugin previews is the same for all.
      const isPreviewed = language === "yaml";
      const ids = async () => {
        const { userArn } = await stack.outputs();
        return plugin.account(String(userArn).split("/").at(-1) ?? "").ids();
      };

      if (isPreviewed) {
        plugin.calls();
        assert.match(await stack.preview(), /RotatedAccessKey\s+deploy\s+create/);
        assert.deepEqual(plugin.calls(), [], "a preview asks AWS nothing");
      }

      await stack.up();
      const { currentAccessKeyId: first, report } = await stack.outputs();
      assert.deepEqual(await ids(), [first]);
      if (language === "python") assert.match(String(report), /\| deployer +\| AKIAIOSFODNN7EXAMPLE /);

      const rotation = ["-c", "rotation=2026-12"];
      if (isPreviewed) {
        plugin.calls();
        const preview = await stack.preview("--diff", ...rotation);
        assert.match(preview, new RegExp(`makes a new access key as current, keeps ${first} valid as previous`));
        assert.match(preview, new RegExp(`previousAccessKeyId: .*"${first}"`), "told exactly");
        assert.deepEqual(plugin.calls(), []);
      }

      await stack.up(...rotation);
      const rotated = await stack.outputs();
      assert.equal(rotated.previousAccessKeyId, first);
      assert.deepEqual(await ids(), [first, rotated.currentAccessKeyId].sort());
      assert.match(JSON.stringify(rotated.current), /"secretAccessKey":"[^"]{20,}"/, "of use to a program");

      if (isPreviewed) {
        await stack.refresh();
        await stack.must("preview", "--refresh", "--expect-no-changes", "--stack", "dev");
      }
      await stack.destroy();
    });
  }
});
