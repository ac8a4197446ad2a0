import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Account } from "../harness/aws/account";
import { installPacked } from "../harness/packed";
import { PROVIDER, Program } from "../harness/pulumi/program";
import { stand } from "../harness/pulumi/stand";
import { secretsIn } from "../harness/secrets";
import { type Shim, startShim } from "../harness/shim/shim";
import { ROLE, SECRET } from "./places";

describe("whoever @pulumi/aws signs in as, the packed tarball does too", function () {
  this.timeout(180_000);
  const program = new Program();
  const folder = mkdtempSync(join(tmpdir(), "rotator-sign-in-"));
  const home = join(folder, "home");
  const at = stand();
  let account: Account;
  let userArn: string;

  before(async () => {
    await installPacked(join(program.folder, "node_modules"));
    account = at.account("deployer");
    userArn = await account.createUser();
    writeFileSync(join(folder, "oidc-token"), "ey.of.somebody");
    const keys = `aws_access_key_id = AKIAOTHERFILE0000000\naws_secret_access_key = ${SECRET}\n`;
    writeFileSync(join(folder, "other"), `[ops]\n${keys}`);
  });
  after(() => {
    program.remove();
    rmSync(folder, { recursive: true });
  });

  const inputs = (more: object = {}) => ({ userArn, journalOwner: "ownerofthese", ...more, __provider: PROVIDER });

  /** One process of the provider, which finds nobody to sign in as in its home. */
  async function withShim<T>(config: Record<string, string>, env: object, use: (shim: Shim) => Promise<T>): Promise<T> {
    at.proxy.clear();
    const surroundings = { HOME: home, AWS_ENDPOINT_URL: at.proxy.url, AWS_EC2_METADATA_DISABLED: "true", ...env };
    const shim = await startShim({ cwd: program.folder, config, env: surroundings });
    return use(shim).finally(() => shim.stop());
  }

  async function live(shim: Shim, more: object = {}): Promise<void> {
    const { inputs: checked, failures } = await shim.check({}, inputs(more));
    assert.deepEqual(failures, []);
    const { id, outs } = await shim.create(checked);
    await shim.delete(id, outs);
    const others = shim.stderr.split("\n").filter((line) => !/: (made|deleted) A\w+( as current)?\.$/.test(line));
    assert.deepEqual(others, [""], "nothing is said but what was done");
  }

  /** Makes a key and deletes it: @returns who signed the calls to IAM. */
  async function signerWith(config: Record<string, string>, env: Record<string, string> = {}): Promise<string> {
    await withShim(config, env, (shim) => live(shim));
    assert.deepEqual(await account.keys(), []);
    const calls = at.proxy.calls.filter(({ action }) => /AccessKey|GetUser|TagUser/.test(action));
    const [signer = "", ...others] = new Set(calls.map((call) => call.accessKeyId));
    assert.deepEqual(others, []);
    return signer;
  }

  const KEYS = { "aws:accessKey": "AKIACONFIG0000000000", "aws:secretKey": SECRET };
  const ENVIRONMENT = { AWS_ACCESS_KEY_ID: "AKIAENVIRONMENT00000", AWS_SECRET_ACCESS_KEY: SECRET };
  const web = () => ({ roleArn: ROLE, webIdentityTokenFile: join(folder, "oidc-token") });
  // Each kind of profile, and what stands in the environment, is in whoSigns.test.ts.
  type Story = [string, () => Record<string, string>, () => Record<string, string>, RegExp];
  const stories: Story[] = [
    ["keys in the stack's configuration", () => KEYS, () => ENVIRONMENT, /^AKIACONFIG/],
    [
      "a profile in a file of its own",
      () => ({ "aws:profile": "ops", "aws:sharedCredentialsFiles": JSON.stringify([join(folder, "other")]) }),
      () => ({}),
      /^AKIAOTHERFILE/,
    ],
    [
      "aws:assumeRoleWithWebIdentity",
      () => ({ "aws:assumeRoleWithWebIdentity": JSON.stringify(web()) }),
      () => ENVIRONMENT,
      /^ASIA/,
    ],
    [
      "aws:assumeRole, as @pulumi/aws 6 has it",
      () => ({ ...KEYS, "aws:assumeRole": JSON.stringify({ roleArn: ROLE }) }),
      () => ({}),
      /^ASIA/,
    ],
  ];
  for (const [title, config, env, signer] of stories) {
    it(title, async () => assert.match(await signerWith(config(), env()), signer));
  }

  it("aws:assumeRoles: one after another, each signed by the one before, once in a process", async () => {
    const roles = [
      { roleArn: ROLE, externalId: "4711", sessionName: "nightly", tags: { team: "a" }, transitiveTagKeys: ["team"] },
      { roleArn: `${ROLE}-2`, duration: "15m" },
    ];
    const signer = await signerWith({ ...KEYS, "aws:assumeRoles": JSON.stringify(roles) });
    const [first, second, ...others] = at.proxy.calls.filter(({ action }) => action === "AssumeRole");
    assert.equal(others.length, 0);
    assert.equal(first?.accessKeyId, "AKIACONFIG0000000000");
    const { RoleArn, ExternalId, RoleSessionName, "TransitiveTagKeys.member.1": key } = first?.params ?? {};
    assert.deepEqual([RoleArn, ExternalId, RoleSessionName, key], [ROLE, "4711", "nightly", "team"]);
    assert.match(second?.accessKeyId ?? "", /^ASIA/);
    const { RoleArn: last, RoleSessionName: name, DurationSeconds } = second?.params ?? {};
    assert.deepEqual([last, name, DurationSeconds], [`${ROLE}-2`, "pulumi-aws-iam-rotator", "900"]);
    assert.match(signer, /^ASIA/);
    assert.notEqual(signer, second?.accessKeyId);
  });

  it("aws:endpoints, aws:maxRetries and aws:skipCredentialsValidation are followed, or ignored without noise", async () => {
    const nowhere = { AWS_ENDPOINT_URL: "http://127.0.0.1:1" };
    const settings = {
      ...KEYS,
      "aws:endpoints": JSON.stringify([{ iam: at.proxy.url, sts: at.proxy.url, s3: "http://127.0.0.1:1" }]),
      "aws:maxRetries": "2",
      "aws:skipCredentialsValidation": "true",
      "aws:skipMetadataApiCheck": "true",
      "aws:skipRequestingAccountId": "true",
      "aws:defaultTags": '{"tags":{"team":"a"}}',
    };
    assert.equal(await signerWith(settings, nowhere), "AKIACONFIG0000000000");
    await withShim(settings, nowhere, (shim) => {
      at.proxy.rule({ action: "GetUser", fault: { kind: "error", code: "ServiceFailure", status: 500 } });
      return assert.rejects(shim.create(inputs()), /iam:GetUser failed with ServiceFailure/);
    });
    assert.equal(at.proxy.calls.filter(({ action, status }) => action === "GetUser" && status === 500).length, 2);
  });

  it("a role that may not be assumed is told as such, and nothing of the credentials is", async () => {
    const message = `User: arn:aws:iam::123456789012:user/ci is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`;
    const config = { ...KEYS, "aws:assumeRoles": JSON.stringify([{ roleArn: ROLE, externalId: "an external id" }]) };
    await withShim(config, {}, async (shim) => {
      at.proxy.rule({ action: "AssumeRole", fault: { kind: "error", code: "AccessDenied", status: 403, message } });
      await assert.rejects(shim.create(inputs()), ({ message }: Error) => {
        assert.match(message, /sts:AssumeRole on resource: .*Check the credentials in use/);
        assert.ok(!message.includes(SECRET) && !message.includes("an external id"));
        return true;
      });
      assert.deepEqual(secretsIn(shim.stderr), []);
    });
    assert.ok(at.proxy.count("AssumeRole") <= 2);
    assert.equal(at.proxy.count("CreateAccessKey"), 0);
  });

  it("in every partition that the emulator knows, and for every name, makes and deletes a key, in the partition's own region", () =>
    withShim(KEYS, {}, async (shim) => {
      for (const [partition, region, path, name] of [
        ["aws-cn", "cn-northwest-1", "/", "deployer"],
        ["aws-us-gov", "us-gov-east-1", "/ci/", "deployer"],
        ["aws-iso", "us-iso-east-1", "/", "deployer"],
        ["aws-iso-b", "us-isob-east-1", "/", "deployer"],
        ["aws-eusc", "eusc-de-east-1", "/", "deployer"],
        ["aws", "eu-central-1", "/Division_ABC/sub-Division/", "Ada+Love=lace,at.mail@example-1_X"],
        ["aws", "us-east-1", "/!~%'/", "UPPER.lower"],
      ] as const) {
        const owner = new Account(at.endpoint.url, name, undefined, region);
        const arn = await owner.createUser(path);
        assert.equal(arn, `arn:${partition}:iam::123456789012:user${path}${name}`);
        at.proxy.clear();
        await live(shim, { userArn: arn, region });
        assert.deepEqual([...new Set(at.proxy.calls.map((call) => call.region))], [region]);
        assert.deepEqual(await owner.keys(), []);
        assert.match((await owner.journal()) ?? "", /^v1 void delete /);
      }
    }));
});
