import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Stack } from "../harness/pulumi/stack";
import { stand } from "../harness/pulumi/stand";

const PROGRAM = `
const pulumi = require("@pulumi/pulumi");
const { RotatedAccessKey, rotationReport } = require("pulumi-aws-iam-rotator");
const { USER_ARN: userArn, TRIGGER: rotationTrigger, EVERY, IGNORES } = process.env;
const later = () => new pulumi.dynamic.Resource({ create: async () => ({ id: "x", outs: { every: "1s" } }) }, "later", { every: undefined }).every;
const inputs = { userArn, rotationTrigger, rotateEvery: EVERY === "later" ? later() : EVERY, gracePeriod: "1s" };
if (EVERY !== "later" && EVERY !== "1s") inputs.gracePeriod = "1h";
const key = new RotatedAccessKey("ci", inputs, { ignoreChanges: IGNORES ? [IGNORES] : [] });
exports.pending = key.pending;
exports.deactivated = key.previousDeactivatedAt;
exports.rotationDueAt = key.rotationDueAt;
exports.report = rotationReport([key]).apply((text) => text.includes("ci-"));
`;

describe("what a preview says of what waits, and of what is due", function () {
  this.timeout(300_000);
  const at = stand();
  let stack: Stack;

  async function made(user: string, more: Record<string, string>): Promise<void> {
    const env = { USER_ARN: await at.account(user).createUser(), ...more };
    stack = await at.stack(PROGRAM, { env });
    await stack.up();
  }

  it("where nothing changes, no output is unknown", async () => {
    await made("ci-quiet", { EVERY: "2h" });
    const text = await stack.preview("--diff");
    assert.match(text, /2 unchanged/);
    assert.doesNotMatch(text, /\[unknown\]/);
    stack.env.TRIGGER = "2";
    assert.match(await stack.preview("--diff"), /deactivated *: \[unknown\]/, "before a rotation it is");
    await stack.up();
    assert.doesNotMatch(await stack.preview("--diff"), /\[unknown\]/);
  });

  it("a rotateEvery that is not known yet may be over: the preview says so, and the update rotates", async () => {
    await made("ci-later", { EVERY: "1s" });
    await sleep(1500);
    stack.env.EVERY = "later";
    const text = await stack.preview();
    assert.match(text, /this update may change keys: rotateEvery is not known yet/);
    assert.match(text, /1 to update/);
    assert.match(await stack.up(), /made AKIA\w+ as current, .* \(due since /);
  });

  it("a trigger whose change is ignored waits for nothing", async () => {
    await made("ci-ignores", { EVERY: "2h" });
    stack.env.TRIGGER = "2";
    await stack.up();
    stack.env.TRIGGER = "3";
    await stack.up();
    const [wait] = (await stack.outputs()).pending as { what: string; because: string; until?: string }[];
    assert.deepEqual(
      [wait?.what, wait?.because, typeof wait?.until],
      ["rotation", "grace", "string"],
      "not ignored, it waits",
    );
    stack.env.TRIGGER = "2";
    await stack.up();
    Object.assign(stack.env, { TRIGGER: "3", IGNORES: "rotationTrigger" });
    assert.match(await stack.up(), /2 unchanged/);
    assert.deepEqual((await stack.outputs()).pending, []);
  });
});
