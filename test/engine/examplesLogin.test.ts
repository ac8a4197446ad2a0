import assert from "node:assert/strict";
import { CreateRoleCommand, DeleteRolePolicyCommand, IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import type { Login } from "../../provider";
import { Account } from "../harness/aws/account";
import { Examples } from "../harness/pulumi/example";
import { remember } from "../harness/secrets";

const NOBODY = { accessKeyId: "AKIANOBODY0000000000", secretAccessKey: "of nobody" };

describe("the example with a login from Pulumi ESC", function () {
  this.timeout(300_000);
  let examples: Examples;
  let iam: IAMClient;
  let sts: STSClient;
  before(async () => {
    // What is in the environment can do nothing here: whatever works, works by the login.
    examples = await Examples.start(NOBODY);
    const client = { endpoint: examples.endpoint.url, region: "us-east-1", credentials: examples.admin };
    [iam, sts] = [new IAMClient(client), new STSClient(client)];
  });
  after(() => examples?.stop());

  const policy = (statement: object) =>
    JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] });

  /** What ESC does with a role: temporary credentials, in the shape of its aws-login. */
  async function escLogin(RoleName: string): Promise<Login & { sessionToken: string }> {
    const AssumeRolePolicyDocument = policy({ Action: "sts:AssumeRole", Principal: { AWS: "*" } });
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
    const PolicyDocument = policy({ Action: "iam:*", Resource: "*" });
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "rotate", PolicyDocument }));
    const asked = new AssumeRoleCommand({ RoleArn: Role?.Arn ?? "", RoleSessionName: "pulumi-rotator" });
    const { Credentials } = await sts.send(asked);
    const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = Credentials ?? {};
    for (const secret of [SecretAccessKey, SessionToken]) remember(secret);
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  }

  const asSettings = (login: Login) =>
    Object.fromEntries(Object.entries(login).map(([name, value]) => [`login.${name}`, value as string]));

  it("esc-login: other temporary credentials are no change, and a rotation uses them", async () => {
    const user = new Account(examples.endpoint.url, "deployer", examples.admin);
    const userArn = await user.createUser();
    const [yesterday, today] = [await escLogin("yesterday"), await escLogin("today")];
    const example = await examples.of("esc-login");
    await example.config({ userArn });
    await example.secretConfig(asSettings(yesterday));
    await example.up();
    const first = await example.output("currentAccessKeyId");
    assert.deepEqual(await user.keys(), [{ id: first, status: "Active" }]);

    await example.secretConfig(asSettings({ ...yesterday, sessionToken: today.sessionToken }));
    await example.pulumi("preview --expect-no-changes");
    await example.secretConfig(asSettings(today));
    await example.up("--expect-no-changes");

    // The session that the state knows is worth nothing any more, as if its hour were over.
    await iam.send(new DeleteRolePolicyCommand({ RoleName: "yesterday", PolicyName: "rotate" }));
    await example.upWith("rotation=2");
    const second = await example.output("currentAccessKeyId");
    assert.deepEqual((await user.keys()).map(({ id }) => id).sort(), [first, second].sort());
    await example.secretOutputs();
    await example.destroy();
    assert.deepEqual(await user.keys(), []);
  });

  it("prints no secret", () => {
    assert.deepEqual(examples.secretsPrinted(), []);
  });
});
