import assert from "node:assert/strict";
import { Plugin } from "../harness/pulumi/pluginStack";
import { secretsIn } from "../harness/secrets";

const dynamic = (userArn: string) => `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const { RotatedUser } = require("pulumi-aws-iam-rotator/user");
const rotationTrigger = process.env.TRIGGER;
const ci = new RotatedAccessKey("ci", { userArn: ${JSON.stringify(userArn)}, rotationTrigger, rotateEvery: "90d" });
const deploy = new RotatedUser("deploy", { user: { name: "moved", path: "/ci/" }, rotationTrigger });
exports.ids = [ci.currentAccessKeyId, deploy.currentAccessKeyId];
exports.due = ci.rotationDueAt;
`;
const bySdk = (userArn: string) =>
  dynamic(userArn).replace(
    /const \{ RotatedAccessKey \}[\s\S]*?user"\);/,
    'const { RotatedAccessKey, RotatedUser } = require("pulumi-aws-iam-rotator-sdk");',
  );
const yaml = (userArn: string, trigger: number) => `
resources:
  ci:
    type: aws-iam-rotator:RotatedAccessKey
    properties: { userArn: "${userArn}", rotationTrigger: ${trigger}, rotateEvery: 90d }
  deploy:
    type: aws-iam-rotator:RotatedUser
    properties: { user: { name: moved, path: /ci/ }, rotationTrigger: ${trigger} }
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

  it("keeps its keys at each step, and rotation goes on: by YAML with a number where the trigger was text, then by the SDK for Node.js, then back", async () => {
    const userArn = await plugin.account("ci").createUser();
    const stack = await plugin.withNodeSdk(dynamic(userArn), { TRIGGER: "202612" });
    const javascript = stack.project();
    const inYaml = (trigger: number) =>
      stack.write(
        "",
        `${javascript.replace(/runtime:[\s\S]*?(?=plugins:)/, "runtime: yaml\n")}${yaml(userArn, trigger)}`,
      );
    let ids: string[] = [];
    /** The next update changes no key. */
    async function moves(): Promise<void> {
      plugin.calls();
      assert.doesNotMatch(await stack.preview(), /\d+ to (create|delete|replace)/);
      assert.deepEqual(
        plugin.calls().filter((name) => /^(Create|Delete)/.test(name)),
        [],
      );
      await stack.up();
      const { ids: now, due } = await stack.outputs();
      assert.deepEqual(now, ids, "the same keys");
      assert.match(String(due), /^\d{4}-/);
    }
    async function rotates(): Promise<void> {
      await stack.up();
      const { ids: now } = (await stack.outputs()) as { ids: string[] };
      for (const [at, user] of ["ci", "moved"].entries()) {
        const keys = [...new Set([ids[at], now[at]])].filter(Boolean).sort();
        assert.equal(keys.length, ids.length || 1);
        assert.deepEqual(await plugin.account(user).ids(), keys);
      }
      ids = now;
    }

    await rotates();
    inYaml(202612);
    await stack.refresh();
    await moves();
    inYaml(202701);
    await rotates();

    stack.write(bySdk(userArn), javascript);
    stack.env.TRIGGER = "202701";
    await moves();
    stack.env.TRIGGER = "202702";
    await rotates();

    stack.write(dynamic(userArn));
    await moves();
    await stack.refresh();
    stack.env.TRIGGER = "202703";
    await rotates();
    await stack.destroy();
    assert.deepEqual(await plugin.account("ci").ids(), []);
    for (const [where, text] of stack.everything()) assert.deepEqual(secretsIn(text), [], where);
  });
});
