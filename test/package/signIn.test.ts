import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Account } from "../harness/aws/account";
import { type Endpoint, startEndpoint } from "../harness/aws/endpoint";
import { type FaultProxy, startProxy } from "../harness/aws/proxy";
import { installPacked } from "../harness/packed";
import { PROVIDER, Program } from "../harness/pulumi/program";
import { secretsIn } from "../harness/secrets";
import { type Shim, startShim } from "../harness/shim/shim";
import { ROLE, SECRET } from "./places";

describe("whoever @pulumi/aws signs in as, the packed tarball does too", function () {
  this.timeout(180_000);
  const program = new Program();
  const folder = mkdtempSync(join(tmpdir(), "rotator-sign-in-"));
  const home = join(folder, "home");
  let endpoint: Endpoint;
  let proxy: FaultProxy;
  let account: Account;
  let userArn: string;

  before(async () => {
    await installPacked(join(program.folder, "node_modules"));
    endpoint = await startEndpoint();
    proxy = await startProxy(endpoint.url);
    account = new Account(endpoint.url, "deployer");
    userArn = await account.createUser();
    writeFileSync(join(folder, "oidc-token"), "ey.of.somebody");
    const keys = `aws_access_key_id = AKIAOTHERFILE0000000\naws_secret_access_key = ${SECRET}\n`;
    writeFileSync(join(folder, "other"), `[ops]\n${keys}`);
  });
  after(async () => {
    await proxy?.stop();
    await endpoint?.stop();
    program.remove();
    rmSync(folder, { recursive: true });
  });

  async function live(shim: Shim, more: object): Promise<void> {
    const inputs = { journalOwner: "ownerofthese", ...more, __provider: PROVIDER };
    const { inputs: checked, failures } = await shim.check({}, inputs);
    assert.deepEqual(failures, []);
    const { id, outs } = await shim.create(checked);
    await shim.delete(id, outs);
    const others = shim.stderr.split("\n").filter((line) => !/: (made|deleted) A\w+( as current)?\.$/.test(line));
    assert.deepEqual(others, [""], "nothing is said but what was done");
  }

  /** Makes a key and deletes it: @returns who signed the calls to IAM. */
  async function signerWith(config: Record<string, string>, env: Record<string, string> = {}): Promise<string> {
    proxy.clear();
    const shim = await startShim({
      cwd: program.folder,
      config,
      env: { HOME: home, AWS_ENDPOINT_URL: proxy.url, AWS_EC2_METADATA_DISABLED: "true", ...env },
    });
    await live(shim, { userArn }).finally(() => shim.stop());
    assert.deepEqual(await account.keys(), []);
    const [signer = "", ...others] = new Set(
      proxy.calls.filter(({ action }) => /AccessKey|GetUser|TagUser/.test(action)).map((call) => call.accessKeyId),
    );
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
    const [first, second, ...others] = proxy.calls.filter(({ action }) => action === "AssumeRole");
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
      "aws:endpoints": JSON.stringify([{ iam: proxy.url, sts: proxy.url, s3: "http://127.0.0.1:1" }]),
      "aws:maxRetries": "2",
      "aws:skipCredentialsValidation": "true",
      "aws:skipMetadataApiCheck": "true",
      "aws:skipRequestingAccountId": "true",
      "aws:defaultTags": '{"tags":{"team":"a"}}',
    };
    assert.equal(await signerWith(settings, nowhere), "AKIACONFIG0000000000");
    proxy.rule({ action: "GetUser", fault: { kind: "error", code: "ServiceFailure", status: 500 } });
    const shim = await startShim({ cwd: program.folder, config: settings, env: { HOME: home, ...nowhere } });
    try {
      const inputs = { userArn, journalOwner: "ownerofthese", __provider: PROVIDER };
      await assert.rejects(shim.create(inputs), /iam:GetUser failed with ServiceFailure/);
    } finally {
      await shim.stop();
    }
    assert.equal(proxy.calls.filter(({ action, status }) => action === "GetUser" && status === 500).length, 2);
  });

  it("a proxy in the environment is used for AWS's own addresses", async () => {
    const seen: string[] = [];
    const server = http.createServer();
    server.on("connect", (request, socket) => {
      seen.push(request.url ?? "");
      // Who is refused a tunnel may drop the connection at once; without a listener that would end the test's own process.
      socket.on("error", () => {});
      socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      for (const [config, env] of [
        [KEYS, { HTTPS_PROXY: address, AWS_MAX_ATTEMPTS: "1" }],
        [{ ...KEYS, "aws:httpsProxy": address }, { AWS_MAX_ATTEMPTS: "1" }],
      ] as const) {
        seen.length = 0;
        const shim = await startShim({ cwd: program.folder, config, env: { HOME: home, ...env } });
        const inputs = { userArn, journalOwner: "ownerofthese", __provider: PROVIDER };
        await assert
          .rejects(shim.create(inputs), /iam:(GetUser|ListAccessKeys) failed with /)
          .finally(() => shim.stop());
        assert.ok(seen.length > 0 && seen.every((host) => host === "iam.amazonaws.com:443"), String(seen));
      }
    } finally {
      server.close();
    }
  });

  it("a role that may not be assumed is told as such, and nothing of the credentials is", async () => {
    proxy.clear();
    const message = `User: arn:aws:iam::123456789012:user/ci is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`;
    proxy.rule({ action: "AssumeRole", fault: { kind: "error", code: "AccessDenied", status: 403, message } });
    const config = { ...KEYS, "aws:assumeRoles": JSON.stringify([{ roleArn: ROLE, externalId: "an external id" }]) };
    const shim = await startShim({
      cwd: program.folder,
      config,
      env: { HOME: home, AWS_ENDPOINT_URL: proxy.url },
    });
    const create = shim.create({ userArn, journalOwner: "ownerofthese", __provider: PROVIDER });
    await assert
      .rejects(create, ({ message }: Error) => {
        assert.match(message, /sts:AssumeRole on resource: .*Check the credentials in use/);
        assert.ok(!message.includes(SECRET) && !message.includes("an external id"));
        return true;
      })
      .finally(() => shim.stop());
    assert.ok(proxy.count("AssumeRole") <= 2);
    assert.deepEqual([proxy.count("CreateAccessKey"), secretsIn(shim.stderr)], [0, []]);
  });

  describe("in every partition that the emulator knows, and for every name", () => {
    const users: [string, string, string, string][] = [
      ["aws-cn", "cn-northwest-1", "/", "deployer"],
      ["aws-us-gov", "us-gov-east-1", "/ci/", "deployer"],
      ["aws-iso", "us-iso-east-1", "/", "deployer"],
      ["aws-iso-b", "us-isob-east-1", "/", "deployer"],
      ["aws-eusc", "eusc-de-east-1", "/", "deployer"],
      ["aws", "eu-central-1", "/Division_ABC/sub-Division/", "Ada+Love=lace,at.mail@example-1_X"],
      ["aws", "us-east-1", "/!~%'/", "UPPER.lower"],
    ];
    it("makes and deletes a key, in the partition's own region", async () => {
      const shim = await startShim({
        cwd: program.folder,
        config: KEYS,
        env: { HOME: home, AWS_ENDPOINT_URL: proxy.url },
      });
      try {
        for (const [partition, region, path, name] of users) {
          const owner = new Account(endpoint.url, name, undefined, region);
          const arn = await owner.createUser(path);
          assert.equal(arn, `arn:${partition}:iam::123456789012:user${path}${name}`);
          proxy.clear();
          await live(shim, { userArn: arn, region });
          assert.deepEqual([...new Set(proxy.calls.map((call) => call.region))], [region]);
          assert.deepEqual(await owner.keys(), []);
          assert.match((await owner.journal()) ?? "", /^v1 void delete /);
        }
      } finally {
        await shim.stop();
      }
    });
  });
});
