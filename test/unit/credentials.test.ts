import assert from "node:assert/strict";
import { type CredentialSource, credentialSources } from "../../provider/credentials";

const LOGIN = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "secret of the login" };
const KEYS = { "aws:accessKey": "AKIACONFIG0000000000", "aws:secretKey": "secret of the stack" };
const PAIR = { accessKeyId: "AKIACONFIG0000000000", secretAccessKey: "secret of the stack" };

type Config = Record<string, string>;

const sourcesOf = (config: Config | undefined, login?: typeof LOGIN) =>
  credentialSources(login, config && { get: (key) => config[key] });

describe("credentialSources", () => {
  const table: [string, Config | undefined, typeof LOGIN | undefined, CredentialSource[]][] = [
    ["nothing given: the SDK's chain", {}, undefined, [{ from: "chain" }]],
    ["not configured at all: the SDK's chain", undefined, undefined, [{ from: "chain" }]],
    ["a login first, then the chain", {}, LOGIN, [{ from: "login", login: LOGIN }, { from: "chain" }]],
    [
      "a login first, then the stack's keys; the chain does not overrule them",
      KEYS,
      LOGIN,
      [
        { from: "login", login: LOGIN },
        { from: "config", login: PAIR },
      ],
    ],
    ["the stack's keys instead of the chain", KEYS, undefined, [{ from: "config", login: PAIR }]],
    [
      "the stack's temporary keys",
      { ...KEYS, "aws:token": "token" },
      undefined,
      [{ from: "config", login: { ...PAIR, sessionToken: "token" } }],
    ],
    ["a profile", { "aws:profile": "ops" }, undefined, [{ from: "config", profile: "ops" }]],
    ["keys before a profile", { ...KEYS, "aws:profile": "ops" }, undefined, [{ from: "config", login: PAIR }]],
    [
      "empty texts are not given",
      { "aws:accessKey": "", "aws:secretKey": "", "aws:profile": "" },
      undefined,
      [{ from: "chain" }],
    ],
    [
      "keys of another namespace are not ours",
      { accessKey: "x", "other:profile": "x" },
      undefined,
      [{ from: "chain" }],
    ],
  ];
  for (const [title, config, login, expected] of table) {
    it(title, () => assert.deepEqual(sourcesOf(config, login), expected));
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
      { "aws:assumeRoleWithWebIdentity": "{}" },
      /sets aws:assumeRoleWithWebIdentity, /,
    ],
  ];
  for (const [title, config, message] of refused) {
    it(`refuses ${title}: to go on with other credentials would be a surprise`, () => {
      assert.throws(
        () => sourcesOf(config),
        (error: Error) => {
          assert.match(error.message, message);
          assert.ok(!JSON.stringify({ ...error, m: error.message }).includes("secret of the stack"));
          return true;
        },
      );
    });
  }
});
