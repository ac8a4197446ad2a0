import assert from "node:assert/strict";
import { Account } from "../harness/aws/account";
import { type Endpoint, startEndpoint } from "../harness/aws/endpoint";
import { type FaultProxy, startProxy } from "../harness/aws/proxy";
import { ensureBuilt } from "../harness/dist";
import { Stack } from "../harness/pulumi/stack";
import { remember, secretsIn } from "../harness/secrets";

const LOGIN = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "login/of+a=transformation/T5" };
const TRIGGER = "a trigger that is secret T5";

/** Both give the resource a plain login, and options in the place of those that it had. */
const CHANGED = `({ props: { ...props, login: ${JSON.stringify(LOGIN)} }, opts: { protect: false } })`;
const WAYS = {
  "a transformation of the stack": `pulumi.runtime.registerStackTransformation(({ type, props }) =>
    type.endsWith(":RotatedAccessKey") ? ${CHANGED} : undefined);`,
  "its own transform": `const transforms = [async ({ props }) => ${CHANGED}];`,
};

describe("secrets, by a program that loses what says that they are", function () {
  this.timeout(300_000);
  let endpoint: Endpoint;
  let proxy: FaultProxy;
  let stack: Stack;

  before(async () => {
    for (const secret of [LOGIN.secretAccessKey, TRIGGER]) remember(secret);
    ensureBuilt();
    endpoint = await startEndpoint();
    proxy = await startProxy(endpoint.url);
  });
  afterEach(() => stack?.remove());
  after(async () => {
    await proxy?.stop();
    await endpoint?.stop();
  });

  for (const [index, [title, registers]] of Object.entries(WAYS).entries()) {
    it(`${title}: made, half-done, refreshed and rotated, each stays encrypted`, async () => {
      const account = new Account(proxy.url, `sealed${index}`);
      const program = `
const pulumi = require("@pulumi/pulumi");
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
${registers}
const rotationTrigger = pulumi.secret(process.env.TRIGGER);
const opts = ${registers.includes("const transforms") ? "{ transforms }" : "{}"};
const key = new RotatedAccessKey("ci", { userArn: process.env.USER_ARN, rotationTrigger }, opts);
exports.current = key.current;
`;
      const env = { USER_ARN: await account.createUser(), TRIGGER: `${TRIGGER}1`, AWS_REGION: "us-east-1" };
      stack = await Stack.create({ program, endpointUrl: proxy.url, hasty: true, env });
      await stack.up();
      assert.ok(stack.recorded()?.login, "the transformation was followed");
      isNowhere();
      stack.env.TRIGGER = `${TRIGGER}2`;
      await stack.preview("--diff");
      proxy.rule({ action: "TagUser", nth: 2, fault: { kind: "error", code: "AccessDenied", status: 403 } });
      assert.notEqual((await stack.tryUp("--diff")).code, 0, "half-done");
      proxy.clear();
      assert.ok(stack.recorded()?.answered);
      isNowhere();
      await stack.refresh("--diff");
      await stack.up("--diff");
      stack.env.TRIGGER = `${TRIGGER}3`;
      await stack.up("--diff");
      isNowhere();
      await stack.destroy();
      isNowhere();
    });
  }

  function isNowhere(): void {
    for (const [where, text] of stack.everything()) assert.deepEqual(secretsIn(text), [], where);
  }
});
