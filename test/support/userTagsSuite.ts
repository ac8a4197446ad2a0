import assert from "node:assert/strict";
import { type Regime, type UserStack, Users, userProgram } from "./userStack";

const EXPLICIT = `new Provider("explicit", {
  region: "us-east-1", accessKey: "AKIAEXPLICIT00000000", secretKey: "secret of the provider",
  skipCredentialsValidation: true, skipRequestingAccountId: true,
  defaultTags: { tags: { owner: "platform" } }, ignoreTags: { keys: ["scanned"], keyPrefixes: ["corp:"] },
})`;

/** The component as it was before it knew how the bridge reads paths: its state has the tag after a refresh. */
const AS_IT_WAS = (user: string) => `
const pulumi = require("@pulumi/pulumi");
const { User } = require("@pulumi/aws/iam/user");
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
class Before extends pulumi.ComponentResource {
  constructor() {
    super("pulumi-aws-iam-rotator:index:RotatedUser", "deploy", {});
    const ignoreChanges = ['tags["pulumi-aws-iam-rotator"]'];
    const user = new User("deploy", ${user}, { parent: this, ignoreChanges });
    new RotatedAccessKey("deploy", { userArn: user.arn, rotationTrigger: process.env.TRIGGER }, { parent: this });
  }
}
new Before();
`;

/** What holds for the tags of a RotatedUser, with the real engine and the real bridge. */
export function tagsOfRotatedUser(regime: Regime): void {
  describe(`the tags of a RotatedUser, as @pulumi/aws ${regime} handles them`, function () {
    this.timeout(400_000);
    let users: Users;
    before(async () => {
      users = await Users.start();
    });
    after(() => users?.stop());

    async function made(text: string, options = {}): Promise<UserStack> {
      const user = await users.stack(regime, text, options);
      await user.stack.up();
      return user;
    }

    async function rotate({ stack }: UserStack, trigger: string): Promise<void> {
      stack.env.TRIGGER = trigger;
      await stack.up("--refresh");
    }

    it("without tags of its own: nothing changes between two rotations, and nothing untags", async () => {
      const user = await made(userProgram('{ name: "plain" }'));
      await user.isQuiet();
      await rotate(user, "2");
      await rotate(user, "3");
      assert.deepEqual(user.untagged(), []);
      await user.isQuiet();
      const account = users.account("plain");
      assert.match((await account.journal()) ?? "", /^v1 done rotate /);
      assert.deepEqual(Object.keys(await account.tags()).sort(), ["pulumi-aws-iam-rotator", "rotated-by"]);
    });

    it("with tags that are added, changed and removed, after a refresh and without one", async () => {
      const of = (tags: object) => userProgram(`{ name: "tagged", tags: ${JSON.stringify(tags)} }`);
      const user = await made(of({ team: "a" }));
      const account = users.account("tagged");
      const journal = await account.journal();
      const steps = [{ team: "b" }, { team: "b", stage: "x" }, { stage: "y" }, {}, { team: "c" }];
      const removed = [[], [], ["team"], ["stage"], ["rotated-by"]];
      for (const withRefresh of [true, false]) {
        for (const [at, tags] of steps.entries()) {
          user.stack.write(of(tags));
          const preview = await user.stack.preview(...(withRefresh ? ["--refresh"] : []));
          assert.doesNotMatch(preview, /cannot ignore changes/);
          await user.stack.up(...(withRefresh ? ["--refresh"] : []));
          assert.deepEqual(user.untagged(), removed[at], JSON.stringify(tags));
          const { "pulumi-aws-iam-rotator": kept, "rotated-by": _own, ...others } = await account.tags();
          assert.deepEqual([others, kept], [tags, journal]);
        }
      }
      await user.isQuiet();
    });

    it("with a tag that a preview does not know", async () => {
      const user = await made(userProgram('{ name: "unknown", tags: { team: "a" } }'));
      await user.stack.refresh();
      const before = 'const other = new User("other", { name: "other" });';
      for (const tags of ['{ team: "a", other: other.uniqueId }', "pulumi.output({ other: other.uniqueId })"]) {
        user.stack.write(userProgram(`{ name: "unknown", tags: ${tags} }`, { before }));
        const preview = await user.stack.preview("--diff");
        assert.doesNotMatch(preview, /cannot ignore changes|- *"?pulumi-aws-iam-rotator/);
        await user.stack.up();
      }
      assert.deepEqual(user.untagged(), ["team"]);
      assert.ok(await users.account("unknown").journal());
      await user.isQuiet();
    });

    it("with default tags and ignored ones, by the stack's configuration", async () => {
      const user = await users.stack(regime, userProgram('{ name: "configured", tags: { team: "a" } }'));
      const paths = [
        "aws:defaultTags.tags.owner=platform",
        "aws:defaultTags.tags.note=",
        "aws:ignoreTags.keys[0]=scanned",
      ];
      await user.stack.must("config", "set-all", "--path", ...paths.flatMap((path) => ["--plaintext", path]));
      await user.stack.up();
      await users.account("configured").tag("scanned", "today");
      await user.isQuiet();
      const { "pulumi-aws-iam-rotator": journal, ...others } = await users.account("configured").tags();
      assert.deepEqual(others, { team: "a", owner: "platform", note: "", scanned: "today" });
      assert.ok(journal);
    });

    it("with default tags and ignored ones, by an explicit provider; previews show no change of it", async () => {
      const surroundings = { before: `const provider = ${EXPLICIT};`, options: "{ provider }" };
      const user = await made(userProgram('{ name: "explicit" }', surroundings));
      await users.account("explicit").tag("corp:cost", "7");
      await user.isQuiet();
      await rotate(user, "2");
      await user.isQuiet();
      assert.ok(await users.account("explicit").journal());
    });

    it("with a state that has the tag already", async () => {
      const inputs = '{ name: "before", tags: { team: "a" } }';
      const user = await made(AS_IT_WAS(inputs));
      await user.stack.refresh();
      assert.match(user.stack.stateText(), /"pulumi-aws-iam-rotator": "v1 done/);
      user.stack.write(userProgram(inputs));
      user.untagged();
      await user.stack.up();
      assert.deepEqual(user.untagged(), []);
      await user.isQuiet();
      assert.ok(await users.account("before").journal());
    });

    if (regime === "7") {
      it("refuses a tag with an empty value, before anything is made, or as soon as it is known", async () => {
        const user = await users.stack(regime, userProgram('{ name: "empty", tags: { team: "" } }'));
        const message = /RotatedUser deploy: the tag team has an empty value\. .* Give it a value, or leave it out\./;
        const { text, code } = await user.stack.run("preview", "--stack", "dev");
        assert.match(text, message);
        assert.notEqual(code, 0);
        user.stack.write(userProgram('{ name: "empty", tags: pulumi.output(Promise.resolve({ team: "" })) }'));
        assert.match((await user.stack.tryUp()).text, message);
        await assert.rejects(users.account("empty").keys(), /cannot be found|NoSuchEntity/);
      });
    } else {
      it("by the oldest packages of Pulumi's, a tag with an empty value included", async () => {
        const inputs = '{ name: "oldest", tags: { team: "", stage: "x" } }';
        const user = await made(userProgram(inputs), { oldest: true });
        await user.isQuiet();
        await rotate(user, "2");
        await user.isQuiet();
        const { "pulumi-aws-iam-rotator": journal, ...others } = await users.account("oldest").tags();
        assert.deepEqual(others, { team: "", stage: "x" });
        assert.match(journal ?? "", /^v1 done rotate /);
      });
    }
  });
}
