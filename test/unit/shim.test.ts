import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import path from "node:path";
import { PartialFailure, type Shim, ShimDied, type ShimOptions, startShim } from "../harness/shim/shim";

const fixture = path.join(__dirname, "..", "harness", "fixtures", "echoProvider.js");
const __provider = `exports.handler=()=>require(${JSON.stringify(fixture)})`;
const start = (options: Partial<ShimOptions>) => startShim({ cwd: tmpdir(), ...options });

// Its calls and their answers are in test/engine/shim.test.ts, with the real provider.
describe("the shim", () => {
  let shim: Shim;
  before(async () => {
    process.env.AWS_OF_THE_DEVELOPER = "must not get in";
    shim = await start({ config: { "aws:region": "eu-west-1" }, env: { ECHO_EXTRA: "1" } });
    delete process.env.AWS_OF_THE_DEVELOPER;
  });
  after(() => shim.stop());

  it("runs with the config, the explicit environment, the folder and an engine address, and nothing of the developer's", async () => {
    const { id, outs } = await shim.create({ __provider, value: { deep: [1, null, "x"] }, gone: undefined });
    const { argv, env, ...rest } = outs;
    assert.equal(id, "made");
    assert.deepEqual(rest, { __provider, value: { deep: [1, null, "x"] }, region: "eu-west-1", cwd: tmpdir() });
    assert.deepEqual(new Set(env as string[]), new Set(["PULUMI_PROJECT", "PULUMI_NODEJS_PROJECT", "ECHO_EXTRA"]));
    assert.match((argv as string[]).join(), /^127\.0\.0\.1:\d+$/);
  });

  it("throws a partial failure with id, properties and reasons, any other error with its message, and serves on", async () => {
    const properties = { made: "half", __provider: "kept" };
    await assert.rejects(
      shim.update("the id", {}, { __provider, do: "fail" }),
      new PartialFailure("half done", "the id", properties, ["the other half is missing"]),
    );
    await assert.rejects(shim.create({ __provider, do: "throw" }), { name: "Error", message: /plain failure/ });
    await shim.create({ __provider });
  });

  it("says so when the process dies during a call, and after; and where it does not start", async () => {
    const dying = await start({});
    await assert.rejects(dying.create({ __provider, do: "die" }), ShimDied);
    await assert.rejects(dying.create({ __provider }), /ended with SIGKILL/);
    await dying.stop();
    await assert.rejects(start({ pulumiPackage: tmpdir() }), /ended with code 1; its stderr: .*Cannot find module/s);
  });

  it("is not waited for without end", async () => {
    const slow = await start({ timeoutMs: 300 });
    await assert.rejects(slow.create({ __provider, do: "wait" }), /DEADLINE_EXCEEDED|Deadline exceeded/);
    await slow.stop();
  });
});
