import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import {
  DEACTIVATE_ACTION,
  GUARD_ACTION,
  MFA_ACTION,
  ROTATION_ACTIONS,
  USER_ACTIONS,
} from "../../provider/functions/policy";
import { invoke } from "../../provider/plugin/functions";
import { rotationPolicy } from "../../provider/program/rotationPolicy";
import { ROOT } from "../harness/dist";
import { settled } from "../harness/outputs";

const [one, two] = ["arn:aws:iam::123456789012:user/one", "arn:aws:iam::123456789012:user/ci/two"];
const ALL = [...ROTATION_ACTIONS, GUARD_ACTION, DEACTIVATE_ACTION];

describe("rotationPolicy", () => {
  it("allows the five actions on the user, and nothing else", async () => {
    assert.deepEqual(JSON.parse(await settled(rotationPolicy(one))), {
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

  it("covers several users, and what lastUsedGuard, deactivatePeriod and the user of a RotatedUser need, only if asked", async () => {
    const statements = async (options: object) => {
      const { Statement } = JSON.parse(await settled(rotationPolicy([one, two], options)));
      return Statement.map(({ Action, Resource }: Record<string, unknown>) => [Action, Resource]);
    };
    const users = [one, two];
    assert.deepEqual(await statements({ lastUsedGuard: true }), [[[...ROTATION_ACTIONS, GUARD_ACTION], users]]);
    assert.deepEqual(await statements({ deactivatePeriod: true }), [[[...ROTATION_ACTIONS, DEACTIVATE_ACTION], users]]);
    assert.deepEqual(await statements({ user: true }), [
      [ROTATION_ACTIONS, users],
      [USER_ACTIONS, users],
      [MFA_ACTION, "*"],
    ]);
  });

  for (const pattern of ["arn:aws:iam::123456789012:user/*", "arn:aws-cn:iam::123456789012:user/fleet/*/ci-?"]) {
    it(`takes ${pattern} for all users that it stands for`, async () => {
      assert.deepEqual(JSON.parse(await settled(rotationPolicy(pattern))).Statement[0].Resource, [pattern]);
    });
  }

  /** What the function of the program says, and that the plugin's says the same. */
  async function refusal(arns: unknown, options: object = {}): Promise<string> {
    const ofPlugin = invoke("aws-iam-rotator:index:rotationPolicy", { userArns: arns, ...options });
    let told = "";
    await assert.rejects(settled(rotationPolicy(arns as string[], options)), (error: Error) => {
      told = error.message;
      return pulumi.RunError.isInstance(error);
    });
    assert.deepEqual(ofPlugin, { failure: { property: "", reason: told } });
    return told;
  }

  for (const [what, arns, said] of [
    ["no ARN", [], /there is no ARN/],
    ["an ARN that mocks do not have", [undefined], /the ARN is no text/],
    ["one among others", [one, null], /the ARN at index 1 is no text/],
    ["a number", [5], /the ARN is no text/],
    ["a name", ["ci"], /the ARN is not that of an IAM user: .*user\/ci\/\*/],
    ["a role's ARN", ["arn:aws:iam::123456789012:role/ci"], /not that of an IAM user/],
    ["every account", ["arn:aws:iam::*:user/ci"], /not that of an IAM user/],
    ["everything", ["*"], /not that of an IAM user/],
  ] as const) {
    it(`refuses ${what}`, async () => assert.match(await refusal(arns), said));
  }

  for (const options of [{ deactivate: true }, { lastUsedGuard: "2d" }]) {
    it(`refuses ${JSON.stringify(options)}: options are named as the inputs, and true or false`, async () => {
      const told = await refusal([one], options);
      for (const name of [...Object.keys(options), "deactivatePeriod", "lastUsedGuard", "user"]) {
        assert.ok(told.includes(name), name);
      }
    });
  }

  it("refuses what is longer than a managed policy, with both ways out, and takes what is just as long", async () => {
    const arns = Array.from({ length: 200 }, (_, at) => `arn:aws:iam::123456789012:user/fleet/user-${1000 + at}`);
    const length = async (count: number) => (await settled(rotationPolicy(arns.slice(0, count)))).length;
    const each = (await length(2)) - (await length(1));
    const most = Math.floor((6144 - (await length(1))) / each) + 1;
    const exact = `${arns[most - 1]}${"x".repeat(6144 - (await length(most)))}`;
    const longest = [...arns.slice(0, most - 1), exact];
    assert.equal((await settled(rotationPolicy(longest))).length, 6144);
    assert.match(
      await refusal([...longest.slice(0, -1), `${exact}x`]),
      new RegExp(`for ${most} users has 6145 characters.* 6144: .*wildcard.*several policies`),
    );
  });

  it("names exactly the IAM actions that the code calls, and docs/permissions.md names them too", () => {
    const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
    const called = new Set(read("provider/aws/iam.ts").match(/(?<=")iam:\w+(?=")/g));
    assert.deepEqual([...called].sort(), [...ALL].sort());
    const page = read("docs/permissions.md");
    for (const action of [...ALL, ...USER_ACTIONS, MFA_ACTION]) assert.match(page, new RegExp(`["\`]${action}["\`]`));
  });
});
