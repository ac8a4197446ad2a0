import assert from "node:assert/strict";
import { homedir } from "node:os";
import type { Connection } from "../../provider/aws/connection";
import {
  accessOf,
  checkAccess,
  providerSettings,
  type StackConfig,
  stackSettings,
} from "../../provider/lifecycle/session";
import { RotationError } from "../../provider/model/errors";
import { parseUserArn } from "../../provider/model/userArn";

const ARN = "arn:aws:iam::123456789012:user/ci/deployer";
const LOGIN = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "secret of the login" };
const KEYS = { accessKey: "AKIACONFIG0000000000", secretKey: "secret of the stack" };
const PAIR = { accessKeyId: "AKIACONFIG0000000000", secretAccessKey: "secret of the stack" };
const ROLE = "arn:aws:iam::123456789012:role/rotator";
const NAMED = { RoleSessionName: "pulumi-aws-iam-rotator" };

type Given = Record<string, unknown>;

/** As Pulumi passes them: what is no text is JSON. */
const asText = (settings: Given): Record<string, string> =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
  );
const inStack = (settings: Given): StackConfig => {
  const texts = asText(settings);
  return { get: (key) => (key.startsWith("aws:") ? texts[key.slice("aws:".length)] : undefined) };
};

/** The access by the stack's configuration, which is that by an explicit provider of the same settings. */
function accessBy(settings: Given, login?: typeof LOGIN) {
  const user = parseUserArn(ARN) ?? assert.fail();
  const access = accessOf(user, { ...(login && { login }) }, stackSettings(inStack(settings)), {});
  // Of an explicit provider a program may read lists and objects as they are, or as text.
  for (const values of [asText(settings), settings]) {
    assert.deepEqual(accessOf(user, { ...(login && { login }) }, providerSettings(values), {}), access);
  }
  return access;
}

describe("credentials", () => {
  const table: [string, Given, typeof LOGIN | undefined, object][] = [
    ["nothing given: the SDK's chain", {}, undefined, {}],
    ["a login before the stack's keys", KEYS, LOGIN, { login: LOGIN }],
    [
      "a login stands for itself: no role is assumed with it",
      { assumeRoles: [{ roleArn: ROLE }] },
      LOGIN,
      { login: LOGIN },
    ],
    ["a login before what can't be followed", { assumeRoles: "no JSON" }, LOGIN, { login: LOGIN }],
    ["the stack's keys instead of the chain", KEYS, undefined, { login: PAIR }],
    ["temporary keys", { ...KEYS, token: "token" }, undefined, { login: { ...PAIR, sessionToken: "token" } }],
    ["a profile", { profile: "ops" }, undefined, { profile: "ops" }],
    ["keys before a profile", { ...KEYS, profile: "ops" }, undefined, { login: PAIR }],
    ["empty texts are not given", { accessKey: "", secretKey: "", profile: "", assumeRoles: "" }, undefined, {}],
    ["empty lists and objects are not given", { assumeRoles: [], endpoints: {}, assumeRole: null }, undefined, {}],
    [
      "a profile in files of its own",
      { profile: "ops", sharedConfigFiles: ["~/aws/config"], sharedCredentialsFiles: ["/etc/aws"] },
      undefined,
      { profile: "ops", configFile: `${homedir()}/aws/config`, credentialsFile: "/etc/aws" },
    ],
    [
      "the file as @pulumi/aws 5 named it",
      { sharedCredentialsFile: "/etc/aws" },
      undefined,
      { credentialsFile: "/etc/aws" },
    ],
    [
      "a role, as @pulumi/aws 6 names it",
      { assumeRole: { roleArn: ROLE, durationSeconds: 900 } },
      undefined,
      { roles: [{ ...NAMED, RoleArn: ROLE, DurationSeconds: 900 }] },
    ],
    [
      "a role with all that it can have, assumed with the stack's keys",
      {
        ...KEYS,
        assumeRoles: [
          {
            roleArn: ROLE,
            sessionName: "nightly",
            externalId: 4711,
            duration: "1h30m",
            policy: "{}",
            policyArns: ["arn:aws:iam::aws:policy/IAMFullAccess"],
            sourceIdentity: "ada",
            tags: { team: "platform", cost: 7 },
            transitiveTagKeys: ["team"],
          },
        ],
      },
      undefined,
      {
        login: PAIR,
        roles: [
          {
            RoleArn: ROLE,
            RoleSessionName: "nightly",
            ExternalId: "4711",
            DurationSeconds: 5400,
            Policy: "{}",
            PolicyArns: [{ arn: "arn:aws:iam::aws:policy/IAMFullAccess" }],
            SourceIdentity: "ada",
            Tags: [
              { Key: "team", Value: "platform" },
              { Key: "cost", Value: "7" },
            ],
            TransitiveTagKeys: ["team"],
          },
        ],
      },
    ],
    [
      "a chain of roles, in their order",
      { assumeRoles: [{ roleArn: ROLE }, { roleArn: `${ROLE}2`, externalId: null }] },
      undefined,
      {
        roles: [
          { ...NAMED, RoleArn: ROLE },
          { ...NAMED, RoleArn: `${ROLE}2` },
        ],
      },
    ],
    [
      "a role by an OIDC token",
      { assumeRoleWithWebIdentity: { roleArn: ROLE, webIdentityToken: "ey…", duration: "1h" } },
      undefined,
      {
        webIdentity: {
          roleSessionName: NAMED.RoleSessionName,
          roleArn: ROLE,
          webIdentityToken: "ey…",
          durationSeconds: 3600,
        },
      },
    ],
    [
      "a role by a file with an OIDC token, and one more from there",
      {
        assumeRoleWithWebIdentity: { roleArn: ROLE, webIdentityTokenFile: "/run/token", sessionName: "pod" },
        assumeRoles: [{ roleArn: `${ROLE}2` }],
      },
      undefined,
      {
        webIdentity: { roleArn: ROLE, webIdentityTokenFile: "/run/token", roleSessionName: "pod" },
        roles: [{ ...NAMED, RoleArn: `${ROLE}2` }],
      },
    ],
  ];
  for (const [title, settings, login, expected] of table) {
    it(title, () => assert.deepEqual(accessBy(settings, login).credentials, expected));
  }

  it("of another namespace of the configuration are not ours", () => {
    const config = { get: (key: string) => ({ accessKey: "x", "other:profile": "x" })[key] };
    const access = accessOf(parseUserArn(ARN) ?? assert.fail(), {}, stackSettings(config), {});
    assert.deepEqual(access, { credentials: {}, connection: {} });
    assert.deepEqual(accessOf(parseUserArn(ARN) ?? assert.fail(), {}, stackSettings(undefined), {}), access);
  });
});

