import assert from "node:assert/strict";
import { readFileSync, unlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { JOURNAL_TAG } from "../../provider/model/journal";
import type { Account } from "../support/account";
import { section } from "../support/markdown";
import type { Stack } from "../support/stack";
import { type UserStack, Users } from "../support/userStack";

const PAGE = section(readFileSync(resolve(__dirname, "../../docs/how-it-works.md"), "utf8"), "How to stop using it");
/** For the stack `dev` of the project `program`; both resources have the name `deploy` there. */
const here = (text: string) => text.replace("STACK", "dev").replace("PROJECT", "program").replaceAll("NAME", "deploy");
/** The page's commands of Pulumi that take something out of the state, as their arguments. */
const LEAVE = [...PAGE.matchAll(/`npx pulumi (state delete '[^']+'[^`]*)`/g)].map(([, command = ""]) =>
  here(command).replaceAll("'", "").split(" "),
);
const [[, , , ...UNTAG] = []] = [...PAGE.matchAll(/`(aws iam untag-user [^`]+)`/g)].map(([, text = ""]) =>
  text.split(" "),
);
/** The page's program that keeps the user, as plain JavaScript. */
const [, TYPESCRIPT = ""] = /```ts\n([\s\S]*?)```/.exec(PAGE) ?? [];
const KEPT_USER = here(TYPESCRIPT)
  .replace('import * as aws from "@pulumi/aws";', 'const aws = { iam: require("@pulumi/aws/iam/user") };')
  .replace("export const user", "exports.user");

const KEY = (arn: string, more = "") => `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const retainOnDelete = Boolean(process.env.RETAIN);
const key = new RotatedAccessKey("deploy", { userArn: ${JSON.stringify(arn)}, rotationTrigger: process.env.TRIGGER, ${more} }, { retainOnDelete });
exports.current = key.current;
`;
const USER = (user = '{ path: "/ci/" }') => `
const { RotatedUser } = require("pulumi-aws-iam-rotator/user");
const retainOnDelete = Boolean(process.env.RETAIN);
const made = new RotatedUser("deploy", { user: ${user}, rotationTrigger: process.env.TRIGGER }, { retainOnDelete });
exports.current = made.current;
exports.name = made.userName;
`;
const NOTHING = "module.exports = {};";
/** The program does not find it any more; what the engine's process then says is tested in test/package/trees.test.ts. */
const uninstall = ({ folder }: Stack) => unlinkSync(join(folder, "node_modules", "pulumi-aws-iam-rotator"));

describe("how to stop using it, by the commands of docs/how-it-works.md", function () {
  this.timeout(400_000);
  let users: Users;
  let made = 0;
  before(async () => {
    users = await Users.start();
  });
  after(() => users?.stop());

  /** A user that is managed apart, and its stack with two keys. */
  async function keysAlone(more?: (account: Account) => Promise<string>): Promise<{ account: Account; stack: Stack }> {
    const account = users.account(`apart-${++made}`);
    const arn = await account.createUser();
    return { account, stack: await twoKeys(await users.stack("7", KEY(arn, await more?.(account)))) };
  }

  async function withUser(user?: string): Promise<{ account: Account; stack: Stack }> {
    const stack = await twoKeys(await users.stack("7", USER(user)));
    const { name } = (await stack.outputs()) as { name: string };
    return { account: users.account(name), stack };
  }

  async function twoKeys({ stack }: UserStack): Promise<Stack> {
    await stack.up();
    stack.env.TRIGGER = "2";
    await stack.up();
    return stack;
  }

  /** What the command of the AWS CLI does, with the SDK in its place. */
  async function untag(account: Account): Promise<void> {
    assert.deepEqual(UNTAG, ["--user-name", "deployer", "--tag-keys", JOURNAL_TAG]);
    assert.ok(await account.journal());
    await account.untag(UNTAG[3] ?? "");
    assert.equal(await account.journal(), undefined);
  }

  const isGone = (account: Account) => assert.rejects(account.keys(), /cannot be found|NoSuchEntity/);

  describe("with a user, or with its keys", () => {
    it("RotatedAccessKey: all its keys go, an adopted one too; another key and the tag stay", async () => {
      const { account, stack } = await keysAlone(async (user) => {
        const { accessKeyId, secretAccessKey } = await user.addKey();
        return `state: { current: ${JSON.stringify({ accessKeyId, secretAccessKey })} }`;
      });
      const [adopted, second] = await account.keys();
      assert.ok(adopted && second);
      await account.deleteKey(second.id);
      const others = await account.addKey();
      stack.write(NOTHING);
      await stack.up();
      assert.deepEqual(
        (await account.keys()).map(({ id }) => id),
        [others.accessKeyId],
      );
      await untag(account);
    });

    it("RotatedUser: its keys and its user go", async () => {
      const { account, stack } = await withUser();
      stack.write(NOTHING);
      await stack.up();
      await isGone(account);
    });

    it("RotatedUser with somebody else's key: refused, until that is deleted; with forceDestroy it goes as well", async () => {
      for (const force of [false, true]) {
        const { account, stack } = await withUser(`{ forceDestroy: ${force} }`);
        const [first] = await account.keys();
        await account.deleteKey(first?.id ?? "");
        const { accessKeyId } = await account.addKey();
        stack.write(NOTHING);
        const { code, text } = await stack.tryUp();
        if (!force) {
          assert.notEqual(code, 0);
          assert.match(text, /DeleteConflict/);
          assert.deepEqual(
            (await account.keys()).map(({ id }) => id),
            [accessKeyId],
          );
          await account.deleteKey(accessKeyId);
          await stack.up();
        }
        await isGone(account);
      }
    });
  });

  for (const isPackageGone of [false, true]) {
    describe(isPackageGone ? "when the package is gone" : "with the package there", () => {
      /** Whatever comes before the program without the resource. */
      async function letGo(stack: Stack, command: string[] | undefined): Promise<void> {
        if (isPackageGone) {
          uninstall(stack);
          for (const args of [["preview"], ["up", "--yes", "--skip-preview"]]) {
            const { code, text } = await stack.run(...args, "--stack", "dev");
            assert.notEqual(code, 0, text);
            assert.match(text, /Cannot find module/);
          }
          assert.ok((await stack.outputs()).current, "the keys are outputs");
          await stack.must(...(command ?? []), "--yes", "--stack", "dev");
        } else {
          stack.env.RETAIN = "1";
          await stack.up();
        }
      }

      async function without(stack: Stack, program: string): Promise<void> {
        stack.write(program);
        const preview = await stack.preview();
        if (!isPackageGone) assert.match(preview, / delete\[retain\]/);
        await stack.up();
        assert.ok(!stack.state().resources.some(({ type }) => /rotator/.test(type)));
      }

      it("RotatedAccessKey: its keys stay as they are", async () => {
        const { account, stack } = await keysAlone();
        const before = await account.keys();
        assert.equal(before.length, 2);
        await letGo(stack, LEAVE[0]);
        await without(stack, NOTHING);
        await stack.destroy();
        assert.deepEqual(await account.keys(), before);
        await untag(account);
      });

      it("RotatedUser: the user and its keys stay as they are, whatever forceDestroy says", async () => {
        const { account, stack } = await withUser('{ path: "/ci/", forceDestroy: true }');
        const before = await account.keys();
        await letGo(stack, LEAVE[1]);
        await without(stack, NOTHING);
        await stack.destroy();
        assert.deepEqual(await account.keys(), before);
        await untag(account);
      });

      it("RotatedUser: its user stays in the stack", async () => {
        const { account, stack } = await withUser();
        const before = await account.keys();
        await letGo(stack, LEAVE[2]);
        await without(stack, KEPT_USER);
        assert.deepEqual(await account.keys(), before);
        assert.deepEqual(
          stack.state().resources.flatMap(({ type, outputs }) => (type === "aws:iam/user:User" ? [outputs?.name] : [])),
          [account.userName],
        );
        await untag(account);
        await stack.refresh();
        await stack.up("--expect-no-changes");
      });
    });
  }
});
