import assert from "node:assert/strict";
import { Account } from "../harness/aws/account";
import { type Endpoint, startEndpoint } from "../harness/aws/endpoint";
import { ownAwsPlugin } from "../harness/pulumi/awsPlugin";
import { Stack } from "../harness/pulumi/stack";

const program = (user: string) => `
const { RotatedUser } = require("pulumi-aws-iam-rotator/user");
const user = new RotatedUser("deploy", { user: ${user}, rotationTrigger: process.env.TRIGGER });
module.exports = { name: user.userName, arn: user.userArn, current: user.current, previousId: user.previousAccessKeyId };
`;
const NAMED = '{ name: "deployer", path: "/ci/", tags: { team: "a" } }';

describe("RotatedUser through the engine", function () {
  this.timeout(300_000);
  let endpoint: Endpoint;
  let stack: Stack;
  let account: Account;
  before(async () => {
    endpoint = await startEndpoint();
    account = new Account(endpoint.url, "deployer");
    stack = await Stack.create({
      program: program(NAMED),
      endpointUrl: endpoint.url,
      path: [await ownAwsPlugin()],
      env: { TRIGGER: "1", AWS_REGION: "us-east-1" },
    });
  });
  after(async () => {
    stack?.remove();
    await endpoint?.stop();
  });

  it("makes a user with its first key in one up", async () => {
    await stack.up();
    const { name, arn, current } = (await stack.outputs()) as Record<string, { accessKeyId: string }>;
    assert.equal(String(name), "deployer");
    assert.match(String(arn), /:user\/ci\/deployer$/);
    assert.deepEqual(await account.keys(), [{ id: current?.accessKeyId, status: "Active" }]);
  });

  it("shows no drift of the user for the journal's tag: refresh, preview and up leave both alone", async () => {
    const journal = await account.journal();
    assert.match(journal ?? "", /^v1 done create /);
    assert.doesNotMatch(await stack.refresh(), /updated|\+ tags|~ tags/);
    const preview = await stack.preview("--diff", "--expect-no-changes");
    assert.match(preview, /Resources:\n *4 unchanged\n$/);
    assert.doesNotMatch(preview, /unknown|Outputs|outputs/);
    await stack.up("--expect-no-changes");
    assert.equal(await account.journal(), journal);
  });

  it("keeps the journal when the user's own tags change, before a refresh and after one", async () => {
    for (const team of ["b", "c"]) {
      const journal = await account.journal();
      stack.write(program(NAMED.replace('"a"', JSON.stringify(team))));
      await stack.up();
      assert.equal(await account.journal(), journal, "the tag is still there");
      await stack.refresh();
    }
    // Without tags of its own the user still keeps it.
    stack.write(program('{ name: "deployer", path: "/ci/" }'));
    const journal = await account.journal();
    await stack.up();
    assert.equal(await account.journal(), journal);
    await stack.up("--expect-no-changes");
  });

  it("rotates, and keeps working when the user moves to another path", async () => {
    stack.env.TRIGGER = "2";
    await stack.up();
    const before = (await stack.outputs()) as { current: { accessKeyId: string }; previousId: string };
    assert.ok(before.previousId);
    stack.write(program('{ name: "deployer", path: "/moved/" }'));
    await stack.up();
    const after = (await stack.outputs()) as { arn: string; current: { accessKeyId: string } };
    assert.match(after.arn, /:user\/moved\/deployer$/);
    assert.equal(after.current.accessKeyId, before.current.accessKeyId, "the same user, the same keys");
  });

  it("destroys keys and user", async () => {
    await stack.destroy();
    await assert.rejects(account.keys(), /cannot be found|NoSuchEntity/);
    await stack.destroy();
  });

  it("makes nothing of all this public", () => {
    for (const text of [stack.printed, stack.stateText()]) assert.doesNotMatch(text, /secretAccessKey"?: ?"[^"]/);
  });
});
