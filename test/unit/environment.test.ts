import assert from "node:assert/strict";
import { credentialSource } from "../../provider/aws/credentials";
import { checkAccess, type StackConfig, stackSettings } from "../../provider/lifecycle/session";

const ARN = "arn:aws:iam::123456789012:user/ci/deployer";
const LOGIN = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "secret of the login" };
const ROLE = "arn:aws:iam::123456789012:role/rotator";
const inStack = (settings: Record<string, string>): StackConfig => ({
  get: (key) => settings[key.replace("aws:", "")],
});

describe("what stands in the environment, and in the region", () => {
  const OF = { AWS_ACCESS_KEY_ID: "AKIAENVIRONMENT00000", AWS_SECRET_ACCESS_KEY: "secret of the stack" };
  const TOKEN = { AWS_WEB_IDENTITY_TOKEN_FILE: "/run/token", AWS_ROLE_ARN: ROLE };
  for (const [title, env, problem] of [
    ["keys", OF, undefined],
    ["keys beside AWS_PROFILE", { ...OF, AWS_PROFILE: "ops" }, undefined],
    ["a token", TOKEN, undefined],
    ["nothing", { AWS_ACCESS_KEY_ID: "", AWS_WEB_IDENTITY_TOKEN_FILE: "" }, undefined],
    [
      "half a pair",
      { ...OF, AWS_SECRET_ACCESS_KEY: "" },
      /^the environment's AWS_SECRET_ACCESS_KEY is not set, and AWS_ACCESS_KEY_ID/,
    ],
    ["a token without a role", { ...TOKEN, AWS_ROLE_ARN: "" }, /^the environment's AWS_ROLE_ARN is not set/],
    [
      "an id with a line break",
      { ...OF, AWS_ACCESS_KEY_ID: `${OF.AWS_ACCESS_KEY_ID}\n` },
      /^the environment's AWS_ACCESS_KEY_ID has white/,
    ],
    [
      "a secret with a space",
      { ...OF, AWS_SECRET_ACCESS_KEY: "secret of the stack " },
      /^the environment's AWS_SECRET_ACCESS_KEY has white/,
    ],
    [
      "a token of a session",
      { ...OF, AWS_SESSION_TOKEN: "x\u2028y" },
      /^the environment's AWS_SESSION_TOKEN has a character/,
    ],
    ["a region that is none", { AWS_REGION: "../../evil" }, /^the region in AWS_REGION is none/],
    ["its second variable", { AWS_DEFAULT_REGION: "eu-west-1\n" }, /^the region in AWS_DEFAULT_REGION is none/],
  ] as [string, NodeJS.ProcessEnv, RegExp | undefined][]) {
    it(`in the environment: ${title}`, () => {
      const reasons = checkAccess({ userArn: ARN }, undefined, env).map(({ reason }) => reason);
      assert.equal(reasons.length, problem ? 1 : 0);
      assert.match(reasons.join(), problem ?? /^$/);
      assert.doesNotMatch(reasons.join(), /secret of the stack|evil/);
      // What is asked for by a setting or an input comes before it.
      const credentials = { ...env, AWS_REGION: "eu-west-1" };
      assert.deepEqual(checkAccess({ userArn: ARN, login: LOGIN, region: "eu-west-1" }, undefined, env), []);
      assert.deepEqual(checkAccess({ userArn: ARN }, inStack({ profile: "ops" }), credentials), []);
    });
  }

  for (const region of ["../../evil", "eu-west-1\n", "Frankfurt"]) {
    it(`aws:region ${JSON.stringify(region)}`, () => {
      const [failure] = checkAccess({ userArn: ARN }, inStack({ region }), { AWS_REGION: "eu-west-1" });
      assert.match(failure?.reason ?? "", /sets aws:region, which (is no AWS region|has white space)/);
    });
  }

  for (const [title, settings, env, expected] of [
    ["keys before a token and AWS_PROFILE", {}, { ...OF, ...TOKEN, AWS_PROFILE: "x" }, { environment: "keys" }],
    ["a token before AWS_PROFILE", {}, { ...TOKEN, AWS_PROFILE: "x" }, { environment: "token" }],
    ["aws:profile before both", { profile: "ops" }, { ...OF, ...TOKEN }, { profile: "ops" }],
    ["AWS_PROFILE is the SDK's to read", {}, { AWS_PROFILE: "x" }, {}],
  ] as const) {
    it(`counts: ${title}`, () => {
      assert.deepEqual(credentialSource(undefined, stackSettings(inStack(settings)), env), expected);
    });
  }
});
