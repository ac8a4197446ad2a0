import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type Endpoint, startEndpoint } from "../../tools/endpoint";
import { Account } from "../support/account";
import { ensureBuilt } from "../support/dist";
import { processTree } from "../support/processTree";
import { type FaultProxy, startProxy } from "../support/proxy";
import { secretsIn } from "../support/secrets";
import { Stack } from "../support/stack";

const PROGRAM = `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const key = new RotatedAccessKey("ci", { userArn: process.env.USER_ARN, rotationTrigger: process.env.TRIGGER });
exports.current = key.current;
`;

/** SIGTERM alone is in interrupted.test.ts. */
describe("signals to every process of a run, right after AWS has made a key", function () {
  this.timeout(120_000);
  let endpoint: Endpoint;
  let proxy: FaultProxy;
  let stack: Stack;
  let account: Account;
  let first: string;

  before(async () => {
    ensureBuilt();
    endpoint = await startEndpoint();
    proxy = await startProxy(endpoint.url);
  });
  afterEach(() => stack?.remove());
  after(async () => {
    await proxy?.stop();
    await endpoint?.stop();
  });

  /** Of this run's processes alone: without its engine's id there is nothing to signal. */
  async function interrupted(user: string, ...signals: NodeJS.Signals[]) {
    account = new Account(endpoint.url, user);
    const env = { USER_ARN: await account.createUser(), TRIGGER: "1", AWS_REGION: "us-east-1" };
    stack = await Stack.create({ endpointUrl: proxy.url, program: PROGRAM, env, hasty: true });
    await stack.up();
    [{ id: first = "" } = {}] = await account.keys();
    proxy.clear();
    const end = async () => {
      const { pid } = stack;
      assert.ok(pid, "the engine runs");
      const tree = processTree(pid);
      for (const signal of signals) {
        for (const each of tree) signalled(each, signal);
        await sleep(200);
      }
    };
    proxy.rule({ action: "CreateAccessKey", nth: 1, fault: { kind: "run", after: end } });
    stack.env.TRIGGER = "2";
    const run = await stack.tryUp();
    assert.notEqual(run.code, 0, run.text);
    assert.equal(proxy.count("CreateAccessKey"), 1);
    return run;
  }

  it("SIGINT: it finishes, and its result is saved", async () => {
    const { text } = await interrupted("signal-int", "SIGINT");
    const ids = (await account.keys()).map(({ id }) => id);
    const [second = ""] = ids.filter((id) => id !== first);
    assert.ok(second, text);
    assert.match((await account.journal()) ?? "", /^v1 done /);
    const { currentAccessKeyId, previousAccessKeyId } = stack.recorded() ?? {};
    assert.deepEqual([currentAccessKeyId, previousAccessKeyId], [second, first], "saved");
    proxy.clear();
    await stack.up();
    assert.equal(proxy.count(), 0, "nothing is left to do");
    assert.deepEqual(secretsIn(stack.printed), []);
  });

  for (const signals of [["SIGHUP"], ["SIGTERM", "SIGHUP"]] as NodeJS.Signals[][]) {
    it(`${signals.join(", then ")}, of which the engine dies: the key that nobody has received is deleted`, async () => {
      await interrupted(`signal-${signals.join("-").toLowerCase()}`, ...signals);
      const isAlone = async () => {
        const ids = (await account.keys()).map(({ id }) => id);
        return ids.length === 1 && ids[0] === first;
      };
      for (let tries = 0; !(await isAlone()) && tries < 50; tries++) await sleep(200);
      assert.ok(await isAlone(), "the new key is gone, and the one in use is there");
      proxy.clear();
      await stack.run("cancel", "--yes", "--stack", "dev");
      await stack.up();
      assert.equal(stack.recorded()?.previousAccessKeyId, first, "the next update rotates");
    });
  }
});

function signalled(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by an earlier one.
  }
}
