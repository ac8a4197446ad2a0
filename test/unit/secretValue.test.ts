import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SECRETS } from "../../provider/model/outputs";
import { secret, withSecrets } from "../../provider/model/secretValue";
import { ROOT } from "../harness/dist";

describe("what is secret in any case", () => {
  it("is the same to the provider and to the program", () => {
    const source = readFileSync(join(ROOT, "provider/program/rotatedAccessKey.ts"), "utf8");
    assert.match(source, /additionalSecretOutputs: \[.*\.\.\.SECRETS\],/);
    assert.deepEqual(SECRETS, ["login", "state", "awsProvider", "current", "previous", "answered"]);
  });

  it("is marked once, and the rest is left as it is", () => {
    const props = { current: "key", previous: null, login: secret("login"), userArn: "arn" };
    const marked = { current: secret("key"), previous: secret(null), login: secret("login"), userArn: "arn" };
    assert.deepEqual(withSecrets(props), marked);
    assert.deepEqual(withSecrets({}), {});
    assert.deepEqual(withSecrets({ rotationTrigger: 1 }, ["rotationTrigger"]), { rotationTrigger: secret(1) });
  });
});