describe("connections", () => {
  const table: [string, Given, Connection][] = [
    ["AWS's own addresses", {}, {}],
    [
      "other addresses, in one object or several",
      { endpoints: [{ iam: "http://127.0.0.1:1", s3: "" }, { sts: "http://127.0.0.1:2" }] },
      { iamEndpoint: "http://127.0.0.1:1", stsEndpoint: "http://127.0.0.1:2" },
    ],
    ["another region of STS", { stsRegion: "eu-west-1" }, { stsRegion: "eu-west-1" }],
    [
      "FIPS and dual stack",
      { useFipsEndpoint: true, useDualstackEndpoint: "true" },
      { useFipsEndpoint: true, useDualstackEndpoint: true },
    ],
    ["neither, if they are false", { useFipsEndpoint: false, useDualstackEndpoint: "false", insecure: false }, {}],
    ["a number of attempts", { maxRetries: 3 }, { attempts: 3 }],
    ["no number is as many as usual", { maxRetries: 0 }, {}],
    ["certificates", { customCaBundle: "/etc/ca.pem", insecure: true }, { caBundle: "/etc/ca.pem", insecure: true }],
    [
      "proxies, and who is reached without one",
      { httpProxy: "http://a", httpsProxy: "http://b", noProxy: "x" },
      { httpProxy: "http://a", httpsProxy: "http://b", noProxy: "x" },
    ],
    [
      "what says nothing of where and who is passed over without noise",
      {
        skipCredentialsValidation: true,
        skipMetadataApiCheck: true,
        skipRegionValidation: true,
        skipRequestingAccountId: true,
        defaultTags: { tags: { a: "b" } },
        ignoreTags: { keys: ["c"] },
        retryMode: "adaptive",
        s3UsePathStyle: true,
      },
      {},
    ],
    ["an account that is allowed", { allowedAccountIds: [123456789012], forbiddenAccountIds: ["000000000000"] }, {}],
  ];
  for (const [title, settings, expected] of table) {
    it(title, () => assert.deepEqual(accessBy(settings).connection, expected));
  }
});

