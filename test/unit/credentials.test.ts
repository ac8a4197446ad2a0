import assert from "node:assert/strict";
import { type CredentialSource, credentialSource } from "../../provider/credentials";

const LOGIN = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "secret of the login" };
const KEYS = { "aws:accessKey": "AKIACONFIG0000000000", "aws:secretKey": "secret of the stack" };
const PAIR = { accessKeyId: "AKIACONFIG0000000000", secretAccessKey: "secret of the stack" };

type Config = Record<string, string>;

const sourceOf = (config: Config | undefined, login?: typeof LOGIN) =>
  credentialSource(login, config && { get: (key) => config[key] });

describe("credentialSource", () => {
  const table: [string, Config | undefined, typeof LOGIN | undefined, CredentialSource][] = [
    ["nothing given: the SDK's chain", {}, undefined, { from: "chain" }],
    ["not configured at all: the SDK's chain", undefined, undefined, { from: "chain" }],
    ["a login before the stack's keys", KEYS, LOGIN, { from: "login", login: LOGIN }],
    [
      "a login before what the stack has and can't be followed",
      { "aws:assumeRoles": '[{"roleArn":"r"}]' },
      LOGIN,
      { from: "login", login: LOGIN },
    ],
    ["roles that are configured as none", { "aws:assumeRoles": "[]" }, undefined, { from: "chain" }],
    ["the stack's keys instead of the chain", KEYS, undefined, { from: "config", login: PAIR }],
    [
      "the stack's temporary keys",
      { ...KEYS, "aws:token": "token" },
      undefined,
      { from: "config", login: { ...PAIR, sessionToken: "token" } },
    ],
    ["a profile", { "aws:profile": "ops" }, undefined, { from: "config", profile: "ops" }],
    ["keys before a profile", { ...KEYS, "aws:profile": "ops" }, undefined, { from: "config", login: PAIR }],
    [
      "empty texts are not given",
      { "aws:accessKey": "", "aws:secretKey": "", "aws:profile": "" },
      undefined,
      { from: "chain" },
    ],
    ["keys of another namespace are not ours", { accessKey: "x", "other:profile": "x" }, undefined, { from: "chain" }],
  ];
  for (const [title, config, login, expected] of table) {
    it(title, () => assert.deepEqual(sourceOf(config, login), expected));
  }

  const refused: [string, Config, RegExp][] = [
    [
      "half a pair, the id",
      { "aws:accessKey": "AKIACONFIG0000000000" },
      /has aws:accessKey without aws:secretKey\. Set both/,
    ],
    [
      "half a pair, the secret",
      { "aws:secretKey": "secret of the stack" },
      /has aws:secretKey without aws:accessKey\. Set bo/,
    ],
    ["aws:assumeRole", { ...KEYS, "aws:assumeRole": '{"roleArn":"r"}' }, /sets aws:assumeRole, .*as `login`/],
    ["aws:assumeRoles", { "aws:assumeRoles": '[{"roleArn":"r"}]' }, /sets aws:assumeRoles, .*as `login`/],
    [
      "aws:assumeRoleWithWebIdentity",
      { "aws:assumeRoleWithWebIdentity": '{"roleArn":"r"}' },
      /sets aws:assumeRoleWithWebIdentity, /,
    ],
  ];
  for (const [title, config, message] of refused) {
    it(`refuses ${title}: to go on with other credentials would be a surprise`, () => {
      assert.throws(
        () => sourceOf(config),
        (error: Error) => {
          assert.match(error.message, message);
          assert.ok(!JSON.stringify({ ...error, m: error.message }).includes("secret of the stack"));
          return true;
        },
      );
    });
  }
});
