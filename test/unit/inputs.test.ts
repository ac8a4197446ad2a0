import assert from "node:assert/strict";
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
const login = (more: Props) => ({ login: { ...KEY, ...more } });
const current = (more: Props) => ({ state: { current: { ...KEY, ...more } } });
const previous = (more: Props) => ({ state: { previous: { ...KEY, ...more } } });

// What is refused however it is passed, and by both mounts, is in inputsTable.test.ts; ARNs are in userArn.test.ts.
describe("checkInputs", () => {
  const known = { accessKeyId: UNKNOWN, secretAccessKey: UNKNOWN };
  const accepted: [string, Props][] = [
    ["the ARN alone", {}],
    ["the serializer's own property", { __provider: "exports.handler = () => {}" }],
    ["a userArn that a preview cannot know", { userArn: UNKNOWN }],
    ["a region whose partition a preview cannot tell", { userArn: UNKNOWN, region: "cn-north-1" }],
    ["aws-cn", { userArn: "arn:aws-cn:iam::123456789012:user/ci", region: "cn-north-1" }],
    ["a region", { region: "ap-southeast-4" }],
    ["a region with a number of two digits, should there be one", { region: "eu-central-10" }],
    ["the longest access key id", login({ accessKeyId: `AKIA${"A".repeat(124)}` })],
    ["the shortest access key id", login({ accessKeyId: "ASIAAAAAAAAAAAA7" })],
    ["a key of LocalStack's", login({ accessKeyId: "LKIAQAAAAAAAHFR7QTN3" })],
    ["any JSON as trigger", { rotationTrigger: { at: [1, "x", null, { deep: true }] } }],
    ["zero as trigger", { rotationTrigger: 0 }],
    ["a login", login({})],
    ["a login of temporary credentials", login({ sessionToken: "t" })],
    ["a login without session token, said by null", login({ sessionToken: null })],
    ["both keys to adopt", { state: { current: KEY, previous: OTHER } }],
    ["a previous without its secret", { state: { previous: { accessKeyId: KEY.accessKeyId } } }],
    ["a previous whose secret is null", previous({ secretAccessKey: null })],
    ["no previous, said by null", { state: { current: KEY, previous: null } }],
    ["our own outputs as keys to adopt", current({ createdAt: "2026-11-01T00:00:00Z" })],
    ["null for everything optional", { region: null, login: null, state: null, rotationTrigger: null }],
    ["unknowns inside", { login: { ...known, sessionToken: UNKNOWN }, state: { current: known, previous: UNKNOWN } }],
    ["whole inputs that are unknown", { region: UNKNOWN, rotationTrigger: UNKNOWN, login: UNKNOWN, state: UNKNOWN }],
  ];
  for (const [title, props] of accepted) {
    it(`accepts ${title}`, () => assert.deepEqual(failuresOf(props), []));
  }

  const swapped = { accessKeyId: "w".repeat(40), secretAccessKey: KEY.accessKeyId };
  const refused: [string, Props, ...RegExp[]][] = [
    ["a missing userArn", { userArn: undefined }, /^userArn: is required/],
    ["a userArn that is null", { userArn: null }, /^userArn: is required/],
    ["a userArn that is no string", { userArn: 5 }, /^userArn: must be a string/],
    ["the ARN of a role", { userArn: "arn:aws:iam::123456789012:role/x" }, /^userArn: .*a role/],
    ["an availability zone as region", { region: "eu-central-1a" }, /^region: is not an AWS region/],
    ["a region with something before it", { region: "x/eu-central-1" }, /^region: is not an AWS region/],
    ["a userArn and a region that are none", { userArn: 5, region: "x" }, /^userArn: must be/, /^region: is not an/],
    ["a region of another partition", { region: "cn-north-1" }, /^region: lies in the partition aws-cn/],
    ["a login that is no object", { login: [KEY] }, /^login: must be \{/],
    ["an empty login", { login: {} }, /^login\.accessKeyId: is required/, /^login\.secretAccessKey: is empty/],
    ["empty texts", login({ secretAccessKey: "", sessionToken: "" }), /secretAccessKey: is em/, /sessionToken: is em/],
    ["a login whose secret is a number", login({ secretAccessKey: 5 }), /^login\.secretAccessKey: must be a/],
    ["a login whose id is none", login({ accessKeyId: "AKIA" }), /^login\.accessKeyId: is not an access key/],
    ["an id with white space", login({ accessKeyId: `${KEY.accessKeyId} ` }), /^login\.accessKeyId: has white space/],
    ["an id of 129 letters", login({ accessKeyId: `AKIA${"A".repeat(125)}` }), /^login\.accessKeyId: is not/],
    ["a state that is no object", { state: "x" }, /^state: must be \{/],
    ["a state without keys", { state: {} }, /^state: names no key/],
    ["a state of nulls", { state: { current: null, previous: null } }, /^state: names no key/],
    ["a key that is no object", { state: { current: "x" } }, /^state\.current: must be \{/],
    ["a current without its secret", current({ secretAccessKey: undefined }), /^state\.current\.secretAccessKey/],
    ["a previous with an empty secret", previous({ secretAccessKey: "" }), /^state\.previous\.secretAccessKey/],
    ["a key without its id", previous({ accessKeyId: undefined }), /^state\.previous\.accessKeyId: is required/],
    ["one key as both", { state: { current: KEY, previous: KEY } }, /^state\.previous\.accessKeyId: is the same key/],
    ["a misspelled property", { rotationtrigger: 1 }, /^rotationtrigger: .* userArn,(?!.*__provider)/],
    ["a misspelled property of login", login({ token: "t" }), /^login\.token: .*; login takes accessKeyId/],
    ["a third key", { state: { current: KEY, next: KEY } }, /^state\.next: .*; state takes current/],
    ["a misspelled property of a key", current({ id: 1 }), /^state\.current\.id: there is no such property/],
    ["swapped halves", current(swapped), /accessKeyId: is not an access key id/, /secretAccessKey: is .*key's id/],
    ["a session's id to adopt", previous({ accessKeyId: "ASIAIOSFODNN7EXAMPLE" }), /temporary credentials/],
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
    const given = { userArn: ARN, login: KEY, rotationTrigger: { a: null } };
    assert.deepEqual(checkInputs({ ...given, region: null, gracePeriod: undefined }).inputs, given);
  });
});
