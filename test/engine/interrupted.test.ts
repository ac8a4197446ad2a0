import assert from "node:assert/strict";
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

/** What docs/how-it-works.md says of Ctrl-C; killing is in test/faults. */
describe("an end that is asked for during a rotation", function () {
  this.timeout(120_000);
  let endpoint: Endpoint;
  let proxy: FaultProxy;
  let stack: Stack;

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

  it("by Ctrl-C, once: it finishes, and its result is saved", () =>
    finishes("interrupted", () => stack.signal("SIGINT")));

  it("by SIGTERM to every process, as systemd and Jenkins send it: the same", () =>
    finishes("terminated", () => {
      for (const pid of processTree(stack.pid)) process.kill(pid, "SIGTERM");
    }));

  async function finishes(user: string, end: () => void): Promise<void> {
    const account = new Account(endpoint.url, user);
    const env = { USER_ARN: await account.createUser(), TRIGGER: "1" };
    stack = await Stack.create({ endpointUrl: proxy.url, program: PROGRAM, env, hasty: true });
    await stack.up();
    const [{ id: first = "" } = {}] = await account.keys();
    proxy.clear();
    const cancel = async () => {
      end();
      await new Promise((resolve) => setTimeout(resolve, 500));
    };
    proxy.rule({ action: "CreateAccessKey", nth: 1, fault: { kind: "run", before: cancel } });
    stack.env.TRIGGER = "2";
    const { code, text } = await stack.tryUp();
    assert.notEqual(code, 0, "the engine says that it was cancelled");
    const ids = (await account.keys()).map(({ id }) => id);
    const [second = ""] = ids.filter((id) => id !== first);
    assert.ok(second, text);
    assert.match((await account.journal()) ?? "", /^v1 done /);
    const exported = JSON.parse(await stack.must("stack", "export", "--stack", "dev"));
    const { outputs } = exported.deployment.resources.find(({ id }: { id?: string }) => id === env.USER_ARN);
    assert.deepEqual([outputs.currentAccessKeyId, outputs.previousAccessKeyId], [second, first], "saved");
    proxy.clear();
    await stack.up();
    assert.equal(proxy.count(), 0, "nothing is left to do");
    assert.deepEqual(secretsIn(stack.printed), []);
  }
});
