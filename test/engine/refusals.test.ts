import assert from "node:assert/strict";
import { resolve } from "node:path";
import { OLDEST_PULUMI, oldestPulumi } from "../harness/pulumi/builtProvider";
import { Stack } from "../harness/pulumi/stack";

const userArn = "arn:aws:iam::123456789012:user/ci";
const LATE: [what: string, expression: string, says: RegExp][] = [
  [
    "a trigger that is no JSON, once it is known",
    `new RotatedAccessKey("ci", { userArn: "${userArn}", rotationTrigger: pulumi.output(1).apply(() => new Map()) })`,
    /error: .*RotatedAccessKey ci: rotationTrigger is a Map/,
  ],
  [
    "a secret with white space",
    'sesSmtpPassword(pulumi.secret("a b"), "eu-west-1")',
    /error: sesSmtpPassword: the secret/,
  ],
];

/** Of an error of another kind, old SDKs put a text together for a minute, until it was too long for Node.js. */
describe("what a program refuses late", function () {
  this.timeout(120_000);
  for (const [version, below] of [
    ["the newest @pulumi/pulumi", async () => undefined],
    [`@pulumi/pulumi ${OLDEST_PULUMI}`, async () => resolve(await oldestPulumi(), "../../..")],
  ] as const) {
    for (const [what, expression, says] of LATE) {
      it(`ends the run in its own words, within seconds: ${what}, with ${version}`, async () => {
        const folder = await below();
        const stack = await Stack.create({
          program: `const pulumi = require("@pulumi/pulumi");
const { RotatedAccessKey, sesSmtpPassword } = require("pulumi-aws-iam-rotator");
exports.made = ${expression};`,
          endpointUrl: "http://127.0.0.1:9",
          ...(folder && { below: folder }),
        });
        try {
          const began = Date.now();
          const { code, text } = await stack.run("preview", "--stack", "dev");
          assert.notEqual(code, 0);
          assert.match(text, says);
          assert.doesNotMatch(text, /unhandled|RangeError|\n\s+at /);
          assert.ok(Date.now() - began < 40_000, `${Date.now() - began} ms`);
        } finally {
          stack.remove();
        }
      });
    }
  }
});
