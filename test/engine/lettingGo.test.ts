import assert from "node:assert/strict";
import { IAMClient, UntagUserCommand } from "@aws-sdk/client-iam";
import { Account } from "../harness/aws/account";
import { type Endpoint, startEndpoint } from "../harness/aws/endpoint";
import { ensureBuilt } from "../harness/dist";
import { Stack } from "../harness/pulumi/stack";
import { secretsIn } from "../harness/secrets";

const program = (name: string, inputs = "", opts = "{}") => `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const key = new RotatedAccessKey("${name}", { userArn: process.env.USER_ARN, ${inputs} }, ${opts});
exports.current = key.current;
`;

/** What docs/adopting.md says of keys that were let go. */
describe("a resource that has let go of its keys", function () {
  this.timeout(180_000);
  let endpoint: Endpoint;
  let account: Account;
  let stack: Stack;
  const ids = async () => (await account.keys()).map(({ id }) => id);

  before(async () => {
    ensureBuilt();
    endpoint = await startEndpoint();
    account = new Account(endpoint.url, "deployer");
    const env = { USER_ARN: await account.createUser() };
    stack = await Stack.create({ endpointUrl: endpoint.url, program: program("ci"), env, hasty: true });
  });
  after(async () => {
    stack?.remove();
    await endpoint?.stop();
  });

  let key: { accessKeyId: string; secretAccessKey: string };

  it("leaves them in AWS by retainOnDelete, once that is in the state", async () => {
    await stack.up();
    stack.write(program("ci", "", "{ retainOnDelete: true }"));
    await stack.up();
    ({ current: key } = (await stack.outputs()) as { current: typeof key });
    stack.write("");
    assert.match(await stack.preview(), / delete\[retain\]/);
    await stack.up();
    assert.deepEqual(await account.keys(), [{ id: key.accessKeyId, status: "Active" }]);
  });

  it("is refused when it comes back as long as the tag is there, from the same place and from another", async () => {
    for (const [name, said] of [
      ["ci", /was made and handed out by/],
      ["another", /rotates this user's keys/],
    ] as const) {
      stack.write(program(name));
      const { code, text } = await stack.tryUp();
      assert.notEqual(code, 0);
      assert.match(text, said);
      assert.deepEqual(await ids(), [key.accessKeyId]);
      stack.write("");
      await stack.up();
    }
  });

  it("comes back with its key by `state`; a destroy then deletes it, adopted or not, and leaves the tag", async () => {
    const { accessKeyId, secretAccessKey } = key;
    stack.write(program("ci", `state: ${JSON.stringify({ current: { accessKeyId, secretAccessKey } })}`));
    await stack.up();
    assert.deepEqual(await ids(), [accessKeyId]);
    await stack.destroy();
    assert.deepEqual(await ids(), []);
    assert.match((await account.journal()) ?? "", /^v1 /);
  });

  it("without the tag, leaves ordinary keys: a new resource makes one beside them", async () => {
    stack.write(program("ci", "", "{ retainOnDelete: true }"));
    await stack.up();
    const [left = ""] = await ids();
    stack.write("");
    await stack.up();
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const iam = new IAMClient({ endpoint: endpoint.url, region: "us-east-1", credentials });
    await iam.send(new UntagUserCommand({ UserName: "deployer", TagKeys: ["pulumi-aws-iam-rotator"] }));
    stack.write(program("another"));
    await stack.up();
    assert.equal((await ids()).length, 2);
    assert.ok((await ids()).includes(left));
  });

  it("prints no secret", () => {
    assert.deepEqual(secretsIn(stack.printed), []);
  });
});
