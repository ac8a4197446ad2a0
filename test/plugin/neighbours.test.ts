import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Plugin } from "../support/pluginStack";
import { secretsIn } from "../support/secrets";
import type { Stack } from "../support/stack";

/** Two users in one stack, with a key each; what is published of both. */
const YAML = `config:
  rotation: { type: string, default: "1" }
  userA: { type: string }
  userB: { type: string }
resources:
  a: { type: "aws-iam-rotator:RotatedAccessKey", properties: { userArn: "\${userA}", rotationTrigger: "\${rotation}" } }
  b: { type: "aws-iam-rotator:RotatedAccessKey", properties: { userArn: "\${userB}", rotationTrigger: "\${rotation}" } }
outputs:
  a: "\${a.currentAccessKeyId}"
  b: "\${b.currentAccessKeyId}"
  pending: "\${b.pending}"
`;
const PYTHON = `
import pulumi
import pulumi_aws_iam_rotator as rotator
config = pulumi.Config()
a, b = (
    rotator.RotatedAccessKey(name, user_arn=config.require("user" + name.upper()), rotation_trigger=config.get("rotation") or "1")
    for name in ("a", "b")
)
pulumi.export("a", a.current_access_key_id)
pulumi.export("b", b.current_access_key_id)
pulumi.export("pending", b.pending)
`;

describe("by the plugin, a neighbour in trouble", function () {
  this.timeout(600_000);
  let plugin: Plugin;
  before(async () => {
    plugin = await Plugin.start();
  });
  after(() => plugin?.stop());

  const programs: Record<string, () => Promise<Stack>> = {
    yaml: () => plugin.yaml(YAML),
    python: async () => {
      const stack = await plugin.example("python");
      writeFileSync(join(stack.folder, "__main__.py"), PYTHON);
      return stack;
    },
  };
  for (const [language, begin] of Object.entries(programs)) {
    it(`${language}: the other user rotates and is published, the blocked one is named until it is mended`, async () => {
      const stack = await begin();
      const names = ["a", "b"].map((name) => `${language}-${name}`);
      const [, account] = names.map((name) => plugin.account(name));
      assert.ok(account);
      for (const [at, name] of names.entries())
        await stack.must("config", "set", ["userA", "userB"][at] ?? "", await plugin.account(name).createUser());
      await stack.up();
      const first = await stack.outputs();
      const { accessKeyId: byHand } = await account.addKey();

      await stack.must("config", "set", "rotation", "2");
      for (const run of ["first", "next"]) {
        const { text } = await stack.tryUp();
        assert.match(text, new RegExp(`error: \\S*${names[1]}: a rotation is blocked: .*${byHand}`), run);
        const { a, b, pending } = await stack.outputs();
        assert.notEqual(a, first.a, "the other has rotated, and is published");
        assert.equal(b, first.b);
        assert.deepEqual(
          (pending as { blocked?: boolean }[]).map(({ blocked }) => blocked),
          [true],
        );
      }
      assert.equal((await plugin.account(names[0] ?? "").ids()).length, 2, "it rotates once for a trigger");

      await account.deleteKey(byHand);
      const mended = await stack.up();
      assert.doesNotMatch(mended, /error:/);
      const last = await stack.outputs();
      assert.deepEqual(last.pending, []);
      assert.deepEqual(await account.ids(), [first.b, last.b].sort());
      await stack.must("preview", "--expect-no-changes", "--stack", "dev");
      for (const [where, text] of stack.everything()) assert.deepEqual(secretsIn(text), [], where);
    });
  }
});
