import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { AccessKeyPair, RotatedKey } from "../../provider";
import { Account } from "../harness/aws/account";
import { whoIs } from "../harness/aws/admin";
import { Examples } from "../harness/pulumi/example";

describe("the examples that take over keys", function () {
  this.timeout(300_000);
  let examples: Examples;
  before(async () => {
    examples = await Examples.start();
  });
  after(() => examples?.stop());

  const userNamed = (name: string) => new Account(examples.endpoint.url, name, examples.admin);
  const works = async (key: AccessKeyPair) => "arn" in (await whoIs(examples.endpoint.url, { ...key }));

  it("adopt-existing-keys: two keys from the secret config are handed on, then rotated away one by one", async () => {
    const user = userNamed("legacy");
    const userArn = await user.createUser();
    const [first, second] = [await user.addKey(), await user.addKey()];
    const example = await examples.of("adopt-existing-keys");
    await example.config({ userArn });
    await example.secretConfig({
      "current.accessKeyId": second.accessKeyId,
      "current.secretAccessKey": second.secretAccessKey,
      "previous.accessKeyId": first.accessKeyId,
    });
    await example.up();
    assert.deepEqual((await user.keys()).map(({ id }) => id).sort(), [first.accessKeyId, second.accessKeyId].sort());
    const { current, ...ids } = await example.secretOutputs<{ current: RotatedKey }>();
    assert.ok(current.secretAccessKey === second.secretAccessKey, "the key that was adopted, and no other");
    assert.deepEqual(ids, { currentAccessKeyId: second.accessKeyId, previousAccessKeyId: first.accessKeyId });
    await example.up("--expect-no-changes");

    await example.upWith("rotation=2");
    assert.equal(await example.output("previousAccessKeyId"), second.accessKeyId);
    assert.deepEqual([await works(first), await works(second)], [false, true]);

    // What stays of the adoption in the program's configuration adopts nothing any more.
    await example.upWith("rotation=3");
    assert.equal(await works(second), false);
    assert.equal(await example.output("current"), "[secret]");
    await example.destroy();
    assert.deepEqual(await user.keys(), []);
  });

  it("ses-smtp: the console's key stays for a period, and the password is that of the new one", async () => {
    const user = userNamed("ses-smtp-user.20260101-120000");
    const userArn = await user.createUser("/");
    const console = await user.addKey();
    const example = await examples.of("ses-smtp");
    await example.config({ userArn, smtpUserName: console.accessKeyId, region: "eu-west-1" });
    await example.up();
    const before = await example.secretOutputs<Record<"userName" | "password" | "host", string>>();
    assert.equal(before.host, "email-smtp.eu-west-1.amazonaws.com");
    assert.notEqual(before.userName, console.accessKeyId);
    assert.equal(await works(console), true);
    assert.equal(await example.output("password"), "[secret]");
    await example.up("--expect-no-changes");

    await example.upWith("rotation=2");
    const after = await example.secretOutputs<typeof before>();
    assert.notEqual(after.userName, before.userName);
    assert.notEqual(after.password, before.password);
    for (const { password } of [before, after]) assert.match(password, /^B[A-P][A-Za-z0-9+/]{42}$/);
    assert.deepEqual((await user.keys()).map(({ id }) => id).sort(), [after.userName, before.userName].sort());
  });

  it("migrate-from-aws-iam-AccessKey: the old key works at every step, until it is phased out", async () => {
    const example = await examples.of("migrate-from-aws-iam-AccessKey");
    const key = () => example.secretOutputs<AccessKeyPair>();
    // Not by deepEqual, which would print secrets.
    const isStill = async (before: AccessKeyPair) => isDeepStrictEqual(await key(), before) && (await works(before));
    await example.up();
    const old = await key();
    assert.equal(await example.output("secretAccessKey"), "[secret]");

    const adopted = await example.upWith("step=1");
    assert.match(adopted, /\+ 1 created/);
    assert.equal(await isStill(old), true);

    assert.match(await example.pulumi("preview --config step=2"), /- +aws:iam:AccessKey +deploy +delete\[retain\]/);
    const dropped = await example.upWith("step=2");
    assert.match(dropped, /- 1 deleted/);
    assert.equal(await isStill(old), true);

    await example.upWith("step=3");
    const made = await key();
    assert.notEqual(made.accessKeyId, old.accessKeyId);
    assert.deepEqual([await works(made), await works(old)], [true, true]);

    await example.upWith("step=4");
    assert.deepEqual([await works(await key()), await works(made), await works(old)], [true, true, false]);

    // What the steps are for: the resource taken out in one go takes the key with it.
    await example.destroy();
    await example.upWith("step=0");
    const unprepared = await key();
    assert.equal(await works(unprepared), true);
    await example.upWith("step=2");
    assert.equal(await works(unprepared), false);
  });

  it("print no secret", () => {
    assert.deepEqual(examples.secretsPrinted(), []);
  });
});
