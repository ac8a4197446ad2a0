import assert from "node:assert/strict";
import { join } from "node:path";
import { stand } from "../harness/pulumi/stand";
import { blocksOf, type PageShell, Pages } from "../harness/recipes/pageShell";

describe("the example of every user below a path, by the commands of its page", function () {
  this.timeout(300_000);
  const at = stand(new Pages());
  let shell: PageShell;
  before(() => {
    shell = at.shell;
    shell.env.NODE_OPTIONS = `--require ${join(__dirname, "../harness/recipes/getUsersByIam.cjs")}`;
  });

  // The emulator forgets the tags of a user that is renamed: the proxy keeps them.
  const user = (name: string) => at.account(name, at.proxy.url);
  const keysOf = (name: string) => user(name).ids();
  const up = () => shell.run("npx pulumi -C examples/every-user up");

  it("fails without anybody there, and makes a key for each who is, and their policy", async () => {
    const commands = blocksOf("every-user", "sh").join("").trim().split("\n");
    assert.equal(commands.length, 6);
    const [init = "", region = "", path = "", preview = "", ...rest] = commands;
    await shell.run([init, region, path].join("\n"));
    const nobody = await shell.try(preview, shell.env);
    assert.ok(nobody.failed);
    assert.match(nobody.all, /There is no user below \/ci\/: nothing is rotated, and nothing deleted/);

    await user("deploy").createUser("/ci/");
    await user("upload").createUser("/ci/team/");
    await user("stranger").createUser("/else/");
    assert.match(await shell.run(preview), /RotatedAccessKey deploy create[\s\S]*\+ 3 to create/);
    const told = await shell.run(rest.join("\n"));
    const { Statement } = JSON.parse(told.trim().split("\n").at(-1) ?? "");
    const arns = (Statement[0].Resource as string[]).map((arn) => arn.split(":user").at(-1));
    assert.deepEqual(arns, ["/ci/deploy", "/ci/team/upload"]);
    assert.deepEqual([(await keysOf("deploy")).length, (await keysOf("upload")).length], [1, 1]);
    assert.deepEqual(await keysOf("stranger"), []);
  });

  it("keeps the key of a user that is moved below the path, and gives one to who joins", async () => {
    const before = await keysOf("upload");
    await user("upload").move("/ci/");
    await user("mail").createUser("/ci/");
    await up();
    assert.deepEqual(await keysOf("upload"), before);
    assert.equal((await keysOf("mail")).length, 1);
  });

  it("deletes the managed keys of who leaves the path, and of nobody else", async () => {
    const kept = [await keysOf("deploy"), await keysOf("upload")];
    await user("mail").move("/else/");
    await up();
    assert.deepEqual(await keysOf("mail"), []);
    assert.deepEqual([await keysOf("deploy"), await keysOf("upload")], kept);
  });

  it("refuses a user whose name has changed, and touches no key", async () => {
    const before = await keysOf("deploy");
    await user("deploy").rename("deployer");
    const { all, failed } = await shell.try("npx pulumi -C examples/every-user up", shell.env);
    assert.ok(failed);
    assert.match(all, /another stack, or a resource in another place, rotates this user's keys/);
    assert.deepEqual(await keysOf("deployer"), before);
    await user("deployer").rename("deploy");
  });

  it("ends: keys go, users stay", async () => {
    await shell.run("npx pulumi -C examples/every-user destroy --remove");
    assert.deepEqual([await keysOf("deploy"), await keysOf("upload")], [[], []]);
  });
});
