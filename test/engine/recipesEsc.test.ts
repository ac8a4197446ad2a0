import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RotatedKey } from "../../provider";
import { ROOT } from "../harness/dist";
import type { Stack } from "../harness/pulumi/stack";
import { stand } from "../harness/pulumi/stand";
import { EscEvaluator } from "../harness/recipes/escEnvironment";

const environment = (example: string) => readFileSync(join(ROOT, "examples", example, "environment.yaml"), "utf8");

const program = (userArn: string) => `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const key = new RotatedAccessKey("ci", { userArn: ${JSON.stringify(userArn)}, rotationTrigger: process.env.TRIGGER });
exports.current = key.current;
`;

describe("the environments of Pulumi ESC, by ESC's own evaluator", function () {
  this.timeout(300_000);
  let esc: EscEvaluator;
  before(async () => {
    esc = await new EscEvaluator().build();
  });
  after(() => esc?.remove());

  describe("esc-readers", () => {
    const text = environment("esc-readers");
    const at = stand();
    let stack: Stack;
    before(async () => {
      stack = await at.stack(program(await at.account("reader").createUser()));
    });

    it("gives whoever opens it the key of the stack's last run, hidden, and no other output", async () => {
      const seen = new Set<string>();
      for (const trigger of ["1", "2"]) {
        stack.env.TRIGGER = trigger;
        await stack.up();
        const outputs = (await stack.outputs()) as { current: RotatedKey };
        const opened = await esc.open(text, { "pulumi-stacks": { "my-project/prod": outputs } });
        assert.deepEqual(opened.environmentVariables, {
          values: {
            AWS_ACCESS_KEY_ID: outputs.current.accessKeyId,
            AWS_SECRET_ACCESS_KEY: outputs.current.secretAccessKey,
          },
          secret: { AWS_ACCESS_KEY_ID: true, AWS_SECRET_ACCESS_KEY: true },
        });
        seen.add(outputs.current.accessKeyId);
      }
      assert.equal(seen.size, 2);
    });

    const outputs = { current: { accessKeyId: "AKIA", secretAccessKey: "of nobody" } };
    it("would be refused, with a name that is not there", async () => {
      for (const [right, wrong, message] of [
        ["rotating.current.accessKeyId", "rotating.now.accessKeyId", /unknown property "now"/],
        ["${stacks.rotating.current.acc", "${stacks.rotator.current.acc", /unknown property "rotator"/],
        ["          stack: my", "          name: my", /missing required properties: stack/],
        ["pulumi-stacks:", "pulumi-stack:", /no provider "pulumi-stack"/],
      ] as const) {
        assert.equal(text.split(right).length, 2, right);
        const opening = esc.open(text.replace(right, wrong), { "pulumi-stacks": { "my-project/prod": outputs } });
        await assert.rejects(opening, message);
      }
    });
  });

  describe("esc-login", () => {
    const text = environment("esc-login");
    const login = { accessKeyId: "ASIA", secretAccessKey: "of an hour", sessionToken: "of an hour, too" };

    it("gives the program its setting, and what runs no program the same by variables, all hidden", async () => {
      assert.deepEqual(await esc.open(text, { "aws-login": login }), {
        pulumiConfig: { values: { login }, secret: { login: true } },
        environmentVariables: {
          values: {
            AWS_ACCESS_KEY_ID: login.accessKeyId,
            AWS_SECRET_ACCESS_KEY: login.secretAccessKey,
            AWS_SESSION_TOKEN: login.sessionToken,
          },
          secret: { AWS_ACCESS_KEY_ID: true, AWS_SECRET_ACCESS_KEY: true, AWS_SESSION_TOKEN: true },
        },
      });
    });

    it("fits the project beside it, by its settings", () => {
      const file = (name: string) => readFileSync(join(ROOT, "examples/esc-login", name), "utf8");
      const [, project = ""] = /^name: (.+)$/m.exec(file("Pulumi.yaml")) ?? [];
      assert.match(file("stack-config.yaml"), new RegExp(`^ {2}${project}:userArn: arn:aws:iam::`, "m"));
    });

    it("would be refused, with a role that is not named", async () => {
      const opening = esc.open(text.replace("roleArn:", "role:"), { "aws-login": login });
      await assert.rejects(opening, /roleArn/);
    });
  });
});
