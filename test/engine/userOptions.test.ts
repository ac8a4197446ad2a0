import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../harness/dist";
import { fails, isGone, stand } from "../harness/pulumi/stand";
import { type UserStack, Users, usersProgram } from "../harness/pulumi/userStack";

const TRANSFORMS = `{ transforms: [({ type, props, opts }) => {
  if (type === "aws:iam/user:User") return { props: { ...props, path: "/moved/", tags: { ...props.tags, by: "us" } }, opts };
  if (type.endsWith(":RotatedAccessKey")) return { props: { ...props, rotateEvery: "90d" }, opts };
}] }`;
const COMPONENTS = {
  aliased: 'rotated("aliased");',
  transformed: `rotated("transformed", {}, ${TRANSFORMS});`,
  guarded: 'rotated("guarded", {}, { protect: true });',
  retained: 'rotated("retained", {}, { retainOnDelete: true });',
};

describe("the options of a RotatedUser, and what its children do with them", function () {
  this.timeout(400_000);
  const users = stand(new Users());
  let user: UserStack;
  const write = (changed: Partial<typeof COMPONENTS> = {}) =>
    user.stack.write(usersProgram(...Object.values({ ...COMPONENTS, ...changed })));
  const keysOf = (name: string) => users.account(name).keys();
  before(async () => {
    user = await users.of("7", "");
    write();
    await user.stack.up();
  });

  it("transforms reach the user and its keys, and the tag is kept all the same", async () => {
    const { by, ...others } = await users.tagsBesideJournal("transformed");
    assert.deepEqual([by, Object.keys(others)], ["us", ["rotated-by"]]);
    assert.equal(user.recordedUser("transformed").path, "/moved/");
    const echoed = user.stack.state().resources.map(({ outputs }) => outputs?.rotateEvery);
    // At the key, and at the component, which passes on what its key says.
    assert.deepEqual(echoed.filter(Boolean), ["90d", "90d"]);
    await user.isQuiet();
  });

  it("aliases: a component of another name keeps its user, its keys and its owner", async () => {
    const keys = await keysOf("aliased");
    const aliased = 'rotated("other", { name: "aliased" }, { aliases: [{ name: "aliased" }] });';
    write({ aliased });
    await user.stack.up();
    assert.deepEqual(await keysOf("aliased"), keys);
    user.stack.env.TRIGGER = "2";
    await user.stack.up();
    assert.deepEqual((await keysOf("aliased")).slice(0, 1), keys);
    await user.isQuiet({ briefly: true });
    assert.deepEqual(user.untagged(), []);
    write({ aliased: "" });
    await user.stack.up();
    await isGone(users.account("aliased"));
  });

  it("protect: neither the user nor its keys are deleted", async () => {
    const before = await keysOf("guarded");
    write({ aliased: "", guarded: "" });
    await fails(user.stack.tryUp(), /RotatedAccessKey::guarded" cannot be deleted/);
    assert.deepEqual(await keysOf("guarded"), before);
  });

  it("retainOnDelete: a destroy leaves the user and its keys in AWS", async () => {
    const before = await keysOf("retained");
    write({ aliased: "", guarded: 'rotated("guarded");' });
    await user.stack.up();
    await user.stack.destroy();
    assert.deepEqual(await keysOf("retained"), before);
    for (const name of ["guarded", "transformed"]) await isGone(users.account(name));
  });

  it("a creation that was killed, and then destroy: AWS refuses; docs/troubleshooting.md, found by these words, has the way out", async () => {
    const { stack } = await users.of("7", usersProgram('rotated("killed");'));
    users.proxy.rule({ action: "CreateAccessKey", times: 1, fault: { kind: "run", after: () => stack.kill() } });
    await stack.tryUp();
    const account = users.account("killed");
    assert.equal((await account.keys()).length, 1);
    await stack.must("cancel", "--yes", "--stack", "dev");
    const text = await fails(stack.run("destroy", "--yes", "--skip-preview", "--stack", "dev"));
    const page = readFileSync(join(ROOT, "docs/troubleshooting.md"), "utf8").split("\n");
    const row = page.find((line) => line.startsWith("| `DeleteConflict: ")) ?? "";
    assert.ok(text.includes(row.split("`")[1] || "no such row"), text);
    // To the letter, with the SDK in place of the AWS CLI.
    const follow: Record<string, () => Promise<unknown>> = {
      "aws iam list-access-keys --user-name NAME": async () => assert.equal((await account.keys()).length, 1),
      "aws iam delete-access-key --user-name NAME --access-key-id ID": async () => {
        for (const { id } of await account.keys()) await account.deleteKey(id);
      },
      "pulumi destroy": () => stack.destroy(),
    };
    const commands = [...row.matchAll(/`((?:aws|pulumi) [^`]+)`/g)].map(([, command = ""]) => command);
    assert.deepEqual(commands, Object.keys(follow));
    for (const command of commands) await follow[command]?.();
    await isGone(account);
  });
});
