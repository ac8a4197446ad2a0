import assert from "node:assert/strict";
import { resolve } from "node:path";
import { OLDEST_PULUMI, oldestPulumi } from "../harness/pulumi/builtProvider";
import { Stack } from "../harness/pulumi/stack";
import { fails } from "../harness/pulumi/stand";

const userArn = "arn:aws:iam::123456789012:user/ci";
/** A trigger that is no JSON, once it is known; a secret with white space. */
const LATE: [expression: string, says: RegExp][] = [
  [
    `new RotatedAccessKey("ci", { userArn: "${userArn}", rotationTrigger: pulumi.output(1).apply(() => new Map()) })`,
    /error: .*RotatedAccessKey ci: rotationTrigger is a Map/,
  ],
  ['sesSmtpPassword(pulumi.secret("a b"), "eu-west-1")', /error: sesSmtpPassword: the secret/],
];

/** Of an error of another kind, old SDKs put a text together for a minute, until it was too long for Node.js. */
describe("what a program refuses late", function () {
  this.timeout(120_000);
  for (const [version, below] of [
    ["the newest @pulumi/pulumi", async () => undefined],
    [`@pulumi/pulumi ${OLDEST_PULUMI}`, async () => resolve(await oldestPulumi(), "../../..")],
  ] as const) {
    it(`ends the run in its own words, within seconds, with ${version}`, async () => {
      const folder = await below();
      const stack = await Stack.create({
        program: "",
        endpointUrl: "http://127.0.0.1:9",
        ...(folder && { below: folder }),
      });
      try {
        for (const [expression, says] of LATE) {
          stack.write(`const pulumi = require("@pulumi/pulumi");
const { RotatedAccessKey, sesSmtpPassword } = require("pulumi-aws-iam-rotator");
exports.made = ${expression};`);
          const began = Date.now();
          const text = await fails(stack.run("preview", "--stack", "dev"), says);
          assert.doesNotMatch(text, /unhandled|RangeError|\n\s+at /);
          assert.ok(Date.now() - began < 40_000, `${Date.now() - began} ms`);
        }
      } finally {
        stack.remove();
      }
    });
  }
});
