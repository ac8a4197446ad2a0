import assert from "node:assert/strict";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Account } from "../harness/aws/account";
import { ROOT } from "../harness/dist";
import type { Stack } from "../harness/pulumi/stack";
import { stand } from "../harness/pulumi/stand";
import { GitlabRunner } from "../harness/recipes/gitlabRunner";
import { secretsIn } from "../harness/secrets";

const FILE = join(ROOT, "examples/gitlab-ci/.gitlab-ci.yml");
const text = readFileSync(FILE, "utf8");

// With LATE each run ends with a rotation that is due again, since it lingers; with NONE the stack has no keys.
const program = (userArn: string) => `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const rotateEvery = process.env.LATE ? "1s" : "90d";
if (!process.env.NONE) {
  const key = new RotatedAccessKey("ci", { userArn: ${JSON.stringify(userArn)}, rotateEvery, rotationTrigger: process.env.TRIGGER });
  key.currentAccessKeyId.apply(() => new Promise((done) => setTimeout(done, process.env.LATE ? 2_500 : 0)));
}
`;

describe("the pipeline of GitLab", function () {
  this.timeout(180_000);
  let gitlab: GitlabRunner;
  before(() => {
    gitlab = new GitlabRunner();
  });
  after(() => gitlab?.remove());

  describe("by GitLab's own schema", () => {
    it("is right, and has one job for a schedule", async () => {
      const { failed, all } = await gitlab.check(text);
      assert.ok(!failed, all);
      assert.match(all, /json schema validated/);
      assert.match(all, /^rotate +test +on_success +false/m);
    });

    it("would not be, with a key that is none, or a value of another kind", async () => {
      for (const [right, wrong] of [
        ["  interruptible:", "  interruptable:"],
        ["resource_group: rotate-access-keys", "resource_group: [rotate-access-keys]"],
        ["      aud: https://gitlab.com", "      audience: https://gitlab.com"],
        ["timeout: 30 minutes", "timeout: [30]"],
        ["  script:", "  skript:"],
      ] as const) {
        assert.equal(text.split(right).length, 2, right);
        const { failed, all } = await gitlab.check(text.replace(right, wrong));
        assert.ok(failed, all);
        assert.match(all, /Invalid \.gitlab-ci\.yml configuration|must have script/);
      }
    });
  });

  describe("as a job that runs", () => {
    const at = stand();
    let stack: Stack;
    let user: Account;
    before(async () => {
      user = at.account("gitlab");
      stack = await at.stack(program(await user.createUser()));
      copyFileSync(FILE, join(stack.folder, ".gitlab-ci.yml"));
      // The token and the role are all that is there to sign in with.
      delete stack.env.AWS_ACCESS_KEY_ID;
      delete stack.env.AWS_SECRET_ACCESS_KEY;
      const nowhere = join(stack.folder, "nowhere");
      const none = {
        AWS_CONFIG_FILE: nowhere,
        AWS_SHARED_CREDENTIALS_FILE: nowhere,
        AWS_EC2_METADATA_DISABLED: "true",
      };
      Object.assign(stack.env, none);
    });

    const run = () => gitlab.run(stack.folder, "rotate", stack.env, { STACK: "dev", AWS_TOKEN: "a token of GitLab's" });

    it("signs in by its token alone, makes and rotates keys, and ends well where nothing is overdue", async () => {
      const first = await run();
      assert.ok(!first.failed, first.all);
      assert.equal((await user.keys()).length, 1);
      stack.env.TRIGGER = "2";
      const second = await run();
      assert.ok(!second.failed, second.all);
      assert.match(second.all, /made AKIA\w+ as current, kept AKIA\w+ valid as previous/);
      assert.equal((await user.keys()).length, 2);
      assert.equal(readFileSync(gitlab.tokenFile, "utf8"), "a token of GitLab's\n");
      assert.deepEqual(secretsIn(first.all + second.all), []);
    });

    for (const [title, variable, shown] of [
      ["a rotation is due and has not come, and shows it", "LATE", /rotate > \| gitlab .*due since/],
      ["the stack has no keys", "NONE", /This stack has no keys/],
    ] as const) {
      it(`fails where ${title}`, async () => {
        stack.env[variable] = "1";
        const { failed, all } = await run();
        delete stack.env[variable];
        assert.ok(failed, all);
        assert.match(all, shown);
      });
    }
  });
});
