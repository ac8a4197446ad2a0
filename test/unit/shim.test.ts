import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PartialFailure, type Shim, ShimDied, type ShimOptions, startShim } from "../harness/shim/shim";

const fixture = path.join(__dirname, "..", "harness", "fixtures", "echoProvider.js");
const __provider = `exports.handler=()=>require(${JSON.stringify(fixture)})`;
const start = (options: Partial<ShimOptions>) => startShim({ cwd: tmpdir(), ...options });

describe("the shim", () => {
  let shim: Shim;

  before(async () => {
    process.env.AWS_OF_THE_DEVELOPER = "must not get in";
    shim = await start({ config: { "aws:region": "eu-west-1", "test:own": "mine" }, env: { ECHO_EXTRA: "1" } });
    delete process.env.AWS_OF_THE_DEVELOPER;
  });
  after(() => shim.stop());

  it("passes check's inputs and failures", async () => {
    const inputs = { __provider, value: 2, checkedAgainst: { value: 1 } };
    assert.deepEqual(await shim.check({ value: 1 }, { __provider, value: 2 }), { inputs, failures: [] });
    const { failures } = await shim.check({}, { __provider, do: "refuse" });
    assert.deepEqual(failures, [{ property: "do", reason: "will not" }]);
  });

  it("tells a change, no change, and no answer apart", async () => {
    const olds = { __provider, name: "a", value: 1 };
    for (const [more, changes, replaces] of [
      [{}, false, []],
      [{ value: 2 }, true, []],
      [{ do: "unsure" }, undefined, []],
      [{ name: "b" }, false, ["name"]],
    ] as const) {
      const deleteBeforeReplace = replaces.length > 0;
      assert.deepEqual(await shim.diff("id", olds, { ...olds, ...more }), { changes, replaces, deleteBeforeReplace });
    }
  });

  it("creates, with the config, the explicit environment, the folder and an engine address", async () => {
    const value = { deep: [1, null, "x"] };
    const { id, outs } = await shim.create({ __provider, value, gone: undefined });
    const { argv, env, ...rest } = outs;
    assert.equal(id, "made");
    const given = { __provider, value, method: "create", region: "eu-west-1", projectKey: "mine", cwd: tmpdir() };
    assert.deepEqual(rest, given);
    assert.deepEqual(new Set(env as string[]), new Set(["PULUMI_PROJECT", "PULUMI_NODEJS_PROJECT", "ECHO_EXTRA"]));
    assert.match((argv as string[]).join(), /^127\.0\.0\.1:\d+$/);
  });

  it("updates with old outputs and new inputs, reads, deletes, and collects stderr", async () => {
    const olds = { __provider, value: 1 };
    const { outs } = await shim.update("made", olds, { __provider, value: 2 });
    assert.deepEqual([outs.method, outs.value, outs.olds], ["update", 2, olds]);
    const found = await shim.read("made", olds);
    assert.deepEqual([found.id, found.props.method, found.props.value], ["made", "read", 1]);
    await shim.delete("made", { ...olds, do: "complain" });
    while (!shim.stderr.includes("a complaint")) await sleep(5);
  });

  it("throws a partial failure with id, properties and reasons, any other error with its message, and serves on", async () => {
    const properties = { made: "half", __provider: "kept" };
    await assert.rejects(
      shim.update("the id", {}, { __provider, do: "fail" }),
      new PartialFailure("half done", "the id", properties, ["the other half is missing"]),
    );
    const inputs = { __provider, do: "throw" };
    for (const attempt of [shim.create(inputs), shim.read("made", inputs), shim.delete("made", inputs)]) {
      await assert.rejects(attempt, { name: "Error", message: /plain failure/ });
    }
    await shim.create({ __provider });
  });
});

describe("a shim in trouble", () => {
  it("says so when the process dies during a call, and after", async () => {
    const shim = await start({});
    await assert.rejects(shim.create({ __provider, do: "die" }), ShimDied);
    await assert.rejects(shim.create({ __provider }), ShimDied);
    await shim.stop();
  });

  it("can be killed, and its engine closed, while a call is under way", async () => {
    const shim = await start({});
    const waiting = assert.rejects(shim.create({ __provider, do: "wait" }), /ended with SIGKILL/);
    await shim.closeEngine();
    shim.kill();
    await waiting;
    await shim.ended;
    await shim.stop();
  });

  it("is not waited for without end", async () => {
    const shim = await start({ timeoutMs: 300 });
    await assert.rejects(shim.create({ __provider, do: "wait" }), /DEADLINE_EXCEEDED|Deadline exceeded/);
    await shim.stop();
  });

  it("fails to start where there is no shim", async () => {
    await assert.rejects(start({ pulumiPackage: tmpdir() }), /ended with code 1; its stderr: .*Cannot find module/s);
  });
});
