import assert from "node:assert/strict";
import { fails, stand } from "../harness/pulumi/stand";
import { remember } from "../harness/secrets";

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
  for (const secret of [LOGIN.secretAccessKey, TRIGGER]) remember(secret);
  const at = stand();

  for (const [index, [title, registers]] of Object.entries(WAYS).entries()) {
    it(`${title}: made, half-done, refreshed and rotated, each stays encrypted`, async () => {
      const account = at.account(`sealed${index}`);
      const program = `
const pulumi = require("@pulumi/pulumi");
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
${registers}
const rotationTrigger = pulumi.secret(process.env.TRIGGER);
const opts = ${registers.includes("const transforms") ? "{ transforms }" : "{}"};
const key = new RotatedAccessKey("ci", { userArn: process.env.USER_ARN, rotationTrigger }, opts);
exports.current = key.current;
`;
      const env = { USER_ARN: await account.createUser(), TRIGGER: `${TRIGGER}1` };
      const stack = await at.stack(program, { env });
      await stack.up();
      assert.ok(stack.recorded()?.login, "the transformation was followed");
      at.leaksNothing();
      stack.env.TRIGGER = `${TRIGGER}2`;
      await stack.preview("--diff");
      at.proxy.rule({ action: "TagUser", nth: 2, fault: { kind: "error", code: "AccessDenied", status: 403 } });
      await fails(stack.tryUp("--diff"));
      at.proxy.clear();
      assert.ok(stack.recorded()?.answered);
      at.leaksNothing();
      await stack.refresh("--diff");
      await stack.up("--diff");
      stack.env.TRIGGER = `${TRIGGER}3`;
      await stack.up("--diff");
      at.leaksNothing();
      await stack.destroy();
      at.leaksNothing();
    });
  }
});
