import assert from "node:assert/strict";
import { Plugin } from "../harness/pulumi/pluginStack";
import { fails, stand } from "../harness/pulumi/stand";
import { remember } from "../harness/secrets";

// What the class of the package for TypeScript computes in the program, the plugin tells; and the functions are there as well.
const program = (userArn: string, explicitArn: string) => `
const pulumi = require("@pulumi/pulumi");
const rotator = require("pulumi-aws-iam-rotator-sdk");
const { TRIGGER, GRACE, REVOKE, PROVIDER } = process.env;
const provider = new rotator.Provider("mine", JSON.parse(PROVIDER));
new rotator.RotatedAccessKey("explicit", { userArn: ${JSON.stringify(explicitArn)} }, { provider });
const key = new rotator.RotatedAccessKey("ci", {
  userArn: ${JSON.stringify(userArn)}, rotationTrigger: { on: TRIGGER }, rotateEvery: "90d", gracePeriod: GRACE, revocationTrigger: REVOKE,
});
exports.current = key.current;
exports.previous = key.previous;
exports.dates = pulumi.all([key.rotationDueAt, key.previousUntil, key.pending]).apply(([due, until, pending]) => ({ due, until, pending }));
exports.policy = rotator.rotationPolicyOutput({ userArns: [key.userArn], deactivatePeriod: true }).json;
const { userArn, currentAccessKeyId, previousAccessKeyId, currentCreatedAt, rotationDueAt, previousUntil, previousDeactivatedAt, pending } = key;
const reported = { userArn, currentAccessKeyId, previousAccessKeyId, currentCreatedAt, rotationDueAt, previousUntil, previousDeactivatedAt, pending };
exports.report = rotator.rotationReportOutput({ keys: [reported] }).markdown;
exports.password = rotator.sesSmtpPasswordOutput({ secretAccessKey: key.current.secretAccessKey, region: "eu-central-1" }).password;
`;

interface Outputs {
  current: { accessKeyId: string; secretAccessKey: string };
  previous?: { accessKeyId: string };
  dates: { due?: string; until?: string; pending: unknown[] };
  policy: string;
  report: string;
  password: string;
}

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

describe("the provider plugin, by the SDK for Node.js that is generated", function () {
  this.timeout(300_000);
  const plugin = stand(new Plugin());

  it("tells dates and waits, has the functions, revokes, acts as an explicit provider says, and keeps secrets", async () => {
    const [account, explicit] = [plugin.account("sdk"), plugin.account("explicit")];
    const stack = await plugin.withNodeSdk(program(await account.createUser(), await explicit.createUser()));
    const { accessKeyId: accessKey, secretAccessKey: secretKey } = await explicit.addKey();
    const endpoints = [{ iam: plugin.proxy.url, sts: plugin.proxy.url }];
    const settings = { accessKey, secretKey, region: "eu-west-1", endpoints };
    stack.env.PROVIDER = JSON.stringify(settings);
    const outputs = async () => (await stack.outputs()) as unknown as Outputs;
    await stack.up();
    assert.deepEqual(
      plugin.proxy.calls
        .filter(({ action, user }) => action === "CreateAccessKey" && user === "explicit")
        .map(({ accessKeyId }) => accessKeyId),
      [accessKey],
    );
    const made = await outputs();
    assert.match(made.dates.due ?? "", /^\d{4}-/);
    assert.deepEqual([made.dates.until ?? "", made.dates.pending, made.previous ?? ""], ["", [], ""]);
    assert.match(made.policy, /iam:UpdateAccessKey.*user\/ci\/sdk/);
    assert.match(made.report, new RegExp(`\\| sdk +\\| ${made.current.accessKeyId} `));
    assert.match(made.password, /^B[\w+/]{30,}=*$/);

    stack.env.TRIGGER = "2";
    await stack.up();
    plugin.calls();
    stack.env.GRACE = "7d";
    assert.match(await stack.preview(), /gracePeriod/);
    await stack.up();
    assert.deepEqual(plugin.calls(), [], "a period alone asks AWS nothing");
    const timed = await outputs();
    assert.match(timed.dates.until ?? "", /^\d{4}-/);

    stack.env.TRIGGER = "3";
    assert.match(await stack.up(), /a rotation \(rotationTrigger changed\) waits until/);
    assert.equal((await outputs()).current.accessKeyId, timed.current.accessKeyId);

    stack.env.REVOKE = "INC-1";
    await stack.up();
    const revoked = await outputs();
    assert.deepEqual(await account.keys(), [{ id: revoked.current.accessKeyId, status: "Active" }]);
    assert.equal(revoked.previous ?? "", "");

    stack.env.PROVIDER = JSON.stringify({ ...settings, allowedAccountIds: ["999999999999"] });
    await fails(
      stack.run("preview", "--stack", "dev"),
      /allowedAccountIds, and the user's account 123456789012 is not among them/,
    );
    await stack.destroy();
    assert.deepEqual(await account.keys(), []);
    assert.deepEqual(await explicit.ids(), [accessKey]);
    remember(made.password);
  });

  it("takes over a deployed stack of the dynamic provider, which keeps its keys at each step, and rotation goes on: by YAML with a number where the trigger was text, then by the SDK for Node.js, then back", async () => {
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
  });
});
