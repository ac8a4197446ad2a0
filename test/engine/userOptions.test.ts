import assert from "node:assert/strict";
import { Users, userProgram } from "../support/userStack";

describe("the options of a RotatedUser, and what its children do with them", function () {
  this.timeout(400_000);
  let users: Users;
  before(async () => {
    users = await Users.start();
  });
  after(() => users?.stop());

  it("aliases: a component of another name keeps its user and its keys", async () => {
    const user = await users.stack("7", userProgram('{ name: "aliased" }'));
    await user.stack.up();
    const keys = await users.account("aliased").keys();
    const renamed = userProgram('{ name: "aliased" }', { options: '{ aliases: [{ name: "deploy" }] }' });
    user.stack.write(renamed.replace('RotatedUser("deploy"', 'RotatedUser("renamed"'));
    await user.stack.up();
    assert.deepEqual(await users.account("aliased").keys(), keys);
    user.stack.env.TRIGGER = "2";
    await user.stack.up();
    assert.deepEqual((await users.account("aliased").keys()).slice(0, 1), keys);
    await user.isQuiet();
  });

  it("transforms: reach the user and the keys, and the tag is kept all the same", async () => {
    const options = `{ transforms: [({ type, props, opts }) => {
      if (type === "aws:iam/user:User") return { props: { ...props, path: "/moved/", tags: { ...props.tags, by: "us" } }, opts };
      if (type.endsWith(":RotatedAccessKey")) return { props: { ...props, rotateEvery: "90d" }, opts };
    }] }`;
    const user = await users.stack("7", userProgram('{ name: "transformed" }', { options }));
    await user.stack.up();
    await user.isQuiet();
    const { "pulumi-aws-iam-rotator": journal, by } = await users.account("transformed").tags();
    assert.ok(journal);
    assert.equal(by, "us");
    assert.match(user.stack.stateText(), /"path": "\/moved\/"/);
    assert.match(user.stack.stateText(), /"rotateEvery": "90d"/);
  });

  it("protect: neither user nor keys are deleted", async () => {
    const user = await users.stack("7", userProgram('{ name: "protected" }', { options: "{ protect: true }" }));
    await user.stack.up();
    const { code, text } = await user.stack.run("destroy", "--yes", "--skip-preview", "--stack", "dev");
    assert.notEqual(code, 0);
    assert.match(text, /cannot be deleted|protected/);
    assert.equal((await users.account("protected").keys()).length, 1);
    user.stack.write(userProgram('{ name: "protected" }'));
    await user.stack.up();
    await user.stack.destroy();
  });

  it("retainOnDelete: a destroy leaves both in AWS", async () => {
    const user = await users.stack("7", userProgram('{ name: "retained" }', { options: "{ retainOnDelete: true }" }));
    await user.stack.up();
    await user.stack.destroy();
    assert.equal((await users.account("retained").keys()).length, 1);
  });

  it("a killed creation, then destroy: AWS refuses, and what docs/troubleshooting.md says is the way out", async () => {
    const user = await users.stack("7", userProgram('{ name: "killed" }'));
    users.proxy.rule({ action: "CreateAccessKey", times: 1, fault: { kind: "run", after: () => user.stack.kill() } });
    await user.stack.tryUp();
    assert.equal((await users.account("killed").keys()).length, 1);
    await user.stack.run("cancel", "--yes", "--stack", "dev");
    const { code, text } = await user.stack.run("destroy", "--yes", "--skip-preview", "--stack", "dev");
    assert.notEqual(code, 0, text);
    assert.match(text, /DeleteConflict: Cannot delete entity, must delete access keys first/);
    await user.stack.up();
    await user.stack.destroy();
    await assert.rejects(users.account("killed").keys(), /cannot be found|NoSuchEntity/);
  });
});
