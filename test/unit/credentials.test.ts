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
import { UNKNOWN } from "../../provider/model/unknowns";
import { parseUserArn } from "../../provider/model/userArn";

const ARN = "arn:aws:iam::123456789012:user/ci/deployer";
const LOGIN = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "secret of the login" };
const KEYS = { accessKey: "AKIACONFIG0000000000", secretKey: "secret of the stack" };
const PAIR = { accessKeyId: "AKIACONFIG0000000000", secretAccessKey: "secret of the stack" };
const ROLE = "arn:aws:iam::123456789012:role/rotator";
const USER = parseUserArn(ARN) ?? assert.fail();
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
  const given = login ? { login } : {};
  const access = accessOf(USER, given, stackSettings(inStack(settings)), {});
  // Of an explicit provider a program may read lists and objects as they are, or as text.
  for (const values of [asText(settings), settings]) {
    assert.deepEqual(accessOf(USER, given, providerSettings(values), {}), access);
  }
  return access;
}

// Who signs by what lies in the environment and in files, and where calls go, is in test/package beside the AWS CLI.
describe("credentials", () => {
  const role = { ...NAMED, RoleArn: ROLE };
  const files = { sharedConfigFiles: ["~/aws/config"], sharedCredentialsFiles: ["/etc/aws"] };
  const all = {
    roleArn: ROLE,
    sessionName: "nightly",
    externalId: 4711,
    duration: "1h30m",
    policy: "{}",
    policyArns: ["arn:aws:iam::aws:policy/IAMFullAccess"],
    sourceIdentity: "ada",
    tags: { team: "platform", cost: 7 },
    transitiveTagKeys: ["team"],
  };
  const assumed = {
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
  };
  const byToken = { roleArn: ROLE, webIdentityToken: "ey…", duration: "1h" };
  const byFile = { roleArn: ROLE, webIdentityTokenFile: "/run/token", sessionName: "pod" };
  const { RoleSessionName: roleSessionName } = NAMED;
  const table: [string, Given, typeof LOGIN | undefined, object][] = [
    ["nothing given: the SDK's chain", {}, undefined, {}],
    ["a login before the stack's keys", KEYS, LOGIN, { login: LOGIN }],
    ["a login for itself: no role is assumed with it", { assumeRoles: [{ roleArn: ROLE }] }, LOGIN, { login: LOGIN }],
    ["a login before what can't be followed", { assumeRoles: "no JSON" }, LOGIN, { login: LOGIN }],
    ["temporary keys", { ...KEYS, token: "token" }, undefined, { login: { ...PAIR, sessionToken: "token" } }],
    ["keys before a profile", { ...KEYS, profile: "ops" }, undefined, { login: PAIR }],
    ["empty texts are not given", { accessKey: "", secretKey: "", profile: "", assumeRoles: "" }, undefined, {}],
    ["empty lists and objects are not given", { assumeRoles: [], endpoints: {}, assumeRole: null }, undefined, {}],
    [
      "a profile in files of its own",
      { profile: "ops", ...files },
      undefined,
      { profile: "ops", configFile: `${homedir()}/aws/config`, credentialsFile: "/etc/aws" },
    ],
    ["@pulumi/aws 5's file", { sharedCredentialsFile: "/etc/aws" }, undefined, { credentialsFile: "/etc/aws" }],
    [
      "a role, as @pulumi/aws 6 names it",
      { assumeRole: { roleArn: ROLE, durationSeconds: 900 } },
      undefined,
      { roles: [{ ...role, DurationSeconds: 900 }] },
    ],
    ["a role with all that it can have", { ...KEYS, assumeRoles: [all] }, undefined, { login: PAIR, roles: [assumed] }],
    [
      "a chain of roles, in their order",
      { assumeRoles: [{ roleArn: ROLE }, { roleArn: `${ROLE}2`, externalId: null }] },
      undefined,
      { roles: [role, { ...NAMED, RoleArn: `${ROLE}2` }] },
    ],
    [
      "a role by an OIDC token",
      { assumeRoleWithWebIdentity: byToken },
      undefined,
      { webIdentity: { roleSessionName, roleArn: ROLE, webIdentityToken: "ey…", durationSeconds: 3600 } },
    ],
    [
      "a role by a file with an OIDC token, and one more from there",
      { assumeRoleWithWebIdentity: byFile, assumeRoles: [{ roleArn: `${ROLE}2` }] },
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
    const none = { credentials: {}, connection: {} };
    for (const stack of [config, undefined]) assert.deepEqual(accessOf(USER, {}, stackSettings(stack), {}), none);
  });
});

