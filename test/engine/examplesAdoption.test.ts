import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { AccessKeyPair, RotatedKey } from "../../provider";
import { Account } from "../harness/aws/account";
import { type Credentials, whoIs } from "../harness/aws/admin";
import { stand } from "../harness/pulumi/stand";
import { Pages } from "../harness/recipes/pageShell";
import { remember } from "../harness/secrets";

describe("the examples that take over keys", function () {
  this.timeout(300_000);
  const at = stand(new Pages());
  let admin: Credentials;
  before(async () => {
    admin = await at.endpoint.newAdmin();
    remember(admin.secretAccessKey);
    await at.endpoint.requireAuth();
    const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = admin;
    // Past the proxy, which asks the emulator in its own words.
    Object.assign(at.shell.env, { AWS_ENDPOINT_URL: at.endpoint.url, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY });
  });

  const userNamed = (name: string) => new Account(at.endpoint.url, name, admin);
  const works = async (key: AccessKeyPair) => "arn" in (await whoIs(at.endpoint.url, { ...key }));

  /** The stack of one example. */
  async function begin(name: string) {
    const pulumi = (command: string) => at.shell.run(`pulumi -C examples/${name} ${command}`);
    const set = (flag: string, settings: Record<string, string>) => {
      const all = Object.entries(settings).map(([path, value]) => `${flag} '${path}=${value}'`);
      return pulumi(`config set-all --path ${all.join(" ")}`);
    };
    await pulumi("stack init test");
    return {
      pulumi,
      config: (settings: Record<string, string>) => set("--plaintext", settings),
      secretConfig: (settings: Record<string, string>) => set("--secret", settings),
      up: (more = "") => pulumi(`up --skip-preview ${more}`),
      /** An update after a change of one plain setting. */
      upWith: (setting: string) => pulumi(`up --skip-preview --config ${setting}`),
      destroy: () => pulumi("destroy --skip-preview"),
      output: async (which: string) => (await pulumi(`stack output ${which}`)).trim(),
      /** All outputs; what is a secret in them must not be printed from then on, nor have been printed before. */
      async secretOutputs<Outputs>(): Promise<Outputs> {
        const { stdout } = await at.shell.out(`pulumi -C examples/${name} stack output --json --show-secrets`);
        for (const [secret] of stdout.matchAll(/(?<=")[A-Za-z0-9+/]{40,}(?=")/g)) remember(secret);
        return JSON.parse(stdout) as Outputs;
      },
    };
  }

  it("adopt-existing-keys: two keys from the secret config are handed on, then rotated away one by one", async () => {
    const user = userNamed("legacy");
    const userArn = await user.createUser();
    const [first, second] = [await user.addKey(), await user.addKey()];
    const example = await begin("adopt-existing-keys");
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
    const example = await begin("ses-smtp");
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
    const example = await begin("migrate-from-aws-iam-AccessKey");
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
});
