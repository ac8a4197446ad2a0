import assert from "node:assert/strict";
import type { RotatedKey } from "../../provider";
import { usersBelow } from "../../tools/demo/aws";
import { Examples } from "../support/example";

describe("the example of many users", function () {
  this.timeout(300_000);
  let examples: Examples;
  before(async () => {
    examples = await Examples.start();
  });
  after(() => examples?.stop());

  const fleet = async () => {
    const found = await usersBelow(examples.endpoint.url, examples.admin, "/fleet/");
    const entries = found.map(({ name, keys }) => [name.replace(/-[0-9a-f]{7}$/, ""), keys] as const);
    return Object.fromEntries(entries) as Record<string, string[]>;
  };
  const others = ({ mailer: _mailer, ...rest }: Record<string, string[]>) => rest;

  it("many-users: a list of users, one of which is revoked, and one added, without a touch to the others", async () => {
    const example = await examples.of("many-users");
    await example.up();
    const first = await fleet();
    assert.deepEqual(Object.keys(first).sort(), ["builder", "mailer", "uploader"]);
    const readme = await example.output("readme");
    for (const [name, keys] of Object.entries(first)) {
      assert.equal(keys.length, 1);
      assert.match(readme, new RegExp(`^\\| ${name}-\\w{7} +\\| ${keys[0]} \\|`, "m"));
    }
    const { Statement } = JSON.parse(await example.output("policy"));
    assert.equal(Statement[0].Resource.length, 3);
    const { current } = await example.secretOutputs<{ current: Record<string, RotatedKey> }>();
    assert.deepEqual(Object.keys(current), ["builder", "mailer", "uploader"]);
    for (const [name, { accessKeyId }] of Object.entries(current)) assert.deepEqual([accessKeyId], first[name]);
    assert.equal((await example.output("current")).match(/"\[secret\]"/g)?.length, 3);

    await example.config({ "incidents.mailer": "INC-42" });
    assert.match(await example.up(), /~ 1 updated/);
    const revoked = await fleet();
    assert.equal(revoked.mailer?.length, 1);
    assert.notDeepEqual(revoked.mailer, first.mailer);
    assert.deepEqual(others(revoked), others(first));

    const users = ["mailer", "backup", "uploader", "builder"];
    await example.config(Object.fromEntries(users.map((name, at) => [`users[${at}]`, name])));
    assert.match(await example.up(), /\+ 3 created/);
    const { backup, ...rest } = await fleet();
    assert.equal(backup?.length, 1);
    assert.deepEqual(rest, revoked);
    await example.destroy();
    assert.deepEqual(await fleet(), {});
  });

  it("prints no secret", () => {
    assert.deepEqual(examples.secretsPrinted(), []);
  });
});