describe("connections", () => {
  const addresses = { iamEndpoint: "http://127.0.0.1:1", stsEndpoint: "http://127.0.0.1:2" };
  const proxies = { httpProxy: "http://a", httpsProxy: "http://b", noProxy: "x" };
  const both = { useFipsEndpoint: true, useDualstackEndpoint: true } as const;
  const passedOver = {
    skipCredentialsValidation: true,
    skipMetadataApiCheck: true,
    skipRegionValidation: true,
    skipRequestingAccountId: true,
    defaultTags: { tags: { a: "b" } },
    ignoreTags: { keys: ["c"] },
    retryMode: "adaptive",
    s3UsePathStyle: true,
  };
  const table: [string, Given, Connection][] = [
    ["AWS's own addresses", {}, {}],
    ["others", { endpoints: [{ iam: "http://127.0.0.1:1", s3: "" }, { sts: "http://127.0.0.1:2" }] }, addresses],
    ["another region of STS", { stsRegion: "eu-west-1" }, { stsRegion: "eu-west-1" }],
    ["FIPS and dual stack", { useFipsEndpoint: true, useDualstackEndpoint: "true" }, both],
    ["neither, if they are false", { useFipsEndpoint: false, useDualstackEndpoint: "false", insecure: false }, {}],
    ["a number of attempts", { maxRetries: 3 }, { attempts: 3 }],
    ["no number is as many as usual", { maxRetries: 0 }, {}],
    ["certificates", { customCaBundle: "/etc/ca.pem", insecure: true }, { caBundle: "/etc/ca.pem", insecure: true }],
    ["proxies, and who is reached without one", proxies, proxies],
    ["what says nothing of where and who is passed over", passedOver, {}],
    ["an account that is allowed", { allowedAccountIds: [123456789012], forbiddenAccountIds: ["000000000000"] }, {}],
  ];
  for (const [title, settings, expected] of table) {
    it(title, () => assert.deepEqual(accessBy(settings).connection, expected));
  }
});

