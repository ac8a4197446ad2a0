import assert from "node:assert/strict";
import fc from "fast-check";
import { checkInputs } from "../../provider/lifecycle/checkInputs";
import { UNKNOWN } from "../../provider/model/unknowns";

const ARN = "arn:aws:iam::123456789012:user/ci/deployer";
const KEY = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
const OTHER = { ...KEY, accessKeyId: "AKIAI44QH8DHBEXAMPLE" };

type Props = Record<string, unknown>;

/** The failures in short, `property: reason` each, of inputs that are good but for `props`. */
function failuresOf(props: Props): string[] {
  return checkInputs({ userArn: ARN, ...props }).failures.map(({ property, reason }) => `${property}: ${reason}`);
}

describe("checkInputs", () => {
  const accepted: [string, Props][] = [
    ["the ARN alone", {}],
    ["the serializer's own property", { __provider: "exports.handler = () => {}" }],
    ["a userArn that a preview cannot know", { userArn: UNKNOWN }],
    ["a path, and every character of a name", { userArn: "arn:aws:iam::123456789012:user/a/b.c:d/n_1+=,.@-" }],
    ["aws-cn", { userArn: "arn:aws-cn:iam::123456789012:user/ci", region: "cn-north-1" }],
    ["aws-us-gov", { userArn: "arn:aws-us-gov:iam::123456789012:user/ci", region: "us-gov-east-1" }],
    ["aws-iso-b", { userArn: "arn:aws-iso-b:iam::123456789012:user/ci", region: "us-isob-east-1" }],
    ["a region", { region: "ap-southeast-4" }],
    ["a region with a number of two digits, should there be one", { region: "eu-central-10" }],
    [
      "a secret, or a token, that a preview cannot know",
      { login: { ...KEY, secretAccessKey: UNKNOWN, sessionToken: UNKNOWN } },
    ],
    ["the longest access key id", { login: { ...KEY, accessKeyId: `AKIA${"A".repeat(124)}` } }],
    ["the shortest access key id", { login: { ...KEY, accessKeyId: "ASIAAAAAAAAAAAA7" } }],
    ["a region whose partition a preview cannot tell", { userArn: UNKNOWN, region: "cn-north-1" }],
    ["any JSON as trigger", { rotationTrigger: { at: [1, "x", null, { deep: true }] } }],
    ["false, zero and the empty text as trigger", { rotationTrigger: 0 }],
    ["a login", { login: KEY }],
    ["a key of LocalStack's", { login: { ...KEY, accessKeyId: "LKIAQAAAAAAAHFR7QTN3" } }],
    ["a login of temporary credentials", { login: { ...KEY, sessionToken: "t" } }],
    ["a login without session token, said by null", { login: { ...KEY, sessionToken: null } }],
    ["both keys to adopt", { state: { current: KEY, previous: OTHER } }],
    ["a previous without its secret", { state: { previous: { accessKeyId: KEY.accessKeyId } } }],
    ["a previous whose secret is null", { state: { previous: { ...KEY, secretAccessKey: null } } }],
    ["no previous, said by null", { state: { current: KEY, previous: null } }],
    ["our own outputs as keys to adopt", { state: { current: { ...KEY, createdAt: "2026-11-01T00:00:00Z" } } }],
    ["null for everything optional", { region: null, login: null, state: null, rotationTrigger: null }],
    [
      "unknowns at every level",
      {
        region: UNKNOWN,
        rotationTrigger: UNKNOWN,
        login: { accessKeyId: UNKNOWN, secretAccessKey: UNKNOWN, sessionToken: UNKNOWN },
        state: { current: { accessKeyId: UNKNOWN, secretAccessKey: UNKNOWN }, previous: UNKNOWN },
      },
    ],
    ["a whole login and state that a preview cannot know", { login: UNKNOWN, state: UNKNOWN }],
  ];
  for (const [title, props] of accepted) {
    it(`accepts ${title}`, () => assert.deepEqual(failuresOf(props), []));
  }

  const noUser = /^userArn: is not the ARN of an IAM user, for example arn:aws:iam::/;
  const refused: [string, Props, ...RegExp[]][] = [
    ["a missing userArn", { userArn: undefined }, /^userArn: is required/],
    ["a userArn that is null", { userArn: null }, /^userArn: is required/],
    ["a userArn that is no string", { userArn: 5 }, /^userArn: must be a string/],
    [
      "the ARN of a role",
      { userArn: "arn:aws:iam::123456789012:role/x" },
      /^userArn: .*a role, which has no access keys/,
    ],
    ["an assumed role", { userArn: "arn:aws:sts::123456789012:assumed-role/x/y" }, /^userArn: .* assumed-role/],
    ["the root user", { userArn: "arn:aws:iam::123456789012:root" }, /^userArn: is the account's root user/],
    ["a name instead of an ARN", { userArn: "deployer" }, noUser],
    ["an account of 11 digits", { userArn: "arn:aws:iam::12345678901:user/ci" }, noUser],
    ["a user without a name", { userArn: "arn:aws:iam::123456789012:user/" }, noUser],
    ["a name of 65 characters", { userArn: `arn:aws:iam::123456789012:user/${"x".repeat(65)}` }, noUser],
    ["text after the ARN", { userArn: `${ARN}\n` }, /^userArn: has white space/],
    ["a region that is none", { region: "Frankfurt" }, /^region: is not an AWS region/],
    ["an availability zone as region", { region: "eu-central-1a" }, /^region: is not an AWS region/],
    ["a region with something before it", { region: "x/eu-central-1" }, /^region: is not an AWS region/],
    ["a userArn and a region that are none", { userArn: 5, region: "x" }, /^userArn: must be/, /^region: is not an/],
    ["an empty region", { region: "" }, /^region: is not an AWS region/],
    ["a region that is no string", { region: ["eu-central-1"] }, /^region: is not an AWS region/],
    ["a region of another partition", { region: "cn-north-1" }, /^region: lies in the partition aws-cn, the/],
    ["a login that is no object", { login: "AKIAIOSFODNN7EXAMPLE" }, /^login: must be \{/],
    ["a login that is a list", { login: [KEY] }, /^login: must be \{/],
    ["an empty login", { login: {} }, /^login\.accessKeyId: is required/, /^login\.secretAccessKey: is empty/],
    [
      "a login of empty texts",
      { login: { accessKeyId: "", secretAccessKey: "", sessionToken: "" } },
      /^login\.accessKeyId: is required/,
      /^login\.secretAccessKey: is empty/,
      /^login\.sessionToken: is empty/,
    ],
    [
      "a login whose secret is a number",
      { login: { ...KEY, secretAccessKey: 5 } },
      /^login\.secretAccessKey: must be a/,
    ],
    [
      "a login whose id is none",
      { login: { ...KEY, accessKeyId: "AKIA" } },
      /^login\.accessKeyId: is not an access key/,
    ],
    [
      "an access key id that is a number",
      { login: { ...KEY, accessKeyId: 1234567890123456 } },
      /^login\.accessKeyId: is not/,
    ],
    [
      "one with something before it",
      { login: { ...KEY, accessKeyId: `"${KEY.accessKeyId}` } },
      /^login\.accessKeyId: is not/,
    ],
    [
      "one with something behind it",
      { login: { ...KEY, accessKeyId: `${KEY.accessKeyId} ` } },
      /^login\.accessKeyId: has white space/,
    ],
    ["one of 129 letters", { login: { ...KEY, accessKeyId: `AKIA${"A".repeat(125)}` } }, /^login\.accessKeyId: is not/],
    ["a state that is no object", { state: "x" }, /^state: must be \{/],
    ["a state without keys", { state: {} }, /^state: names no key/],
    ["a state of nulls", { state: { current: null, previous: null } }, /^state: names no key/],
    ["a key that is no object", { state: { current: "x" } }, /^state\.current: must be \{/],
    [
      "a current without its secret",
      { state: { current: { accessKeyId: KEY.accessKeyId } } },
      /^state\.current\.secret/,
    ],
    [
      "a previous with an empty secret",
      { state: { previous: { ...KEY, secretAccessKey: "" } } },
      /^state\.previous\.sec/,
    ],
    [
      "a key without its id",
      { state: { previous: { secretAccessKey: "x" } } },
      /^state\.previous\.accessKeyId: is req/,
    ],
    [
      "one key as both",
      { state: { current: KEY, previous: KEY } },
      /^state\.previous\.accessKeyId: is the same key as/,
    ],
    [
      "a misspelled property",
      { rotationtrigger: 1 },
      /^rotationtrigger: there is no such property; the resource takes u/,
    ],
    [
      "a misspelled property of login",
      { login: { ...KEY, token: "t" } },
      /^login\.token: there is no .*; login takes a/,
    ],
    ["a third key", { state: { current: KEY, next: KEY } }, /^state\.next: there is no such property; state takes cur/],
    [
      "a misspelled property of a key",
      { state: { current: { ...KEY, id: 1 } } },
      /^state\.current\.id: there is no suc/,
    ],
    [
      "a key whose halves are swapped",
      { state: { current: { accessKeyId: "w".repeat(40), secretAccessKey: KEY.accessKeyId } } },
      /^state\.current\.accessKeyId: is not an access key id/,
      /^state\.current\.secretAccessKey: is an access key's id/,
    ],
    [
      "a session's id to adopt",
      { state: { previous: { accessKeyId: "ASIAIOSFODNN7EXAMPLE" } } },
      /temporary credentials/,
    ],
    ["an empty object as trigger", { rotationTrigger: {} }, /^rotationTrigger: is an empty object/],
    ["one inside a trigger", { revocationTrigger: { a: [1, {}] } }, /^revocationTrigger\.a\[1\]: is an empty object/],
    ["every mistake at once", { userArn: 1, region: 2, login: 3, state: 4 }, /^userArn/, /^region/, /^login/, /^state/],
  ];
  for (const [title, props, ...patterns] of refused) {
    it(`refuses ${title}`, () => {
      const failures = failuresOf(props);
      assert.equal(failures.length, patterns.length, failures.join("\n"));
      for (const [i, pattern] of patterns.entries()) assert.match(failures[i] ?? "", pattern);
    });
  }

  it("hands the inputs on as they came, without what is null or undefined", () => {
    const { inputs } = checkInputs({
      userArn: ARN,
      region: null,
      gracePeriod: undefined,
      login: KEY,
      rotationTrigger: { a: null },
    });
    assert.deepEqual(inputs, { userArn: ARN, login: KEY, rotationTrigger: { a: null } });
  });

  it("names no internal property to the user", () => {
    assert.doesNotMatch(failuresOf({ x: 1 }).join(), /__provider/);
  });

  it("repeats no secret, wherever and in whatever shape it is given", () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9/+]{12,60}$/);
    const shapes: ((s: string) => unknown)[] = [(s) => s, (s) => [s], (s) => ({ s }), (s) => `${s}\n`, () => null];
    const places: ((value: unknown) => Props)[] = [
      (login) => ({ login }),
      (accessKeyId) => ({ login: { accessKeyId } }),
      (secretAccessKey) => ({ login: { ...KEY, secretAccessKey } }),
      (sessionToken) => ({ login: { ...KEY, sessionToken } }),
      (unknown) => ({ login: { ...KEY, unknown } }),
      (state) => ({ state }),
      (current) => ({ state: { current } }),
      (accessKeyId) => ({ state: { current: { accessKeyId } } }),
      (secretAccessKey) => ({ state: { current: { secretAccessKey }, previous: { secretAccessKey } } }),
      (unknown) => ({ state: { unknown, previous: { ...KEY, unknown } } }),
      (unknown) => ({ unknown, rotationTrigger: unknown }),
    ];
    fc.assert(
      fc.property(secret, fc.constantFrom(...shapes), fc.constantFrom(...places), (text, shape, place) => {
        assert.ok(!JSON.stringify(failuresOf(place(shape(text)))).includes(text));
      }),
      { numRuns: 1_000 },
    );
  });
});
