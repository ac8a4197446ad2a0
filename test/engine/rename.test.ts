import assert from "node:assert/strict";
import { ownAwsPlugin } from "../harness/pulumi/awsPlugin";
import { fails, stand } from "../harness/pulumi/stand";

/** A user with one key, and one with two. */
const components = (users: object[]) => `
const { RotatedUser } = require("pulumi-aws-iam-rotator/user");
const users = ${JSON.stringify(users)}.map((user, at) => new RotatedUser("deploy" + at, { user, rotationTrigger: at || process.env.ALL ? process.env.TRIGGER : "1" }));
module.exports = { ids: users.map((user) => user.currentAccessKeyId), previousIds: users.map((user) => user.previousAccessKeyId) };
`;
const alone = (userArn: string) => `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const key = new RotatedAccessKey("ci", { userArn: ${JSON.stringify(userArn)}, rotationTrigger: process.env.TRIGGER });
module.exports = { id: key.currentAccessKeyId, previousId: key.previousAccessKeyId, pair: key.current };
`;

describe("a user that is renamed, moved or given a boundary, through the engine", function () {
  this.timeout(300_000);
  const at = stand();
  const begin = async (program: string) => at.stack(program, { path: [await ownAwsPlugin()] });
  // The emulator forgets the tags of a user that is renamed: the proxy keeps them.
  const account = (name: string) => at.account(name, at.proxy.url);
  const keysOf = (name: string) => account(name).ids();
  const changes = () =>
    at.calls().filter((action) => /^(Create|Delete)|^UntagUser/.test(action) && !/Boundary$/.test(action));

  it("by RotatedUser with one key or two, with a refresh in between or without: the keys stay, there and back", async () => {
    const NAMES = ["renamed-one", "renamed-two"];
    const named = (more = "", rest: object = {}) => NAMES.map((name) => ({ name: name + more, ...rest }));
    const stack = await begin(components(named()));
    await stack.up();
    stack.env.TRIGGER = "2";
    await stack.up();
    const before = await stack.outputs();
    const keys = await Promise.all(NAMES.map(keysOf));
    assert.deepEqual(
      keys.map(({ length }) => length),
      [1, 2],
    );
    const userIds = await Promise.all(NAMES.map(async (name) => (await account(name).user()).UserId));
    const permissionsBoundary = "arn:aws:iam::aws:policy/PowerUserAccess";
    const moved = named("-new", { path: "/moved/", permissionsBoundary });
    for (const [step, users] of [named("-new"), moved, named("", { path: "/" })].entries()) {
      stack.write(components(users));
      at.proxy.clear();
      // The aws plugin shows the user's old ARN in a preview: of the keys there is nothing to say.
      assert.match(await stack.preview("--diff"), /~ aws:iam\/user:User: \(update\)/);
      await stack.up();
      if (step > 0) await stack.refresh();
      for (const [at, user] of users.entries()) {
        assert.deepEqual(await keysOf(user.name), keys[at]);
        const inAws = await account(user.name).user();
        const { permissionsBoundary: wanted, path = "/" } = user as Record<string, string>;
        assert.deepEqual([inAws.UserId, inAws.Path], [userIds[at], path]);
        assert.equal(inAws.PermissionsBoundary?.PermissionsBoundaryArn, wanted);
      }
      assert.deepEqual(await stack.outputs(), before);
      assert.deepEqual(changes(), [], "no user or key is made or deleted, and no tag taken off");
      await stack.up("--expect-no-changes");
    }
    Object.assign(stack.env, { TRIGGER: "3", ALL: "1" });
    await stack.up();
    assert.deepEqual((await stack.outputs()).previousIds, before.ids);
    await stack.destroy();
  });

  it("by hand: a refresh drops nothing and says where it is; set `userArn` to that, and all is as before", async () => {
    const name = "by-hand";
    const stack = await begin(alone(await account(name).createUser()));
    await stack.up();
    const { id, pair } = await stack.outputs();
    const recorded = stack.recorded();
    await account(name).rename(`${name}-new`);
    const said = await stack.refresh();
    assert.match(said, new RegExp(`it is arn:aws:iam::\\d+:user/ci/${name}-new now, and its keys are alive`));
    assert.ok(stack.recorded()?.current);
    stack.env.TRIGGER = "2";
    await fails(
      stack.tryUp(),
      /its keys are alive: their user is arn.*Set `userArn` to the ARN of the user as it is now/s,
    );
    // As the messages say.
    stack.env.TRIGGER = "1";
    stack.write(alone(String(recorded?.userArn).replace(name, `${name}-new`)));
    assert.match(await stack.preview(), /this is the same user under another name or path/);
    await stack.up();
    assert.deepEqual((await stack.outputs()).pair, pair, "with its secret");
    stack.env.TRIGGER = "2";
    await stack.up();
    assert.equal((await stack.outputs()).previousId, id);
    const ids = await keysOf(`${name}-new`);
    // Renamed once more, and gone from the program: its keys tell where it is.
    await account(`${name}-new`).rename(`${name}-last`);
    at.proxy.clear();
    await stack.destroy();
    // moto goes on listing a key that was made under another name of its user: what was asked for tells.
    const deleted = at.proxy.calls.filter(({ action, status }) => action === "DeleteAccessKey" && status === 200);
    assert.deepEqual(deleted.map(({ params }) => params.AccessKeyId).sort(), ids);
  });
});
