import assert from "node:assert/strict";
import type { Stack } from "../harness/pulumi/stack";
import { fails, stand } from "../harness/pulumi/stand";

describe("a user that rotates itself, through the engine", function () {
  this.timeout(240_000);
  const at = stand();
  let stack: Stack;
  const ids = () => at.account("itself").ids();
  const outputs = async () =>
    (await stack.outputs()) as Record<"current" | "previous", { accessKeyId: string; secretAccessKey: string }>;
  /** From now on the pipeline has this key, and nothing else. */
  const signBy = ({ accessKeyId, secretAccessKey }: { accessKeyId: string; secretAccessKey: string }) =>
    Object.assign(stack.env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });
  const give = (inputs: object) => {
    stack.env.INPUTS = JSON.stringify(inputs);
  };
  before(async () => {
    const userArn = await at.account("itself").createUser();
    const program = `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const key = new RotatedAccessKey("ci", { userArn: "${userArn}", ...JSON.parse(process.env.INPUTS) });
module.exports = { current: key.current, previous: key.previous };
`;
    stack = await at.stack(program);
    at.proxy.refuseDeletedKeys();
  });

  it("by its previous key: current signs from where that one goes", async () => {
    give({ rotationTrigger: 1 });
    await stack.up();
    signBy((await outputs()).current);
    give({ rotationTrigger: 2 });
    await stack.up();
    const two = await outputs();
    assert.equal(stack.env.AWS_ACCESS_KEY_ID, two.previous.accessKeyId);
    give({ rotationTrigger: 3 });
    await stack.up();
    const three = await outputs();
    assert.equal(three.previous.accessKeyId, two.current.accessKeyId);
    assert.deepEqual(await ids(), [three.current.accessKeyId, three.previous.accessKeyId].sort());
  });

  it("revokes by its current key: the new one signs the last deletion, and is what to sign with from then on", async () => {
    signBy((await outputs()).current);
    give({ rotationTrigger: 3, revocationTrigger: "leak" });
    await stack.up();
    const { current, previous } = await outputs();
    assert.deepEqual([await ids(), previous ?? undefined], [[current.accessKeyId], undefined]);
    await fails(stack.tryUp("--refresh"), /InvalidClientTokenId.*Check the credentials in use/s);
    signBy(current);
    await stack.up("--expect-no-changes");
  });

  it("destroys its keys, that which signs last", async () => {
    await stack.destroy();
    assert.deepEqual(await ids(), []);
  });
});
