import assert from "node:assert/strict";
import { JOURNAL_TAG } from "../../provider/model/journal";
import { ownAwsPlugin } from "../../tools/awsPlugin";
import { type Endpoint, startEndpoint } from "../../tools/endpoint";
import { Account } from "../support/account";
import { type FaultProxy, startProxy } from "../support/proxy";
import { Stack } from "../support/stack";

const component = (user: object) => `
const { RotatedUser } = require("pulumi-aws-iam-rotator/user");
const user = new RotatedUser("deploy", { user: ${JSON.stringify(user)}, rotationTrigger: process.env.TRIGGER });
module.exports = { id: user.currentAccessKeyId };
`;
/** A user that is managed beside the rotation, as README says. */
const apart = (name: string, provider: boolean, tags: object) => `
const { User } = require("@pulumi/aws/iam/user");
const { Provider } = require("@pulumi/aws/provider");
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const common = { skipCredentialsValidation: true, skipRequestingAccountId: true, region: "us-east-1" };
const provider = ${provider} ? new Provider("own", { ...common, ignoreTags: { keys: [${JSON.stringify(JOURNAL_TAG)}] } }) : undefined;
const user = new User("deployer", { name: ${JSON.stringify(name)}, tags: ${JSON.stringify(tags)} }, { provider });
const key = new RotatedAccessKey("ci", { userArn: user.arn, rotationTrigger: process.env.TRIGGER });
module.exports = { id: key.currentAccessKeyId };
`;

for (const regime of ["7", "6"]) {
  describe(`the journal's tag under the bridge, as @pulumi/aws ${regime} handles tags`, function () {
    this.timeout(400_000);
    let endpoint: Endpoint;
    let proxy: FaultProxy;
    let users = 0;
    const stacks: Stack[] = [];
    before(async () => {
      endpoint = await startEndpoint();
      proxy = await startProxy(endpoint.url);
    });
    after(async () => {
      for (const stack of stacks) stack.remove();
      await proxy?.stop();
      await endpoint?.stop();
    });
    const begin = async (program: string) => {
      const env = { TRIGGER: "1", AWS_REGION: "us-east-1", ROTATOR_TEST_AWS_REGIME: regime };
      const stack = await Stack.create({ program, endpointUrl: proxy.url, path: [await ownAwsPlugin()], env });
      stacks.push(stack);
      return stack;
    };
    /** No call that would take the journal away, and it is still there. */
    const isKept = async (name: string) => {
      const untags = proxy.calls.filter(({ action }) => action === "UntagUser");
      const gone = untags.filter(({ params }) => Object.values(params).includes(JOURNAL_TAG));
      assert.deepEqual(gone, [], "the journal is untagged");
      assert.match((await new Account(proxy.url, name).journal()) ?? "", /^v1 done /);
    };
    const calm = async (stack: Stack, name: string) => {
      await stack.refresh();
      await stack.up("--expect-no-changes");
      await stack.up("--refresh", "--expect-no-changes");
      await isKept(name);
    };

    it("of a RotatedUser stays, and shows no change, whatever is refreshed: without tags, and with tags of its own", async () => {
      const name = `tagged-${regime}-${++users}`;
      const stack = await begin(component({ name }));
      await stack.up();
      await calm(stack, name);
      stack.env.TRIGGER = "2";
      stack.write(component({ name, tags: { team: "a" } }));
      await stack.up();
      await calm(stack, name);
      stack.write(component({ name, tags: { cost: "4711" } }));
      await stack.up();
      await calm(stack, name);
    });

    const provider = regime === "6";
    it(`of a user managed apart, with ignoreTags in ${provider ? "an explicit provider" : "the stack's configuration"}: the same`, async () => {
      const name = `apart-${regime}-${++users}`;
      const stack = await begin(apart(name, provider, { team: "a" }));
      const set = ["config", "set", "--path", "aws:ignoreTags.keys[0]", JOURNAL_TAG, "--stack", "dev"];
      if (!provider) assert.equal((await stack.run(...set)).code, 0);
      await stack.up();
      await calm(stack, name);
      stack.env.TRIGGER = "2";
      stack.write(apart(name, provider, { team: "b" }));
      await stack.up();
      await calm(stack, name);
    });
  });
}
