import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { readRotatedKey } from "../../provider/program/readRotatedKey";
import { RotatedAccessKey } from "../../provider/program/rotatedAccessKey";
import { RotatedUser } from "../../provider/program/rotatedUser";
import { rotationPolicy } from "../../provider/program/rotationPolicy";
import { rotationReport } from "../../provider/program/rotationReport";
import { sesSmtpPassword } from "../../provider/program/sesSmtpPassword";
import { settled } from "../harness/outputs";

const userArn = "arn:aws:iam::123456789012:user/ci";
const make = () => ({
  key: new RotatedAccessKey("ci", { userArn, rotateEvery: "90d", gracePeriod: "7d" }),
  user: new RotatedUser("deploy", { rotateEvery: "90d" }),
});

describe("a program that is tested with Pulumi's mocks", () => {
  const refusal = (said: RegExp) => (error: Error) => pulumi.RunError.isInstance(error) && said.test(error.message);

  it("every function works, or refuses in words, where mocks return the inputs alone", async () => {
    await pulumi.runtime.setMocks({
      call: () => ({}),
      newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
    });
    const { key, user } = make();
    assert.match(await settled(rotationReport([key, user])), /^\| ci +\| none .*\n\| – +\| none /m);
    await assert.rejects(settled(rotationPolicy(user.userArn)), refusal(/^rotationPolicy: the ARN is no text/));
    const password = sesSmtpPassword(key.current.secretAccessKey, "eu-west-1");
    await assert.rejects(settled(password), refusal(/^sesSmtpPassword: the secret access key is empty/));
    const read = readRotatedKey(new pulumi.StackReference("organization/rotating/prod"), "current");
    await assert.rejects(settled(read), refusal(/^readRotatedKey: the output current .* is not there/));
  });

  it("every function works with what docs/testing.md returns", async () => {
    const page = readFileSync(join(__dirname, "../../docs/testing.md"), "utf8");
    const [, code = assert.fail("no code")] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];
    // The test has imported what the page imports.
    const body = code.replace(/^import .*$/m, "").replace("pulumi.runtime", "await pulumi.runtime");
    await new Function("pulumi", `return (async () => { ${body} })()`)(pulumi);
    const { key, user } = make();
    assert.match(await settled(rotationReport([key, user])), /\| deploy +\| AKIAIOSFODNN7EXAMPLE /);
    assert.match(await settled(rotationPolicy([key.userArn, user.userArn])), /user\/deploy"/);
    assert.match(await settled(sesSmtpPassword(user.current.secretAccessKey, "eu-west-1")), /=$|\w$/);
    for (const output of [key.current, user.current]) assert.equal(await pulumi.isSecret(output), true);
  });
});
