import assert from "node:assert/strict";
import { Plugin } from "../harness/pulumi/pluginStack";
import { secretsIn } from "../harness/secrets";

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

describe("the provider plugin, by the SDK for Node.js that is generated", function () {
  this.timeout(300_000);
  let plugin: Plugin;
  before(async () => {
    plugin = await Plugin.start();
  });
  after(() => plugin?.stop());

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
    const refused = await stack.run("preview", "--stack", "dev");
    assert.match(refused.text, /allowedAccountIds, and the user's account 123456789012 is not among them/);
    await stack.destroy();
    assert.deepEqual(await account.keys(), []);
    assert.deepEqual(await explicit.ids(), [accessKey]);
    for (const [where, text] of stack.everything()) {
      assert.deepEqual(secretsIn(text), [], where);
      assert.ok(!text.includes(made.password), where);
    }
  });
});