describe("settings that can't be followed are refused: to go on without them would be a surprise", () => {
  const aRole = (more: object) => ({ assumeRoles: [{ roleArn: ROLE, ...more }] });
  /** The setting, and a word of what is wrong with it. */
  const table: [string, Given, RegExp][] = [
    ["half a pair, the id", { accessKey: PAIR.accessKeyId }, /accessKey, without secretKey/],
    ["half a pair, the secret", { secretKey: "secret of the stack" }, /secretKey, without accessKey/],
    ["no JSON", { assumeRoles: "[{" }, /assumeRoles, .*JSON.* `login: /],
    ["roles by both names", { assumeRole: { roleArn: ROLE }, ...aRole({}) }, /assumeRoles as well/],
    ["a role without its name", { assumeRoles: [{ externalId: "x" }] }, /assumeRoles, without a roleArn/],
    ["a role that is a text", { assumeRoles: [ROLE] }, /assumeRoles, .*object with a roleArn/],
    ["an unknown limit of a role", aRole({ scope: "x" }), /assumeRoles, .*scope/],
    ["a duration that is none", aRole({ duration: "soon" }), /assumeRoles, .*duration/],
    ["tags that are none", aRole({ tags: ["a"] }), /assumeRoles, .*tags/],
    ["a web identity without token", { assumeRoleWithWebIdentity: { roleArn: ROLE } }, /WebIdentity, .*TokenFile/],
    ["several files", { sharedCredentialsFiles: ["/a", "/b"] }, /sharedCredentialsFiles, .*more than one/],
    ["the metadata service", { ec2MetadataServiceEndpoint: "http://x" }, /ec2Metadata.*environment variable/],
    ["an address that is none", { endpoints: [{ iam: "here" }] }, /endpoints, .*iam/],
    ["an address of another kind", { endpoints: [{ sts: "ftp://127.0.0.1" }] }, /endpoints, .*sts/],
    ["a list of addresses that is none", { endpoints: ["http://127.0.0.1"] }, /endpoints, .*list of addresses/],
    ["a proxy of another kind", { httpsProxy: "socks5://b:1" }, /httpsProxy.*socks/],
    ["an account that is not allowed", { allowedAccountIds: ["210987654321"] }, /allowed.* 123456789012 is not among/],
    ["an account that is forbidden", { forbiddenAccountIds: [123456789012] }, /forbidden.* 123456789012 is among/],
    ["an account whose leading zero YAML has lost", { forbiddenAccountIds: [12345678901] }, /forbidden.*12 digits/],
    ["accounts that are no list", { allowedAccountIds: { a: 1 } }, /allowedAccountIds, .*list/],
    ["a key with a line break", { ...KEYS, accessKey: `${KEYS.accessKey}\n` }, /accessKey, .*white space/],
    ["a secret with a CR", { ...KEYS, secretKey: `${KEYS.secretKey}\r` }, /secretKey, .*white space/],
    ["a token with a line break in it", { ...KEYS, token: "a\nb" }, /token, .*character/],
    ["a profile with a space before it", { profile: " ops" }, /profile, .*white space/],
    ["a region of STS that is none", { stsRegion: "evil.example/" }, /stsRegion, .*no AWS region/],
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
      // A preview says so too, at the property that is the way out, and whose setting it is.
      const [failure, ...others] = checkAccess({ userArn: ARN }, inStack(settings));
      assert.deepEqual([failure?.property, others.length], ["login", 0]);
      assert.match(failure?.reason ?? "", message);
      const [same] = checkAccess({ userArn: ARN, awsProvider: asText(settings) }, undefined);
      assert.match(same?.reason ?? "", message);
      assert.match(same?.reason ?? "", /^the resource's AWS provider sets (?!aws:)/);
    });
  }

  for (const [given, isRefused] of [
    ['["aws"]', true],
    ['["gcp","*"]', true],
    ["aws", true],
    ['["kubernetes"]', false],
  ] as const) {
    it(`pulumi:disable-default-providers ${given}: ${isRefused ? "nothing acts" : "all may act"} by what lies in the environment`, () => {
      const stack = { get: (key: string) => (key === "pulumi:disable-default-providers" ? given : undefined) };
      const reasons = (more: object) => checkAccess({ userArn: ARN, ...more }, stack).map(({ reason }) => reason);
      assert.match(reasons({}).join(), isRefused ? /disable-default-providers.* `login`, or an aws\.Provider/ : /^$/);
      assert.deepEqual([...reasons({ login: LOGIN }), ...reasons({ awsProvider: { profile: "ops" } })], []);
    });
  }

  it("what is not known yet is not refused", () => {
    assert.deepEqual(checkAccess({ userArn: UNKNOWN }, inStack({ assumeRoles: "[{" })), []);
    assert.deepEqual(checkAccess({ userArn: ARN, awsProvider: UNKNOWN }, undefined), []);
    assert.deepEqual(checkAccess({ userArn: ARN, awsProvider: { assumeRoles: UNKNOWN } }, undefined), []);
  });
});

describe("what stands in the environment, and in the region", () => {
  const OF = { AWS_ACCESS_KEY_ID: "AKIAENVIRONMENT00000", AWS_SECRET_ACCESS_KEY: "secret of the stack" };
  const TOKEN = { AWS_WEB_IDENTITY_TOKEN_FILE: "/run/token", AWS_ROLE_ARN: ROLE };
  for (const [title, env, named] of [
    ["keys beside AWS_PROFILE", { ...OF, AWS_PROFILE: "ops" }],
    ["a token", TOKEN],
    ["nothing", { AWS_ACCESS_KEY_ID: "", AWS_WEB_IDENTITY_TOKEN_FILE: "" }],
    ["half a pair", { ...OF, AWS_SECRET_ACCESS_KEY: "" }, "AWS_SECRET_ACCESS_KEY is not set"],
    ["a token without a role", { ...TOKEN, AWS_ROLE_ARN: "" }, "AWS_ROLE_ARN is not set"],
    ["an id with a line break", { ...OF, AWS_ACCESS_KEY_ID: "AKIAENVIRONMENT00000\n" }, "AWS_ACCESS_KEY_ID has white"],
    [
      "a secret with a space",
      { ...OF, AWS_SECRET_ACCESS_KEY: "secret of the stack " },
      "AWS_SECRET_ACCESS_KEY has white",
    ],
    ["a token of a session", { ...OF, AWS_SESSION_TOKEN: "x\u2028y" }, "AWS_SESSION_TOKEN has a character"],
    ["a region that is none", { AWS_REGION: "../../evil" }, "AWS_REGION is none"],
    ["its second variable", { AWS_DEFAULT_REGION: "eu-west-1\n" }, "AWS_DEFAULT_REGION is none"],
  ] as [string, NodeJS.ProcessEnv, string?][]) {
    it(`in the environment: ${title}`, () => {
      const reasons = checkAccess({ userArn: ARN }, undefined, env).map(({ reason }) => reason);
      assert.equal(reasons.length, named ? 1 : 0);
      assert.ok(reasons.join().includes(named ?? ""), reasons.join());
      assert.doesNotMatch(reasons.join(), /secret of the stack|evil/);
      // What is asked for by a setting or an input comes before it.
      assert.deepEqual(checkAccess({ userArn: ARN, login: LOGIN, region: "eu-west-1" }, undefined, env), []);
      const elsewhere = { ...env, AWS_REGION: "eu-west-1" };
      assert.deepEqual(checkAccess({ userArn: ARN }, inStack({ profile: "ops" }), elsewhere), []);
    });
  }

  it("aws:region counts before AWS_REGION, and has to be one", () => {
    for (const region of ["../../evil", "eu-west-1\n", "Frankfurt"]) {
      const [failure] = checkAccess({ userArn: ARN }, inStack({ region }), { AWS_REGION: "eu-west-1" });
      assert.match(failure?.reason ?? "", /sets aws:region, which (is no AWS region|has white space)/, region);
    }
  });
});
