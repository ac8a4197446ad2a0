import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROTATION_ACTIONS } from "../../provider/functions/policy";
import type { Account } from "../harness/aws/account";
import type { Stack } from "../harness/pulumi/stack";
import { fails, stand } from "../harness/pulumi/stand";
import { Enforcing, newRotator, policyFor, type Rotator, whoIs } from "./rotator";

const PROGRAM = `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
for (const [name, args] of Object.entries(JSON.parse(process.env.INPUTS))) {
  const key = new RotatedAccessKey(name, args);
  exports[name] = { current: key.current, previous: key.previous };
}
`;

interface Key {
  accessKeyId: string;
  secretAccessKey: string;
}

/** Resources, and their users. `other` is not in the policy at first; `deactivated` has a rotator and a policy of its own. */
const USERS = {
  rotated: "plain",
  retired: "MiXed+=,.@_-Case",
  revoked: "revoked",
  broken: "broken",
  adopted: "adopted",
  other: "plain2",
  deactivated: "deactivated",
} as const;
type Name = keyof typeof USERS;
const NAMES = Object.keys(USERS) as Name[];

describe("a rotation that may do what rotationPolicy allows, and no more", function () {
  this.timeout(300_000);
  const at = stand(new Enforcing());
  let rotator: Rotator;
  let deactivator: Rotator;
  let stack: Stack;
  /** The secret of the current key that is adopted. */
  let adopted: string;
  const accounts = {} as Record<Name, Account>;
  const arns = {} as Record<Name, string>;
  const inputs = {} as Record<Name, object>;

  const give = (more: Partial<Record<Name, object>>) => {
    for (const [name, args] of Object.entries(more)) {
      inputs[name as Name] = { userArn: arns[name as Name], ...args };
    }
    stack.env.INPUTS = JSON.stringify(inputs);
  };
  const outputs = async () => (await stack.outputs()) as Record<Name, { current: Key; previous?: Key }>;
  const counts = async () =>
    Object.fromEntries(await Promise.all(NAMES.map(async (name) => [name, (await accounts[name].ids()).length])));
  const who = (key: Key | undefined) => whoIs(at.url, key ?? assert.fail());
  const ENDED = "InvalidClientTokenId 403";

  before(async () => {
    for (const name of NAMES) {
      accounts[name] = at.account(USERS[name]);
      arns[name] = await accounts[name].createUser("/");
    }
    rotator = await newRotator(at.url, "rotator");
    deactivator = await newRotator(at.url, "deactivator");
    const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = rotator.login;
    stack = await at.stack(PROGRAM, { env: { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } });
  });

  const rotators = () => NAMES.filter((name) => name !== "deactivated");

  it("makes keys and adopts what it finds, for each user of the policy; for no other, and not without a permission that it will need", async () => {
    await rotator.allow(await policyFor(rotators().flatMap((name) => (name === "other" ? [] : arns[name]))));
    await deactivator.allow(await policyFor(arns.deactivated));
    const [current, previous] = [await accounts.adopted.addKey(), await accounts.adopted.addKey()];
    adopted = current.secretAccessKey;
    const periods = { login: deactivator.login, gracePeriod: "1s", deactivatePeriod: "1d" };
    give({ ...Object.fromEntries(NAMES.map((name) => [name, { rotationTrigger: 1 }])) });
    give({ adopted: { state: { current, previous } }, deactivated: { ...periods, rotationTrigger: 1 } });
    const text = await fails(stack.tryUp("--continue-on-error"));
    assert.match(text, /Can't make access keys for \S+:user\/plain2: iam:\w+ failed with AccessDenied/);
    assert.match(text, /Allow iam:(GetUser|ListAccessKeys) on arn:aws:iam::\d{12}:user\/plain2 \(rotationPolicy\(\)/);
    assert.doesNotMatch(text, /Can't [^\n]*user\/(plain|MiXed[^:]*):/);
    assert.match(text, /Can't deactivate access keys of .*iam:UpdateAccessKey failed with AccessDenied/);
    const option = /Allow iam:UpdateAccessKey on this user \(`rotationPolicy\(userArn, \{ deactivatePeriod: true \}\)`/;
    assert.match(text, option);
    const one = { rotated: 1, retired: 1, revoked: 1, broken: 1 };
    assert.deepEqual(await counts(), { ...one, adopted: 2, other: 0, deactivated: 0 });
    assert.deepEqual(await accounts.adopted.ids(), [current.accessKeyId, previous.accessKeyId].sort());
  });

  it("rotates, retires, revokes, deactivates and answers a broken current; AWS takes the keys that are handed out, and no other", async () => {
    await rotator.allow(await policyFor(rotators().map((name) => arns[name])));
    await deactivator.allow(await policyFor(arns.deactivated, { deactivatePeriod: true }));
    for (const name of ["rotated", "retired", "revoked", "broken"] as const) give({ [name]: { rotationTrigger: 2 } });
    await stack.up();
    const two = { rotated: 2, retired: 2, revoked: 2, broken: 2, adopted: 2 };
    assert.deepEqual(await counts(), { ...two, other: 1, deactivated: 1 });
    const second = await outputs();
    for (const key of [second.rotated.current, second.rotated.previous]) assert.equal(await who(key), arns.rotated);
    assert.equal(second.adopted.current.secretAccessKey, adopted);

    await accounts.broken.setStatus(second.broken.current.accessKeyId, "Inactive");
    assert.equal(await who(second.broken.current), ENDED);
    await stack.refresh();
    give({
      rotated: { rotationTrigger: 3 },
      retired: { rotationTrigger: 2, gracePeriod: "1s" },
      revoked: { rotationTrigger: 2, revocationTrigger: "leak" },
      deactivated: { ...inputs.deactivated, rotationTrigger: 2 },
    });
    await stack.up();
    const third = await outputs();
    const { rotated, retired, revoked, broken } = third;
    assert.deepEqual(await accounts.rotated.ids(), [rotated.current.accessKeyId, rotated.previous?.accessKeyId].sort());
    for (const key of [rotated.current, rotated.previous]) assert.equal(await who(key), arns.rotated);
    assert.deepEqual(await accounts.retired.ids(), [retired.current.accessKeyId]);
    assert.deepEqual(await accounts.revoked.ids(), [revoked.current.accessKeyId]);
    for (const name of ["retired", "revoked", "broken"] as const) {
      assert.equal(await who(third[name].current), arns[name]);
    }
    const ended = [second.rotated.previous, second.retired.previous, second.revoked.current, second.revoked.previous];
    for (const key of ended) assert.equal(await who(key), ENDED);
    assert.notEqual(broken.current.accessKeyId, second.broken.current.accessKeyId);

    await sleep(1_100);
    await stack.up();
    const statuses = (await accounts.deactivated.keys()).map(({ status }) => status).sort();
    assert.deepEqual(statuses, ["Active", "Inactive"]);
    assert.match(await stack.refresh(), /8 unchanged/);
  });

  it("destroys, was refused nothing, and has asked for exactly the actions of the policy and of docs/permissions.md", async () => {
    await stack.destroy();
    assert.deepEqual(new Set(Object.values(await counts())), new Set([0]));
    const calls = at.proxy.calls.filter(({ user }) => ![USERS.other, USERS.deactivated].some((name) => name === user));
    assert.deepEqual(
      calls.filter(({ status }) => status !== 200),
      [],
    );
    const asked = new Set(calls.map(({ action }) => action));
    assert.ok(asked.delete("GetCallerIdentity"));
    assert.deepEqual([...asked].map((action) => `iam:${action}`).sort(), [...ROTATION_ACTIONS].sort());
    const page = readFileSync(join(__dirname, "../../docs/permissions.md"), "utf8");
    const [, json = ""] = /^```json\n([\s\S]*?)```/m.exec(page) ?? [];
    assert.deepEqual(JSON.parse(json).Statement[0].Action.sort(), [...ROTATION_ACTIONS].sort());
  });
});
