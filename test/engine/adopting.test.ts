import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ModuleKind, transpileModule } from "typescript";
import { JOURNAL_TAG } from "../../provider/model/journal";
import { ROOT } from "../harness/dist";
import type { Stack } from "../harness/pulumi/stack";
import { fails, stand } from "../harness/pulumi/stand";

const [, PROGRAM = "", COMMANDS = ""] =
  /```ts\n([\s\S]*?)```[\s\S]*?```sh\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, "docs/adopting.md"), "utf8")) ?? [];
const own = (name: string, inputs = "", opts = "{}") => `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const key = new RotatedAccessKey("${name}", { userArn: process.env.USER_ARN, ${inputs} }, ${opts});
exports.current = key.current;
`;

/** By its program and its commands, and what it says of keys that were let go. */
describe("docs/adopting.md", function () {
  this.timeout(300_000);
  const at = stand();

  it("adopts both keys, makes none, shows their ids and no secret", async () => {
    const [, userArn = ""] = /userArn: "(.+)"/.exec(PROGRAM) ?? [];
    const account = at.account("legacy");
    assert.equal(await account.createUser("/"), userArn);
    const [older, newer] = [await account.addKey(), await account.addKey()];
    const compilerOptions = { module: ModuleKind.CommonJS };
    const { outputText } = transpileModule(PROGRAM.replace("AKIAIOSFODNN7EXAMPLE", older.accessKeyId), {
      compilerOptions,
    });
    const stack = await at.stack(outputText);

    const values: Record<string, string> = { keyId: newer.accessKeyId, keySecret: newer.secretAccessKey };
    const settings = [...COMMANDS.matchAll(/^npx pulumi config set (--secret )?(\w+)/gm)];
    assert.equal(settings.length, 2);
    for (const [, secret = "", name = ""] of settings) {
      await stack.must("config", "set", ...(secret ? ["--secret"] : []), name, values[name] ?? "");
    }
    await stack.up();
    assert.deepEqual(await account.ids(), [older.accessKeyId, newer.accessKeyId].sort());
    // An id that was a secret of the configuration would be masked in this line.
    stack.write(outputText.replace("state: {", "rotationTrigger: 1, state: {"));
    assert.match(await stack.preview(), new RegExp(`keeps ${newer.accessKeyId} valid as previous`));
  });

  describe("a resource that has let go of its keys", () => {
    const account = () => at.account("deployer");
    let stack: Stack;
    let key: { accessKeyId: string; secretAccessKey: string };
    const leave = async () => {
      stack.write(own("ci", "", "{ retainOnDelete: true }"));
      await stack.up();
      ({ current: key } = (await stack.outputs()) as { current: typeof key });
      stack.write("");
    };

    it("leaves them in AWS by retainOnDelete, once that is in the state", async () => {
      stack = await at.stack(own("ci"), { env: { USER_ARN: await account().createUser() } });
      await stack.up();
      await leave();
      assert.match(await stack.preview(), / delete\[retain\]/);
      await stack.up();
      assert.deepEqual(await account().keys(), [{ id: key.accessKeyId, status: "Active" }]);
    });

    it("is refused when it comes back as long as the tag is there, from the same place and from another", async () => {
      for (const [name, said] of [
        ["ci", /was made and handed out by/],
        ["another", /rotates this user's keys/],
      ] as const) {
        stack.write(own(name));
        await fails(stack.tryUp(), said);
        assert.deepEqual(await account().ids(), [key.accessKeyId]);
        stack.write("");
        await stack.up();
      }
    });

    it("comes back with its key by `state`; a destroy then deletes it, adopted or not, and leaves the tag", async () => {
      const { accessKeyId, secretAccessKey } = key;
      stack.write(own("ci", `state: ${JSON.stringify({ current: { accessKeyId, secretAccessKey } })}`));
      await stack.up();
      assert.deepEqual(await account().ids(), [accessKeyId]);
      await stack.destroy();
      assert.deepEqual(await account().ids(), []);
      assert.match((await account().journal()) ?? "", /^v1 /);
    });

    it("without the tag, leaves ordinary keys: a new resource makes one beside them", async () => {
      await leave();
      await stack.up();
      await account().untag(JOURNAL_TAG);
      stack.write(own("another"));
      await stack.up();
      const ids = await account().ids();
      assert.equal(ids.length, 2);
      assert.ok(ids.includes(key.accessKeyId));
    });
  });
});
