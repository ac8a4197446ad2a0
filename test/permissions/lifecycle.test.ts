import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROTATION_ACTIONS } from "../../provider/functions/policy";
import { ROOT, startMinistack } from "../../tools/ministack";
import { Account } from "../support/account";
import { installPacked } from "../support/packed";
import { type FaultProxy, startProxy } from "../support/proxy";
import { secretsIn } from "../support/secrets";
import { Stack } from "../support/stack";
import { newRotator, policyFor, whoIs } from "./rotator";

const PROGRAM = `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const key = new RotatedAccessKey("ci", JSON.parse(process.env.INPUTS));
module.exports = { current: key.current, previous: key.previous };
`;

interface Key {
  accessKeyId: string;
  secretAccessKey: string;
  createdAt: string;
}

describe("a rotation that may do what rotationPolicy allows, and no more", function () {
  this.timeout(300_000);
  let ministack: Awaited<ReturnType<typeof startMinistack>>;
  let proxy: FaultProxy;
  let account: Account;
  let userArn: string;
  let stack: Stack;

  const inputs = (value: Record<string, unknown>) => {
    stack.env.INPUTS = JSON.stringify({ userArn, ...value });
  };
  const outputs = async () => (await stack.outputs()) as unknown as { current: Key; previous?: Key };
  const ids = async () => (await account.keys()).map(({ id }) => id).sort();
  const who = (key: Key) => whoIs(ministack.url, key);

  before(async () => {
    ministack = await startMinistack();
    proxy = await startProxy(ministack.url);
    account = new Account(ministack.url, "deployer", ROOT);
    userArn = await account.createUser("/");
    const rotator = await newRotator(ministack.url, "rotator");
    await rotator.allow(await policyFor(userArn));
    stack = await Stack.create({
      program: PROGRAM,
      endpointUrl: proxy.url,
      env: {
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: rotator.login.accessKeyId,
        AWS_SECRET_ACCESS_KEY: rotator.login.secretAccessKey,
      },
    });
    await installPacked(join(stack.folder, "node_modules"));
  });
  after(async () => {
    stack?.remove();
    await proxy?.stop();
    await ministack?.stop();
  });

  it("makes a key, rotates it twice and refreshes; AWS takes the keys that are handed out, and no other", async () => {
    inputs({ rotationTrigger: 1 });
    await stack.up();
    const first = await outputs();
    assert.equal(await who(first.current), userArn);

    inputs({ rotationTrigger: 2 });
    await stack.up();
    inputs({ rotationTrigger: 3 });
    await stack.up();
    const third = await outputs();
    assert.deepEqual(await ids(), [third.current.accessKeyId, third.previous?.accessKeyId].sort());
    assert.equal(await who(third.current), userArn);
    assert.equal(await who(third.previous as Key), userArn);
    assert.equal(await who(first.current), "InvalidClientTokenId 403");
    assert.match(await stack.refresh(), /2 unchanged/);
  });

  it("retires previous at the end of a grace period", async () => {
    const { current, previous } = await outputs();
    inputs({ rotationTrigger: 3, gracePeriod: "1s" });
    await stack.up();
    assert.deepEqual(await ids(), [current.accessKeyId]);
    assert.equal(await who(previous as Key), "InvalidClientTokenId 403");
    assert.equal(await who(current), userArn);
  });

  it("revokes: no older key works any more", async () => {
    inputs({ rotationTrigger: 4 });
    await stack.up();
    const { current, previous } = await outputs();
    inputs({ rotationTrigger: 4, revocationTrigger: "leak" });
    await stack.up();
    const revoked = await outputs();
    assert.ok(!revoked.previous);
    assert.equal(await who(revoked.current), userArn);
    for (const key of [current, previous as Key]) assert.equal(await who(key), "InvalidClientTokenId 403");
  });

  it("answers a current that somebody deactivated", async () => {
    const { current } = await outputs();
    await account.setStatus(current.accessKeyId, "Inactive");
    assert.equal(await who(current), "InvalidClientTokenId 403");
    await stack.refresh();
    await stack.up();
    assert.equal(await who((await outputs()).current), userArn);
  });

  it("destroys, and adopts what it finds", async () => {
    await stack.destroy();
    assert.deepEqual(await ids(), []);
    const [current, previous] = [await account.addKey(), await account.addKey()];
    inputs({ state: { current, previous } });
    await stack.up();
    assert.deepEqual(await ids(), [current.accessKeyId, previous.accessKeyId].sort());
    assert.equal((await outputs()).current.secretAccessKey, current.secretAccessKey);
    await stack.destroy();
    assert.deepEqual(await ids(), []);
  });

  it("was refused nothing, and has asked for exactly the actions of the policy and of docs/permissions.md", async () => {
    assert.deepEqual(
      proxy.calls.filter(({ status }) => status !== 200),
      [],
    );
    const asked = new Set(proxy.calls.map(({ action }) => action));
    assert.ok(asked.delete("GetCallerIdentity"));
    assert.deepEqual([...asked].map((action) => `iam:${action}`).sort(), [...ROTATION_ACTIONS].sort());
    const page = readFileSync(join(__dirname, "../../docs/permissions.md"), "utf8");
    const [, json = ""] = /^```json\n([\s\S]*?)```/m.exec(page) ?? [];
    assert.deepEqual(JSON.parse(json).Statement[0].Action.sort(), [...ROTATION_ACTIONS].sort());
  });

  it("leaves no secret in plain text", () => {
    for (const [where, text] of stack.everything()) assert.deepEqual(secretsIn(text), [], where);
  });
});
