import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SECRETS, sealed, secret } from "../../provider/model/secretValue";
import { ROOT } from "../support/dist";

describe("what is secret in any case", () => {
  it("is the same to the provider and to the program", () => {
    const source = readFileSync(join(ROOT, "provider/program/rotatedAccessKey.ts"), "utf8");
    assert.match(source, /additionalSecretOutputs: \[.*\.\.\.SECRETS\],/);
    assert.deepEqual(SECRETS, ["current", "previous", "login", "state", "awsProvider", "answered"]);
  });

  it("is marked once, and the rest is left as it is", () => {
    const props = { current: "key", previous: null, login: secret("login"), userArn: "arn" };
    const marked = { current: secret("key"), previous: secret(null), login: secret("login"), userArn: "arn" };
    assert.deepEqual(sealed(props), marked);
    assert.deepEqual(sealed({}), {});
  });
});