describe("settings that can't be followed are refused: to go on without them would be a surprise", () => {
  const table: [string, Given, RegExp][] = [
    ["half a pair, the id", { accessKey: PAIR.accessKeyId }, /sets aws:accessKey, without secretKey\. Correct it; or/],
    ["half a pair, the secret", { secretKey: "secret of the stack" }, /sets aws:secretKey, without accessKey\. /],
    ["no JSON", { assumeRoles: "[{" }, /sets aws:assumeRoles, which is not JSON\. .*as `login: /],
    ["roles by both names", { assumeRole: { roleArn: ROLE }, assumeRoles: [{ roleArn: ROLE }] }, /assumeRoles as well/],
    ["a role without its name", { assumeRoles: [{ externalId: "x" }] }, /sets aws:assumeRoles, without a roleArn\. /],
    ["a role that is a text", { assumeRoles: [ROLE] }, /which is not an object with a roleArn\. /],
    [
      "an unknown limit of a role",
      { assumeRoles: [{ roleArn: ROLE, scope: "x" }] },
      /in it scope, which is not one of /,
    ],
    [
      "a duration that is none",
      { assumeRoles: [{ roleArn: ROLE, duration: "soon" }] },
      /a duration that can't be read\. /,
    ],
    ["tags that are none", { assumeRoles: [{ roleArn: ROLE, tags: ["a"] }] }, /a tags that can't be read\. /],
    [
      "a web identity without token",
      { assumeRoleWithWebIdentity: { roleArn: ROLE } },
      /without either webIdentityToken or/,
    ],
    [
      "several files",
      { sharedCredentialsFiles: ["/a", "/b"] },
      /sets aws:sharedCredentialsFiles, which has more than one/,
    ],
    [
      "an address of the metadata service",
      { ec2MetadataServiceEndpoint: "http://x" },
      /only as an environment variable\. /,
    ],
    [
      "an address that is none",
      { endpoints: [{ iam: "here" }] },
      /sets aws:endpoints, and in it an address of iam that is/,
    ],
    [
      "an address of another kind",
      { endpoints: [{ sts: "ftp://127.0.0.1" }] },
      /sets aws:endpoints, and in it an address of sts that is/,
    ],
    ["a list of addresses that is none", { endpoints: ["http://127.0.0.1"] }, /not a list of addresses by service\. /],
    ["a proxy of another kind", { httpsProxy: "socks5://b:1" }, /socks, which this package does not speak/],
    [
      "an account that is not allowed",
      { allowedAccountIds: ["210987654321"] },
      /and the user's account 123456789012 is not among them/,
    ],
    ["an account that is forbidden", { forbiddenAccountIds: [123456789012] }, /123456789012 is among them/],
    [
      "an account whose leading zero YAML has lost",
      { forbiddenAccountIds: [12345678901] },
      /no account id of 12 digits/,
    ],
    [
      "a key with a line break at its end",
      { ...KEYS, accessKey: `${KEYS.accessKey}\n` },
      /accessKey, which has white space/,
    ],
    [
      "a secret with a CR at its end",
      { ...KEYS, secretKey: `${KEYS.secretKey}\r` },
      /secretKey, which has white space/,
    ],
    ["a token with a line break in it", { ...KEYS, token: "a\nb" }, /sets aws:token, which has a character/],
    ["a profile with a space before it", { profile: " ops" }, /sets aws:profile, which has white space/],
    ["a region of STS that is none", { stsRegion: "evil.example/" }, /sets aws:stsRegion, which is no AWS region/],
    ["accounts that are no list", { allowedAccountIds: { a: 1 } }, /which is not a list of texts\. /],
  ];
  for (const [title, settings, message] of table) {
    it(title, () => {
      assert.throws(
        () => accessBy(settings),
        (error: Error) => {
          assert.ok(error instanceof RotationError);
          assert.match(error.message, message);
          assert.ok(!JSON.stringify({ ...error, m: error.message }).includes("secret of the stack"));
          return true;
        },
      );
      // A preview says so too, at the property that is the way out.
      const [failure, ...others] = checkAccess({ userArn: ARN }, inStack(settings));
      assert.deepEqual([failure?.property, others.length], ["login", 0]);
      assert.match(failure?.reason ?? "", message);
      const [same] = checkAccess({ userArn: ARN, awsProvider: asText(settings) }, undefined);
      assert.match(same?.reason ?? "", new RegExp(message.source.replace("sets aws:", "sets ")));
      assert.match(same?.reason ?? "", /^the resource's AWS provider sets /);
    });
  }

  for (const given of ['["aws"]', '["gcp","*"]', "aws"]) {
    it(`pulumi:disable-default-providers ${given}: nothing acts by what lies in the environment`, () => {
      const stack = { get: (key: string) => (key === "pulumi:disable-default-providers" ? given : undefined) };
      const [failure] = checkAccess({ userArn: ARN }, stack);
      assert.match(failure?.reason ?? "", /disable-default-providers forbids .* pass `login`, or an aws.Provider/);
      assert.deepEqual(checkAccess({ userArn: ARN, login: LOGIN }, stack), []);
      assert.deepEqual(checkAccess({ userArn: ARN, awsProvider: { profile: "ops" } }, stack), []);
      assert.deepEqual(checkAccess({ userArn: ARN }, { get: () => undefined }), []);
    });
  }

  it("what is not known yet is not refused", () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    assert.deepEqual(checkAccess({ userArn: unknown }, inStack({ assumeRoles: "[{" })), []);
    assert.deepEqual(checkAccess({ userArn: ARN, awsProvider: unknown }, undefined), []);
    assert.deepEqual(checkAccess({ userArn: ARN, awsProvider: { assumeRoles: unknown } }, undefined), []);
  });
});
