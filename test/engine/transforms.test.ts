import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import execa from "execa";
import type { Account } from "../harness/aws/account";
import { ownAwsPlugin } from "../harness/pulumi/awsPlugin";
import type { Stack } from "../harness/pulumi/stack";
import { stand } from "../harness/pulumi/stand";

/** Inline: then the SDK is its own host, which knows today's transforms, and not the older one that is built here. */
const SCRIPT = `
const pulumi = require("@pulumi/pulumi");
const { LocalWorkspace } = require("@pulumi/pulumi/automation");
const { RotatedUser } = require("pulumi-aws-iam-rotator/user");
const { ADD, TRIGGER, TAG = "a" } = process.env;
/** What is wrong is known late, in an output: a failing one would leave out what it is an input of, and the engine deletes that. */
const late = (value) => pulumi.output(new Promise((resolve) => setTimeout(() => resolve(value), 100)));
const adding = ({ type, props, opts }) =>
  type === "aws:iam/user:User" ? { props: { ...props, tags: { ...props.tags, stage: "" } }, opts } : undefined;
const program = async () => {
  if (ADD === "stack") pulumi.runtime.registerResourceTransform(adding);
  const opts = ADD === "option" ? { transforms: [adding] } : {};
  new RotatedUser("deploy", { user: { name: "deploy", tags: { team: late(TAG) } }, rotationTrigger: late(TRIGGER).apply((known) => (known === "Map" ? new Map() : known)) }, opts);
};
LocalWorkspace.selectStack({ stackName: "dev", projectName: "program", program }, { workDir: process.cwd() })
  .then((stack) => stack.up())
  .catch(({ message }) => {
    console.log(message);
    process.exitCode = 1;
  });
`;

describe("a tag without a value, added by the engine's transforms to the user of a RotatedUser", function () {
  this.timeout(120_000);
  const at = stand();
  let account: Account;
  let stack: Stack;
  before(async () => {
    account = at.account("deploy");
    stack = await at.stack("", { path: [await ownAwsPlugin()], env: { ROTATOR_TEST_AWS_REGIME: "7" } });
    writeFileSync(join(stack.folder, "inline.js"), SCRIPT);
  });

  const up = (more: Record<string, string>) =>
    execa(process.execPath, ["inline.js"], {
      cwd: stack.folder,
      env: { ...stack.env, ...more },
      extendEnv: false,
      all: true,
      reject: false,
    });
  const refused = async (
    more: Record<string, string>,
    told = /RotatedUser deploy: the tag stage has an empty value/,
  ) => {
    const { exitCode, all = "" } = await up(more);
    assert.equal(exitCode, 1, all);
    assert.match(all, told);
  };

  it("is refused before a key is made, and before one is changed", async () => {
    await refused({ ADD: "stack", TRIGGER: "1" });
    assert.deepEqual(await account.keys(), []);
    const { exitCode, all } = await up({ TRIGGER: "1" });
    assert.equal(exitCode, 0, all);
    const keys = await account.keys();
    assert.equal(keys.length, 1);
    for (const [more, told] of [
      [{ TRIGGER: "Map" }, /rotationTrigger is a Map, which is no JSON value/],
      [{ TRIGGER: "2", TAG: "" }, /RotatedUser deploy: the tag team has an empty value/],
    ] as const) {
      await refused(more, told);
      assert.deepEqual(await account.keys(), keys);
      assert.ok(await account.journal());
    }
    for (const ADD of ["option", "stack"]) {
      await refused({ ADD, TRIGGER: "2" });
      assert.deepEqual(await account.keys(), keys);
    }
  });
});
