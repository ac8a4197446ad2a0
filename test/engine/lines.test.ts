import assert from "node:assert/strict";
import { Account } from "../harness/aws/account";
import { type Endpoint, startEndpoint } from "../harness/aws/endpoint";
import { Stack } from "../harness/pulumi/stack";

const PROGRAM = `const pulumi = require("@pulumi/pulumi");
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
class Team extends pulumi.ComponentResource {
  constructor(name) {
    super("example:index:Team", name);
    new RotatedAccessKey("ci", { userArn: process.env.USER_ARN, rotationTrigger: process.env.TRIGGER }, { parent: this });
  }
}
new Team("team");`;

/** What stands below the resource's name, or the stack's, in the list at the end. */
function below(heading: string, text: string): string[] {
  const sections = (text.split("\nDiagnostics:\n")[1] ?? "").split(/\n {2}(?=\S)/);
  const section = sections.find((one) => one.trimStart().startsWith(heading));
  return (section ?? "").split("\n").slice(1);
}

describe("what a dynamic provider says", function () {
  this.timeout(240_000);
  let endpoint: Endpoint;
  let stack: Stack;
  before(async () => {
    endpoint = await startEndpoint();
  });
  after(async () => {
    stack?.remove();
    await endpoint?.stop();
  });

  it("stands at its resource, a warning as one, in preview and up, from the creation on", async () => {
    const account = new Account(endpoint.url, "lines");
    const env = { AWS_REGION: "us-east-1", USER_ARN: await account.createUser(), TRIGGER: "1" };
    stack = await Stack.create({ program: PROGRAM, endpointUrl: endpoint.url, env, hasty: true });
    const unmanaged = await account.addKey();
    const OURS = "pulumi-nodejs:dynamic/pulumi-aws-iam-rotator:RotatedAccessKey (ci):";
    const at = (text: string, line: RegExp) => {
      assert.ok(
        below(OURS, text).some((said) => line.test(said)),
        text,
      );
      assert.ok(!below("pulumi:pulumi:Stack", text).some((said) => line.test(said)), text);
    };
    at(await stack.preview(), / this creation makes a new access key as current/);
    const created = await stack.up();
    at(created, /^ {4}warning: .*AKIA\w+ on this user is unmanaged/);
    at(created, /: made AKIA/);
    await account.deleteKey(unmanaged.accessKeyId);
    stack.env.TRIGGER = "2";
    at(await stack.preview(), / this update makes /);
    at(await stack.up(), /: made AKIA\w+ as current, kept AKIA/);
  });
});
