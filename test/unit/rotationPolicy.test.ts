import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Output } from "@pulumi/pulumi";
import { DEACTIVATE_ACTION, GUARD_ACTION, ROTATION_ACTIONS } from "../../provider/model/policy";
import { rotationPolicy } from "../../provider/program/rotationPolicy";

const value = <T>(output: Output<T>): Promise<T> => (output as unknown as { promise(): Promise<T> }).promise();
const [one, two] = ["arn:aws:iam::123456789012:user/one", "arn:aws:iam::123456789012:user/ci/two"];
const ALL = [...ROTATION_ACTIONS, GUARD_ACTION, DEACTIVATE_ACTION];

describe("rotationPolicy", () => {
  it("allows the five actions on the user, and nothing else", async () => {
    assert.deepEqual(JSON.parse(await value(rotationPolicy(one))), {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "RotateAccessKeys",
          Effect: "Allow",
          Action: ["iam:GetUser", "iam:ListAccessKeys", "iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:TagUser"],
          Resource: [one],
        },
      ],
    });
  });

  it("covers several users, and the permission of lastUsedGuard", async () => {
    const { Statement } = JSON.parse(await value(rotationPolicy([one, two], { lastUsedGuard: true })));
    assert.deepEqual(Statement[0].Resource, [one, two]);
    assert.ok(Statement[0].Action.includes(GUARD_ACTION));
  });

  it("covers what deactivatePeriod needs, and only if asked", async () => {
    const { Statement } = JSON.parse(await value(rotationPolicy(one, { deactivate: true })));
    assert.deepEqual(Statement[0].Action, [...ROTATION_ACTIONS, DEACTIVATE_ACTION]);
  });

  it("names exactly the IAM actions that the code calls", () => {
    const code = readFileSync(join(__dirname, "../../provider/aws/iam.ts"), "utf8");
    const called = new Set([...code.matchAll(/"(iam:\w+)"/g)].map(([, action]) => action));
    assert.deepEqual([...called].sort(), ALL.sort());
  });

  it("is what docs/permissions.md says", () => {
    const page = readFileSync(join(__dirname, "../../docs/permissions.md"), "utf8");
    for (const action of ALL) assert.ok(page.includes(action), action);
  });
});
