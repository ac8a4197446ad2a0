import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT, startMinistack } from "../../tools/ministack";
import { Account } from "../support/account";
import { installPacked } from "../support/packed";
import { secretsIn } from "../support/secrets";
import { Stack } from "../support/stack";
import { newRotator, policyFor, type Rotator } from "./rotator";

describe("the permission of deactivatePeriod, where policies are enforced", function () {
  this.timeout(300_000);
  let ministack: Awaited<ReturnType<typeof startMinistack>>;
  let stack: Stack;
  let account: Account;
  let rotator: Rotator;
  let userArn: string;
  const statuses = async () => (await account.keys()).map(({ status }) => status).sort();
  before(async () => {
    ministack = await startMinistack();
    account = new Account(ministack.url, "user-deactivated", ROOT);
    userArn = await account.createUser("/");
    rotator = await newRotator(ministack.url, "rotator-deactivated");
    const program = `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
new RotatedAccessKey("ci", { userArn: "${userArn}", login: ${JSON.stringify(rotator.login)}, gracePeriod: "1s", deactivatePeriod: "1d", rotationTrigger: process.env.TRIGGER });
`;
    const env = { AWS_REGION: "us-east-1", TRIGGER: "1" };
    stack = await Stack.create({ program, endpointUrl: ministack.url, env });
    await installPacked(join(stack.folder, "node_modules"));
  });
  after(async () => {
    stack?.remove();
    await ministack?.stop();
  });

  it("is missed before there is a key", async () => {
    await rotator.allow(await policyFor(userArn));
    const { code, text } = await stack.tryUp();
    assert.notEqual(code, 0);
    assert.match(text, /Can't deactivate access keys of .*iam:UpdateAccessKey failed with AccessDenied/);
    assert.match(
      text,
      /Allow iam:UpdateAccessKey on this user \(`rotationPolicy\(userArn, \{ deactivatePeriod: true \}\)`/,
    );
    assert.deepEqual(await statuses(), []);
  });

  it("is all that is needed besides, and nobody's key is touched to find out", async () => {
    await rotator.allow(await policyFor(userArn, { deactivatePeriod: true }));
    await stack.up();
    stack.env.TRIGGER = "2";
    await stack.up();
    assert.deepEqual(await statuses(), ["Active", "Active"]);
    await sleep(1_100);
    await stack.up();
    assert.deepEqual(await statuses(), ["Active", "Inactive"]);
    await stack.destroy();
    assert.deepEqual(await statuses(), []);
  });

  it("leaves no secret in plain text", () => {
    for (const [where, text] of stack.everything()) assert.deepEqual(secretsIn(text), [], where);
  });
});
