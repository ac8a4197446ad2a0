import assert from "node:assert/strict";
import { type Registered, runMocked, unsealed } from "../harness/pulumi/mockedExample";

const KEY = "pulumi-nodejs:dynamic/pulumi-aws-iam-rotator:RotatedAccessKey";
const ARN = "arn:aws:iam::123456789012:user/ci/deploy";
const key = (letter: string) => ({
  accessKeyId: `AKIA${letter.repeat(16)}`,
  secretAccessKey: `secret of ${letter}`,
  createdAt: "2026-11-01T00:00:00Z",
});

/** What the provider answers with. */
const keys = (previous?: object) => ({
  [KEY]: () => ({ current: key("C"), currentAccessKeyId: key("C").accessKeyId, ...(previous && { previous }) }),
  "aws:iam/user:User": () => ({ arn: ARN, name: "deploy" }),
});

function only(registered: Registered[], type: string): Registered {
  const [one, ...others] = registered.filter((at) => at.type === type);
  assert.ok(one && others.length === 0, `one ${type}`);
  return one;
}

describe("the examples that hand keys on to what can't be had here", function () {
  // The programs are type-checked by `npm run check`; here ts-node compiles them, and loads what they import.
  this.timeout(60_000);

  describe("secrets-manager", () => {
    const run = (previous?: object) =>
      runMocked(
        "secrets-manager",
        {},
        {
          ...keys(previous),
          "aws:secretsmanager/secretVersion:SecretVersion": ({ secretId }) => ({ secretArn: `arn of ${secretId}` }),
        },
      );

    it("keeps both keys in one version, as a secret", async () => {
      const { registered, exported } = await run(key("P"));
      const { inputs } = only(registered, "aws:secretsmanager/secretVersion:SecretVersion");
      assert.deepEqual(JSON.parse(unsealed(inputs.secretString) as string), {
        accessKeyId: key("C").accessKeyId,
        secretAccessKey: "secret of C",
        previousAccessKeyId: key("P").accessKeyId,
        previousSecretAccessKey: "secret of P",
      });
      const { name } = only(registered, "aws:secretsmanager/secret:Secret");
      assert.deepEqual(exported, { secretArn: `arn of ${name}-id`, currentAccessKeyId: key("C").accessKeyId });
    });

    for (const [title, previous, expected] of [
      ["no previous", undefined, ["accessKeyId", "secretAccessKey"]],
      [
        "a previous whose secret nobody knows",
        { accessKeyId: key("P").accessKeyId, createdAt: key("P").createdAt },
        ["accessKeyId", "secretAccessKey", "previousAccessKeyId"],
      ],
    ] as const) {
      it(`says nothing of what is not there: ${title}`, async () => {
        const { registered } = await run(previous);
        const { inputs } = only(registered, "aws:secretsmanager/secretVersion:SecretVersion");
        assert.deepEqual(Object.keys(JSON.parse(unsealed(inputs.secretString) as string)), expected);
      });
    }

    it("leaves the labels of versions to AWS: a reader gets the newest without asking for one", async () => {
      const { registered } = await run(key("P"));
      const { inputs } = only(registered, "aws:secretsmanager/secretVersion:SecretVersion");
      assert.deepEqual(Object.keys(inputs).sort(), ["secretId", "secretString"]);
    });
  });

  describe("ssm-parameter", () => {
    const run = (config: Record<string, string> = {}) => runMocked("ssm-parameter", config, keys(key("P")));

    it("keeps the current key alone, in one value that is a secret, under a name of its own", async () => {
      const { registered, exported } = await run();
      const { value, ...rest } = only(registered, "aws:ssm/parameter:Parameter").inputs;
      assert.deepEqual(JSON.parse(unsealed(value) as string), {
        Version: 1,
        AccessKeyId: key("C").accessKeyId,
        SecretAccessKey: "secret of C",
      });
      assert.deepEqual(rest, {
        name: "/ci/deploy/access-key",
        description: "Access key of an IAM user, rotated by Pulumi",
        type: "SecureString",
      });
      assert.deepEqual(exported, { parameterName: "/ci/deploy/access-key", currentAccessKeyId: key("C").accessKeyId });
    });

    it("takes another name from the stack's settings", async () => {
      const { exported } = await run({ parameterName: "/else/where" });
      assert.deepEqual(exported, { parameterName: "/else/where", currentAccessKeyId: key("C").accessKeyId });
    });
  });

  it("ses-smtp: the password is that of the current key, for the region whose endpoint it names", async () => {
    const current = { ...key("C"), secretAccessKey: "some+secret+key" };
    const answer = { [KEY]: () => ({ current, currentAccessKeyId: current.accessKeyId, previous: key("P") }) };
    const { exported } = await runMocked("ses-smtp", { userArn: ARN, region: "us-west-1" }, answer);
    assert.deepEqual(exported, {
      host: "email-smtp.us-west-1.amazonaws.com",
      userName: current.accessKeyId,
      password: "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj",
    });
  });

  it("ci-secret: writes id and secret into two secrets of the repository, sealed on the way", async () => {
    const { registered, exported } = await runMocked("ci-secret", { repository: "app", userArn: ARN }, keys());
    assert.equal(only(registered, KEY).inputs.userArn, ARN);
    const secrets = registered.filter(({ type }) => type === "github:index/actionsSecret:ActionsSecret");
    const written = secrets.map(({ inputs: { repository, secretName, value, ...rest } }) => {
      assert.deepEqual(rest, {}, "nothing else, above all no value in clear");
      return [repository, secretName, unsealed(value)];
    });
    assert.deepEqual(written, [
      ["app", "AWS_ACCESS_KEY_ID", key("C").accessKeyId],
      ["app", "AWS_SECRET_ACCESS_KEY", "secret of C"],
    ]);
    assert.deepEqual(exported, {
      secretNames: ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
      currentAccessKeyId: key("C").accessKeyId,
    });
  });

  describe("every-user", () => {
    const arns = [ARN, "arn:aws:iam::123456789012:user/ci/team/other"];

    it("has a key for each user below the path, named apart, and their policy", async () => {
      const { registered, exported } = await runMocked("every-user", { pathPrefix: "/ci/" }, keys(), () => ({ arns }));
      const made = registered.filter(({ type }) => type === KEY);
      assert.deepEqual(
        made.map(({ name, inputs }) => [name, inputs.userArn]),
        [
          ["deploy", arns[0]],
          ["other", arns[1]],
        ],
      );
      assert.match(String(exported["rotation policy"]), /user\/ci\/team\/other/);
      assert.deepEqual(Object.keys(exported), ["deploy", "other", "rotation policy"]);
    });

    it("fails where nobody is found, and deletes no key for that", async () => {
      const run = runMocked("every-user", { pathPrefix: "/ci/" }, keys(), () => ({ arns: [] }));
      await assert.rejects(run, /There is no user below \/ci\//);
    });
  });

  describe("overdue-alarm", () => {
    it("asks AWS Config for keys older than the periods of a rotation", async () => {
      const { registered } = await runMocked("overdue-alarm", {}, {});
      const { inputs } = only(registered, "aws:cfg/rule:Rule");
      assert.deepEqual(inputs.source, { owner: "AWS", sourceIdentifier: "ACCESS_KEYS_ROTATED" });
      assert.deepEqual(JSON.parse(String(inputs.inputParameters)), { maxAccessKeyAge: "104" });
    });
  });
});
