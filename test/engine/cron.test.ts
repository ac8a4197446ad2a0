import assert from "node:assert/strict";
import { resolve } from "node:path";
import execa from "execa";
import { Account } from "../harness/aws/account";
import { type Endpoint, startEndpoint } from "../harness/aws/endpoint";
import { Stack } from "../harness/pulumi/stack";
import { secretsIn } from "../harness/secrets";

const SCRIPT = resolve(__dirname, "../../examples/cron/rotate.sh");

const program = (userArn: string) => `
const { RotatedAccessKey, rotationReport } = require("pulumi-aws-iam-rotator");
const key = new RotatedAccessKey("ci", { userArn: ${JSON.stringify(userArn)}, rotateEvery: "90d", rotationTrigger: process.env.TRIGGER });
exports.readme = rotationReport([key]);
`;

describe("the script for cron", function () {
  this.timeout(180_000);
  let endpoint: Endpoint;
  let stack: Stack;
  let account: Account;
  before(async () => {
    endpoint = await startEndpoint();
    account = new Account(endpoint.url, "cron");
    const userArn = await account.createUser();
    const env = { TRIGGER: "1", AWS_REGION: "us-east-1" };
    stack = await Stack.create({ program: program(userArn), endpointUrl: endpoint.url, hasty: true, env });
  });
  after(async () => {
    stack?.remove();
    await endpoint?.stop();
  });

  const run = () =>
    execa("sh", [SCRIPT, stack.folder, "dev"], { env: stack.env, extendEnv: false, all: true, reject: false });

  it("makes and rotates keys, and ends well where nothing is overdue", async () => {
    const first = await run();
    assert.equal(first.exitCode, 0, first.all);
    assert.match(first.all ?? "", /1 created|2 created/);
    stack.env.TRIGGER = "2";
    const second = await run();
    assert.equal(second.exitCode, 0, second.all);
    assert.match(second.all ?? "", /this update makes a new access key as current/);
    assert.deepEqual(secretsIn(`${first.all}${second.all}`), []);
  });

  it("fails, and shows it, where a rotation is blocked", async () => {
    const [{ id = "" } = {}] = await account.keys();
    await account.deleteKey(id);
    await account.addKey();
    stack.env.TRIGGER = "3";
    const { exitCode, all } = await run();
    assert.notEqual(exitCode, 0, all);
    assert.match(all ?? "", /\*\*blocked\*\*: rotation/);
  });

  it("fails where pulumi does", async () => {
    const { exitCode } = await execa("sh", [SCRIPT, stack.folder, "no-such-stack"], {
      env: stack.env,
      extendEnv: false,
      reject: false,
    });
    assert.notEqual(exitCode, 0);
  });
});
