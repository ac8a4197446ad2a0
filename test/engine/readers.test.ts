import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../harness/dist";
import type { Stack } from "../harness/pulumi/stack";
import { fails, stand } from "../harness/pulumi/stand";
import { secretsIn } from "../harness/secrets";

const ROTATING = `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const keys = ["ci", "billing"].map((name) => new RotatedAccessKey(name, {
  userArn: process.env[name], rotationTrigger: process.env.TRIGGER,
}));
exports.current = keys[0].current;
exports.previous = keys[0].previous;
exports.billing = keys[1].current;
exports.userArn = keys[0].userArn;
`;

const READER = `
const pulumi = require("@pulumi/pulumi");
const { readRotatedKey } = require("pulumi-aws-iam-rotator");
const rotating = new pulumi.StackReference("organization/program/dev");
exports.key = readRotatedKey(rotating, process.env.OUTPUT);
`;

const ANOTHER = { PULUMI_CONFIG_PASSPHRASE: "another passphrase of a test" };

/** Words of Pulumi's, as docs/troubleshooting.md has them. */
function told(words: string): RegExp {
  assert.ok(readFileSync(join(ROOT, "docs/troubleshooting.md"), "utf8").includes(`| \`${words}`), words);
  return new RegExp(words);
}

type Key = { accessKeyId: string; secretAccessKey: string };

describe("a stack that reads a rotated key", function () {
  this.timeout(180_000);
  const at = stand();
  let stack: Stack;
  let rotated: { current: Key; previous: Key; billing: Key };
  /** A key that the rotating stack does not export. */
  let withheld = "";

  before(async () => {
    const [ci, billing] = [await at.account("ci").createUser(), await at.account("billing").createUser()];
    stack = await at.stack(ROTATING, { env: { ci, billing } });
    assert.match(await stack.up(), told("will not show as a stack output"));
    stack.env.TRIGGER = "2";
    await stack.up();
    withheld = ((await stack.outputs()) as typeof rotated).billing.secretAccessKey;
    stack.env.TRIGGER = "3";
    await stack.up();
    rotated = (await stack.outputs()) as typeof rotated;
    // The reader is another project in the same backend.
    writeFileSync(join(stack.folder, "Pulumi.yaml"), "name: reader\nruntime: nodejs\n");
    stack.write(READER);
  });

  /** For what has secrets in it: not among what was printed. */
  async function asked(...args: string[]): Promise<string> {
    const before = stack.printed;
    const { code, text } = await stack.run(...args);
    stack.printed = before;
    assert.equal(code, 0, text);
    return text;
  }

  it("has the key as a secret, and its state a copy of all that the stack it reads exports", async () => {
    assert.equal((await stack.run("stack", "init", "same")).code, 0);
    const { code, text } = await stack.runWith({ OUTPUT: "current" }, "up", "--yes", "--skip-preview");
    assert.equal(code, 0, text);
    assert.match(text, /key: \[secret\]/);
    const state = await asked("stack", "export", "--show-secrets");
    for (const key of [rotated.current, rotated.previous, rotated.billing]) {
      assert.ok(state.includes(key.secretAccessKey), "a copy");
    }
    assert.ok(withheld && !state.includes(withheld), "nothing else");
    assert.deepEqual(secretsIn(await asked("stack", "export")), []);
  });

  it("fails with another passphrase, in the preview as well, and says what it needs", async () => {
    assert.equal((await stack.runWith(ANOTHER, "stack", "init", "another")).code, 0);
    for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
      const text = await fails(
        stack.runWith({ ...ANOTHER, OUTPUT: "current" }, ...command),
        /the output current of the stack organization\/program\/dev can't be decrypted here/,
        /the same PULUMI_CONFIG_PASSPHRASE/,
        told("eliding undecryptable secrets for stack reference"),
      );
      assert.doesNotMatch(text, /at .*readRotatedKey/, "no stack trace");
    }
  });

  it("fails for a misspelled output and for one that is no key", async () => {
    assert.equal((await stack.run("stack", "select", "same")).code, 0);
    const preview = (OUTPUT: string) => stack.runWith({ OUTPUT }, "preview");
    await fails(preview("curent"), /is not there\. Its outputs are: billing, current, previous, userArn\./);
    await fails(preview("userArn"), /the output userArn of the stack organization\/program\/dev is no key with/);
  });
});
