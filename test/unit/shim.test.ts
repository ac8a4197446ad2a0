import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import path from "node:path";
import { PartialFailure, type Shim, ShimDied, type ShimOptions, startShim } from "../harness/shim/shim";

const fixture = path.join(__dirname, "..", "harness", "fixtures", "echoProvider.js");
const __provider = `exports.handler=()=>require(${JSON.stringify(fixture)})`;

describe("the shim", () => {
  const config = { "aws:region": "eu-west-1", "test:own": "mine" };
  let shim: Shim;

  before(async () => {
    process.env.AWS_OF_THE_DEVELOPER = "must not get in";
    shim = await start({ config, env: { ECHO_EXTRA: "1" } });
    delete process.env.AWS_OF_THE_DEVELOPER;
  });
  after(() => shim.stop());

  it("passes check's inputs and failures", async () => {
    assert.deepEqual(await shim.check({ value: 1 }, { __provider, value: 2 }), {
      inputs: { __provider, value: 2, checkedAgainst: { value: 1 } },
      failures: [],
    });
    const refused = await shim.check({}, { __provider, do: "refuse" });
    assert.deepEqual(refused.failures, [{ property: "do", reason: "will not" }]);
  });

  it("tells a change, no change, and no answer apart", async () => {
    const olds = { __provider, name: "a", value: 1 };
    const none = { replaces: [], deleteBeforeReplace: false };
    assert.deepEqual(await shim.diff("id", olds, olds), { changes: false, ...none });
    assert.deepEqual(await shim.diff("id", olds, { ...olds, value: 2 }), { changes: true, ...none });
    assert.deepEqual(await shim.diff("id", olds, { ...olds, do: "unsure" }), { changes: undefined, ...none });
    assert.deepEqual(await shim.diff("id", olds, { ...olds, name: "b" }), {
      changes: false,
      replaces: ["name"],
      deleteBeforeReplace: true,
    });
  });

  it("creates, with the config, the explicit environment, the folder and an engine address", async () => {
    const { id, outs } = await shim.create({ __provider, value: { deep: [1, null, "x"] }, gone: undefined });
    const { argv, env, ...rest } = outs;
    assert.equal(id, "made");
    assert.deepEqual(rest, {
      __provider,
      value: { deep: [1, null, "x"] },
      method: "create",
      region: "eu-west-1",
      projectKey: "mine",
      cwd: tmpdir(),
    });
    assert.deepEqual(new Set(env as string[]), new Set(["PULUMI_PROJECT", "PULUMI_NODEJS_PROJECT", "ECHO_EXTRA"]));
    assert.match((argv as string[]).join(), /^127\.0\.0\.1:\d+$/);
  });

  it("updates with old outputs and new inputs, reads, and deletes", async () => {
    const olds = { __provider, value: 1 };
    const { outs } = await shim.update("made", olds, { __provider, value: 2 });
    assert.deepEqual([outs.method, outs.value, outs.olds], ["update", 2, olds]);
    const found = await shim.read("made", olds);
    assert.deepEqual([found.id, found.props.method, found.props.value], ["made", "read", 1]);
    await shim.delete("made", olds);
  });

  it("throws a partial failure with id, properties and reasons", async () => {
    await assert.rejects(
      shim.update("the id", {}, { __provider, do: "fail" }),
      new PartialFailure("half done", "the id", { made: "half", __provider: "kept" }, ["the other half is missing"]),
    );
  });

  it("throws any other error with its message, and serves on", async () => {
    for (const attempt of [
      shim.create({ __provider, do: "throw" }),
      shim.read("made", { __provider, do: "throw" }),
      shim.delete("made", { __provider, do: "throw" }),
    ]) {
      await assert.rejects(attempt, (error: Error) => {
        assert.equal(error.name, "Error");
        assert.match(error.message, /plain failure/);
        return true;
      });
    }
    await shim.create({ __provider });
  });

  it("collects stderr", async () => {
    await shim.create({ __provider, do: "complain" });
    assert.match(shim.stderr, /a complaint/);
  });

  it("serves calls side by side", async () => {
    const created = await Promise.all([1, 2, 3].map((value) => shim.create({ __provider, value })));
    assert.deepEqual(
      created.map(({ outs }) => outs.value),
      [1, 2, 3],
    );
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

/** PULUMI_PACKAGE and SHIM_NODE run these tests against another @pulumi/pulumi, by another node. */
function start(options: Partial<ShimOptions>): Promise<Shim> {
  const { PULUMI_PACKAGE: pulumiPackage, SHIM_NODE: node } = process.env;
  const other = { ...(pulumiPackage && { pulumiPackage }), ...(node && { node }) };
  return startShim({ cwd: tmpdir(), ...other, ...options });
}
