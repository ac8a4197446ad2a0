import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../harness/dist";
import { key, keys, runMocked, unsealed } from "../harness/pulumi/mockedExample";

/** What an emulator does not tell; the rest is in recipesStandIns.test.ts. */
describe("the examples that hand keys on to what can't be had here", function () {
  // The programs are type-checked by `npm run check`; here ts-node compiles them, and loads what they import.
  this.timeout(60_000);
  const { accessKeyId } = key("P");

  it("secrets-manager: all in one version, as a secret, with the part of previous that is known; its labels are left to AWS", async () => {
    for (const [previous, more] of [
      [key("P"), { previousAccessKeyId: accessKeyId, previousSecretAccessKey: "secret of P" }],
      [{ accessKeyId }, { previousAccessKeyId: accessKeyId }],
    ] as const) {
      const version = ({ secretId }: Record<string, unknown>) => ({ secretArn: `arn of ${secretId}` });
      const outputs = { ...keys(previous), "aws:secretsmanager/secretVersion:SecretVersion": version };
      const { registered, exported, inputs } = await runMocked("secrets-manager", {}, outputs);
      const { secretString, ...rest } = inputs("aws:secretsmanager/secretVersion:SecretVersion");
      const current = { accessKeyId: key("C").accessKeyId, secretAccessKey: "secret of C" };
      assert.deepEqual(JSON.parse(unsealed(secretString) as string), { ...current, ...more });
      assert.deepEqual(Object.keys(rest), ["secretId"]);
      const { name } = registered.find(({ type }) => type === "aws:secretsmanager/secret:Secret") ?? assert.fail();
      assert.deepEqual(exported, { secretArn: `arn of ${name}-id`, currentAccessKeyId: key("C").accessKeyId });
    }
  });

  it("ssm-parameter: in one value that is a secret, under a name of its own, or that of the stack's settings", async () => {
    for (const [settings, name] of [
      [{}, "/ci/deploy/access-key"],
      [{ parameterName: "/else/where" }, "/else/where"],
    ] as const) {
      const { exported, inputs } = await runMocked("ssm-parameter", settings, keys(key("P")));
      const { value, description: _, ...rest } = inputs("aws:ssm/parameter:Parameter");
      assert.match(unsealed(value) as string, /"secret of C"/);
      assert.deepEqual(rest, { name, type: "SecureString" });
      assert.deepEqual(exported, { parameterName: name, currentAccessKeyId: key("C").accessKeyId });
    }
  });

  it("ses-smtp: the password is that of the current key, for the region whose endpoint it names", async () => {
    const answers = keys(key("P"), { ...key("C"), secretAccessKey: "some+secret+key" });
    const settings = { userArn: "arn:aws:iam::123456789012:user/ci/deploy", region: "us-west-1" };
    assert.deepEqual((await runMocked("ses-smtp", settings, answers)).exported, {
      host: "email-smtp.us-west-1.amazonaws.com",
      userName: key("C").accessKeyId,
      password: "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj",
    });
  });

  it("kubernetes-secret asks for no package whose installation downloads a plugin, where `npm ci` would install it", () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
    const scripted = Object.entries(packages as Record<string, { hasInstallScript?: true }>).filter(
      ([path, { hasInstallScript }]) => hasInstallScript && path.includes("@pulumi/"),
    );
    assert.deepEqual(scripted, []);
  });
});
