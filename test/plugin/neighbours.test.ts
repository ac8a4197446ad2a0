import assert from "node:assert/strict";
import { Plugin } from "../harness/pulumi/pluginStack";
import { secretsIn } from "../harness/secrets";

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
describe("by the plugin, the neighbour of a key in trouble", function () {
  this.timeout(600_000);
  let plugin: Plugin;
  before(async () => {
    plugin = await Plugin.start();
  });
  after(() => plugin?.stop());

  it("rotates and is published still, while the blocked one is named until it is mended", async () => {
    const stack = await plugin.yaml(YAML);
    const [other, account] = [plugin.account("other"), plugin.account("blocked")];
    const arns = [await other.createUser(), await account.createUser()];
    await stack.must(
      "config",
      "set-all",
      "-s",
      "dev",
      ...arns.flatMap((arn, at) => ["--plaintext", `user${"AB"[at]}=${arn}`]),
    );
    await stack.up();
    const first = await stack.outputs();
    const { accessKeyId: byHand } = await account.addKey();

    for (const run of ["first", "next"]) {
      const { text } = await stack.tryUp("-c", "rotation=2");
      assert.match(text, new RegExp(`error: \\S*blocked: a rotation is blocked: .*${byHand}`), run);
      const { a, b, pending } = await stack.outputs();
      assert.notEqual(a, first.a, "the other has rotated, and is published");
      assert.equal(b, first.b);
      assert.deepEqual(
        (pending as { blocked?: boolean }[]).map(({ blocked }) => blocked),
        [true],
      );
    }
    assert.equal((await other.ids()).length, 2, "it rotates once for a trigger");

    await account.deleteKey(byHand);
    assert.doesNotMatch(await stack.up(), /error:/);
    const last = await stack.outputs();
    assert.deepEqual(last.pending, []);
    assert.deepEqual(await account.ids(), [first.b, last.b].sort());
    await stack.must("preview", "--expect-no-changes", "--stack", "dev");
    for (const [where, text] of stack.everything()) assert.deepEqual(secretsIn(text), [], where);
  });
});
