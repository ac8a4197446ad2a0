import assert from "node:assert/strict";
import { join } from "node:path";
import execa from "execa";
import type { Account } from "../harness/aws/account";
import { ROOT } from "../harness/dist";
import type { Stack } from "../harness/pulumi/stack";
import { fails, stand } from "../harness/pulumi/stand";
import { secretsIn } from "../harness/secrets";

const PROGRAM = `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const { TRIGGER, users, missing } = process.env;
const period = { rotateEvery: "90d" };
for (const userArn of users.split(" ")) {
  new RotatedAccessKey(userArn.split("/").pop(), { userArn, rotationTrigger: TRIGGER, ...period });
}
if (missing) new RotatedAccessKey("missing", { userArn: missing });
`;

describe("the report of today, from the state of a real stack", function () {
  this.timeout(180_000);
  const at = stand();
  let stack: Stack;
  let billing: Account;
  const arns: string[] = [];

  before(async () => {
    billing = at.account("billing");
    arns.push(await at.account("ci").createUser(), await billing.createUser());
    stack = await at.stack(PROGRAM, { env: { users: arns.join(" ") } });
  });

  /** As a user pipes it. */
  async function report(...options: string[]) {
    const main = join(ROOT, "dist/command/main.js");
    const line = `set -o pipefail; "$0" stack export --stack dev | node "$1" report ${options.join(" ")}`;
    const run = { cwd: stack.folder, env: stack.env, extendEnv: false, reject: false, input: "" };
    const { exitCode, stdout, stderr } = await execa("bash", ["-c", line, stack.pulumi, main], run);
    assert.deepEqual(secretsIn(stdout + stderr), []);
    return { exitCode, stdout, stderr };
  }

  it("of a stack with nothing in it, --check ends with 1: it is perhaps the wrong one", async () => {
    const { exitCode, stdout, stderr } = await report("--check");
    assert.deepEqual([exitCode, stdout], [1, "no rotated keys"], stderr);
    assert.equal((await report()).exitCode, 0);
  });

  it("shows each key with its due date, and --check ends with 0", async () => {
    await stack.up();
    const { exitCode, stdout, stderr } = await report("--check");
    assert.deepEqual([exitCode, stderr], [0, ""]);
    for (const account of [billing, at.account("ci")]) {
      const [id] = await account.ids();
      assert.match(stdout, new RegExp(`^\\| ${account.userName} +\\| ${id} \\| .* \\| 20\\d\\d-.*Z \\| – +\\|$`, "m"));
    }
  });

  it("names the user that is blocked, and --check ends with 1", async () => {
    const { accessKeyId } = await billing.addKey();
    stack.env.TRIGGER = "2";
    await fails(stack.tryUp(), new RegExp(`blocked: .*${accessKeyId}`));
    const { exitCode, stdout, stderr } = await report("--check");
    assert.equal(exitCode, 1);
    assert.match(stdout, new RegExp(`^\\| billing .*\\*\\*blocked\\*\\*: rotation .*${accessKeyId}`, "m"));
    assert.doesNotMatch(stdout, /^\| ci .*blocked/m);
    const [told, ...others] = stderr.split("\n");
    assert.match(told ?? "", new RegExp(`^${arns[1]}: a rotation is blocked: .*${accessKeyId}`));
    assert.deepEqual(others, []);
  });

  it("says the same after a run that failed", async () => {
    stack.env.missing = "arn:aws:iam::123456789012:user/missing";
    await fails(stack.tryUp(), /user\/missing/);
    const { exitCode, stdout } = await report("--check");
    assert.equal(exitCode, 1);
    assert.match(stdout, /^\| billing .*\*\*blocked\*\*: rotation/m);
    stack.env.missing = "";
  });

  it("ends with 0 again as soon as somebody has done what it said", async () => {
    const [managed] = stack
      .state()
      .resources.flatMap(({ outputs }) => (outputs?.userArn === arns[1] ? [String(outputs?.currentAccessKeyId)] : []));
    for (const id of await billing.ids()) if (id !== managed) await billing.deleteKey(id);
    await stack.up();
    const { exitCode, stdout, stderr } = await report("--check");
    assert.deepEqual([exitCode, stderr], [0, ""], stdout);
    assert.match(stdout, new RegExp(`^\\| billing .*${managed} until the next rotation`, "m"));
  });

  it("ends with 2 where nothing is piped into it", async () => {
    const main = join(ROOT, "dist/command/main.js");
    const { exitCode, stderr } = await execa("node", [main, "report", "--check"], { input: "hushed", reject: false });
    assert.equal(exitCode, 2);
    assert.ok(stderr.includes("pulumi stack export") && !stderr.includes("hushed"));
    const other = await execa("node", [main, "reports"], { input: "", reject: false });
    assert.deepEqual([other.exitCode, /^Usage: /.test(other.stderr)], [2, true]);
  });
});
