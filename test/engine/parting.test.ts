import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { JOURNAL_TAG } from "../../provider/model/journal";
import type { Account } from "../harness/aws/account";
import { section } from "../harness/markdown";
import type { Stack } from "../harness/pulumi/stack";
import { fails, isGone, stand } from "../harness/pulumi/stand";
import { Users } from "../harness/pulumi/userStack";

const PAGE = section(readFileSync(resolve(__dirname, "../../docs/how-it-works.md"), "utf8"), "How to stop using it");
/** For the stack `dev` of the project `program`. */
const here = (text: string, name = "deploy") =>
  text.replace("STACK", "dev").replace("PROJECT", "program").replaceAll("NAME", name);
/** The page's commands of Pulumi that take something out of the state, as their arguments. */
const LEAVE = [...PAGE.matchAll(/`npx pulumi (state delete '[^']+'[^`]*)`/g)].map(([, command = ""], at) =>
  here(command, ["apart", "left", "kept"][at]).replaceAll("'", "").split(" "),
);
const [[, , , ...UNTAG] = []] = [...PAGE.matchAll(/`(aws iam untag-user [^`]+)`/g)].map(([, text = ""]) =>
  text.split(" "),
);
/** The page's program that keeps the user, as plain JavaScript. */
const [, TYPESCRIPT = ""] = /```ts\n([\s\S]*?)```/.exec(PAGE) ?? [];
const KEPT_USER = here(TYPESCRIPT, "kept")
  .replace('import * as aws from "@pulumi/aws";', 'const aws = { iam: require("@pulumi/aws/iam/user") };')
  .replace("export const user", "exports.user");

/** Keys of a user that is managed apart, and users with theirs. */
const PROGRAM = (apart: object, users: Record<string, object>) => `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const { RotatedUser } = require("pulumi-aws-iam-rotator/user");
const { RETAIN, TRIGGER: rotationTrigger } = process.env;
const retainOnDelete = Boolean(RETAIN);
exports.current = new RotatedAccessKey("apart", { ...${JSON.stringify(apart)}, rotationTrigger }, { retainOnDelete }).current;
exports.names = {};
for (const [name, user] of Object.entries(${JSON.stringify(users)}))
  exports.names[name] = new RotatedUser(name, { user, rotationTrigger }, { retainOnDelete }).userName;
`;
const NOTHING = "module.exports = {};";
/** The program does not find it any more; what the engine's process then says is tested in test/package/trees.test.ts. */
const uninstall = ({ folder }: Stack) =>
  rmSync(join(folder, "node_modules", "pulumi-aws-iam-rotator"), { recursive: true });

describe("how to stop using it, by the commands of docs/how-it-works.md", function () {
  this.timeout(400_000);
  const at = stand(new Users());
  let made = 0;

  type Accounts = Record<string, Account>;
  /** A stack with two keys for each. */
  async function begin(of: Record<string, object>, state?: (user: Account) => Promise<object>) {
    const apart = at.account(`apart-${++made}`);
    const userArn = await apart.createUser();
    const program = PROGRAM({ userArn, ...(state && { state: await state(apart) }) }, of);
    const { stack } = await at.of("7", program);
    await stack.up();
    stack.env.TRIGGER = "2";
    await stack.up();
    const { names } = (await stack.outputs()) as { names: Record<string, string> };
    const accounts: Accounts = { apart };
    for (const [name, userName] of Object.entries(names)) accounts[name] = at.account(userName);
    for (const account of Object.values(accounts)) assert.equal((await account.keys()).length, 2);
    return { stack, accounts };
  }

  /** What the command of the AWS CLI does, with the SDK in its place. */
  async function untag(account?: Account): Promise<void> {
    assert.ok(account);
    assert.deepEqual(UNTAG, ["--user-name", "deployer", "--tag-keys", JOURNAL_TAG]);
    assert.ok(await account.journal());
    await account.untag(UNTAG[3] ?? "");
    assert.equal(await account.journal(), undefined);
  }

  it("with a user, or with its keys: all its keys go, an adopted one too; others' keys are kept, or stop it", async () => {
    const users = { simple: { path: "/ci/" }, shared: {}, forced: { forceDestroy: true } };
    const { stack, accounts } = await begin(users, async (user) => {
      const { accessKeyId, secretAccessKey } = await user.addKey();
      return { current: { accessKeyId, secretAccessKey } };
    });
    const others: Record<string, string> = {};
    for (const [name, account] of Object.entries(accounts)) {
      if (name === "simple") continue;
      await account.deleteKey((await account.keys()).at(name === "apart" ? -1 : 0)?.id ?? "");
      others[name] = (await account.addKey()).accessKeyId;
    }
    stack.write(NOTHING);
    await fails(stack.tryUp(), /DeleteConflict/);
    const left = async (name: string) => (await accounts[name]?.keys())?.map(({ id }) => id);
    assert.deepEqual(await left("apart"), [others.apart]);
    assert.deepEqual(await left("shared"), [others.shared]);
    await isGone(accounts.simple ?? assert.fail());
    await isGone(accounts.forced ?? assert.fail());
    await untag(accounts.apart);
    // As the page says.
    await accounts.shared?.deleteKey(others.shared ?? "");
    await stack.up();
    await isGone(accounts.shared ?? assert.fail());
  });

  for (const isPackageGone of [false, true]) {
    it(`without ours, ${isPackageGone ? "when the package is gone" : "with the package there"}: users and keys stay as they are`, async () => {
      const { stack, accounts } = await begin({ left: { path: "/ci/", forceDestroy: true }, kept: { path: "/ci/" } });
      const keys = () => Promise.all(Object.values(accounts).map((account) => account.keys()));
      const before = await keys();
      if (isPackageGone) {
        uninstall(stack);
        for (const args of [["preview"], ["up", "--yes", "--skip-preview"]]) {
          await fails(stack.run(...args, "--stack", "dev"), /Cannot find module/);
        }
        assert.ok((await stack.outputs()).current, "the keys are outputs");
        assert.equal(LEAVE.length, 3);
        for (const command of LEAVE) await stack.must(...command, "--yes", "--stack", "dev");
      } else {
        stack.env.RETAIN = "1";
        await stack.up();
      }
      stack.write(KEPT_USER);
      const preview = await stack.preview();
      if (!isPackageGone) assert.match(preview, / delete\[retain\]/);
      await stack.up();
      assert.ok(!stack.state().resources.some(({ type }) => /rotator/.test(type)));
      assert.deepEqual(await keys(), before);
      assert.deepEqual(
        stack.state().resources.flatMap(({ type, outputs }) => (type === "aws:iam/user:User" ? [outputs?.name] : [])),
        [accounts.kept?.userName],
      );
      for (const account of Object.values(accounts)) await untag(account);
      await stack.refresh();
      await stack.up("--expect-no-changes");
    });
  }
});
