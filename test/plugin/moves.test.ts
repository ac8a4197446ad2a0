import assert from "node:assert/strict";
import { Plugin } from "../support/pluginStack";
import { secretsIn } from "../support/secrets";

const dynamic = (userArn: string, name = "moved") => `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const { RotatedUser } = require("pulumi-aws-iam-rotator/user");
const rotationTrigger = process.env.TRIGGER;
const ci = new RotatedAccessKey("ci", { userArn: ${JSON.stringify(userArn)}, rotationTrigger, rotateEvery: "90d" });
const deploy = new RotatedUser("deploy", { user: { name: "${name}", path: "/ci/" }, rotationTrigger });
exports.ids = [ci.currentAccessKeyId, deploy.currentAccessKeyId];
exports.due = ci.rotationDueAt;
`;
const bySdk = (userArn: string) =>
  dynamic(userArn).replace(
    /const \{ RotatedAccessKey \}[\s\S]*?user"\);/,
    'const { RotatedAccessKey, RotatedUser } = require("pulumi-aws-iam-rotator-sdk");',
  );
const yaml = (userArn: string) => `
config:
  trigger: { type: integer, default: 202612 }
resources:
  ci:
    type: aws-iam-rotator:RotatedAccessKey
    properties: { userArn: "${userArn}", rotationTrigger: "\${trigger}", rotateEvery: 90d }
  deploy:
    type: aws-iam-rotator:RotatedUser
    properties: { user: { name: moved-yaml, path: /ci/ }, rotationTrigger: "\${trigger}" }
outputs:
  ids: ["\${ci.currentAccessKeyId}", "\${deploy.currentAccessKeyId}"]
  due: \${ci.rotationDueAt}
`;

describe("a deployed stack of the dynamic provider, moved to the plugin and back", function () {
  this.timeout(300_000);
  let plugin: Plugin;
  before(async () => {
    plugin = await Plugin.start();
  });
  after(() => plugin?.stop());

  it("keeps its keys, and rotation goes on: by the SDK for Node.js", async () => {
    const account = plugin.account("ci");
    const userArn = await account.createUser();
    const stack = await plugin.withNodeSdk(dynamic(userArn));
    const ids = async () => (await stack.outputs()).ids as string[];
    const keysOf = async (name: string) => (await plugin.account(name).keys()).map(({ id }) => id).sort();
    await stack.up();
    const [ci, deploy] = await ids();

    stack.write(bySdk(userArn));
    await stack.refresh();
    plugin.calls();
    const preview = await stack.preview();
    assert.doesNotMatch(preview, /\d+ to (create|delete|replace)/);
    assert.deepEqual(
      plugin.calls().filter((name) => /^(Create|Delete)/.test(name)),
      [],
    );
    await stack.up();
    assert.deepEqual(await ids(), [ci, deploy], "the same keys");
    assert.match(String((await stack.outputs()).due), /^\d{4}-/);
    await stack.must("preview", "--expect-no-changes", "--stack", "dev");

    stack.env.TRIGGER = "2";
    await stack.up();
    const [ci2, deploy2] = await ids();
    assert.deepEqual(await keysOf("ci"), [ci, ci2].sort());
    assert.deepEqual(await keysOf("moved"), [deploy, deploy2].sort());

    stack.write(dynamic(userArn));
    const back = await stack.preview();
    assert.doesNotMatch(back, /\d+ to (create|delete|replace)/);
    await stack.up();
    assert.deepEqual(await ids(), [ci2, deploy2], "and the way back");
    await stack.refresh();
    await stack.must("preview", "--expect-no-changes", "--stack", "dev");
    stack.env.TRIGGER = "3";
    await stack.up();
    const [ci3, deploy3] = await ids();
    assert.deepEqual(await keysOf("ci"), [ci2, ci3].sort());
    assert.deepEqual(await keysOf("moved"), [deploy2, deploy3].sort());
    await stack.refresh();
    await stack.destroy();
    assert.deepEqual(await keysOf("ci"), []);
    for (const [where, text] of stack.everything()) assert.deepEqual(secretsIn(text), [], where);
  });

  it("keeps its keys: by a program in YAML, which has a number where the trigger was text", async () => {
    const account = plugin.account("yaml");
    const userArn = await account.createUser();
    const stack = await plugin.yaml(yaml(userArn), { TRIGGER: "202612" });
    const project = stack.project();
    stack.write(dynamic(userArn, "moved-yaml"), "name: program\nruntime: nodejs\n");
    await stack.up();
    const { ids } = await stack.outputs();
    stack.write("", project);
    const preview = await stack.preview();
    assert.doesNotMatch(preview, /\d+ to (create|delete|replace)/);
    await stack.up();
    assert.deepEqual((await stack.outputs()).ids, ids);
    await stack.must("config", "set", "trigger", "202701", "--stack", "dev");
    await stack.up();
    assert.equal((await account.keys()).length, 2);
    await stack.destroy();
    assert.deepEqual(await account.keys(), []);
  });
});
