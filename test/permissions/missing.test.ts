import assert from "node:assert/strict";
import { GUARD_ACTION, ROTATION_ACTIONS } from "../../provider/functions/policy";
import type { Account } from "../harness/aws/account";
import type { Run } from "../harness/pulumi/cli";
import type { Stack } from "../harness/pulumi/stack";
import { stand } from "../harness/pulumi/stand";
import { Enforcing, newRotator, policyFor, type Rotator } from "./rotator";

const PROGRAM = `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const { resources, ...shared } = JSON.parse(process.env.INPUTS);
for (const [name, args] of Object.entries(resources)) new RotatedAccessKey(name, { ...args, ...shared });
`;

const ACTIONS = [...ROTATION_ACTIONS, GUARD_ACTION] as const;
type Action = (typeof ACTIONS)[number];

/** A user, and who rotates it: one for each permission, so that one run of the engine tries all of them. */
interface Pair {
  account: Account;
  userArn: string;
  rotator: Rotator;
}

/** ministack knows of no user behind this action, and compares a policy's resource with `*`. */
const LAST_USE = { Effect: "Allow", Action: GUARD_ACTION, Resource: "*" };

describe("a permission that is missing", function () {
  this.timeout(300_000);
  const stage = stand(new Enforcing());
  let stack: Stack;
  const pairs = new Map<Action, Pair>();
  const at = (action: Action) => pairs.get(action) ?? assert.fail(action);
  const ids = async (action: Action) => (await at(action).account.keys()).map(({ id }) => id);
  const allIds = async () => new Map(await Promise.all(ACTIONS.map(async (at) => [at, await ids(at)] as const)));
  const resource = (action: Action) =>
    stack.state().resources.find(({ urn }) => urn.endsWith(`::${action.slice(4)}`)) ?? assert.fail(action);
  const current = (action: Action) => resource(action).outputs?.currentAccessKeyId as string;
  const previous = (action: Action) => resource(action).outputs?.previousAccessKeyId as string;
  const currents = () => new Map(ACTIONS.map((action) => [action, current(action)]));

  /** From now on each rotator has all permissions but its own one; or all. */
  async function policies(missing: "one is missing" | "all are there"): Promise<void> {
    for (const [action, { userArn, rotator }] of pairs) {
      const document = JSON.parse(await policyFor(userArn, { lastUsedGuard: true }));
      const [statement] = document.Statement;
      document.Statement.push(LAST_USE);
      if (missing === "one is missing") {
        statement.Action = statement.Action.filter((name: string) => name !== action);
        if (action === GUARD_ACTION) document.Statement.pop();
      }
      await rotator.allow(JSON.stringify(document));
    }
  }

  const inputs = (shared: Record<string, unknown>) => {
    const resources = Object.fromEntries(
      [...pairs].map(([action, { userArn, rotator }]) => [action.slice(4), { userArn, login: rotator.login }]),
    );
    stack.env.INPUTS = JSON.stringify({ ...shared, resources });
  };
  const run = (command: string) =>
    stack.run(command, "--yes", "--skip-preview", "--continue-on-error", "--stack", "dev");

  /** That exactly these failed, and that each error names its permission and its user, and what to do. */
  function refused({ code, text }: Run, asked: RegExp, actions: readonly Action[]): void {
    assert.notEqual(code, 0);
    // What is blocked is told at its resource alone. Beside an error the engine shows that a call into the provider threw.
    let at = "";
    const lines = text.split("\n").flatMap((line) => {
      at = /^ {2}\S+ \((\S+)\):$/.exec(line)?.[1] ?? at;
      const isTold = line.includes(" is blocked: ") || line.includes("Can't");
      return isTold && !line.endsWith(": see the error message.") ? [{ at, line }] : [];
    });
    for (const [action, { userArn }] of pairs) {
      const told = lines
        .filter(({ at, line }) => at === action.slice(4) || line.includes(`${userArn}:`))
        .map(({ line }) => line);
      if (!actions.includes(action)) {
        assert.deepEqual(told, [], `${action} is not needed here`);
        continue;
      }
      assert.ok(told.length > 0, `nothing was said without ${action}:\n${text}`);
      for (const line of told) {
        assert.match(line, asked, action);
        assert.ok(line.includes(`${action} failed with AccessDenied`), line);
        assert.match(line, new RegExp(`Allow ${action} on (${userArn}|this user) \\(.?rotationPolicy\\(`), line);
      }
    }
  }

  before(async () => {
    for (const action of ACTIONS) {
      const name = action.slice(4);
      const account = stage.account(`user-${name}`);
      const rotator = await newRotator(stage.url, `rotator-${name}`);
      pairs.set(action, { account, userArn: await account.createUser("/"), rotator });
    }
    stack = await stage.stack(PROGRAM);
  });

  const READS_AND_JOURNAL = ["iam:GetUser", "iam:ListAccessKeys", "iam:TagUser"] as const;

  it("lets no key be made, and the next run makes one", async () => {
    await policies("one is missing");
    inputs({ rotationTrigger: 1, lastUsedGuard: "1d" });
    const missing: Action[] = [...READS_AND_JOURNAL, "iam:CreateAccessKey"];
    const failed = await run("up");
    refused(failed, /Can't (make|write)/, missing);
    for (const action of ACTIONS) {
      assert.equal((await ids(action)).length, missing.includes(action) ? 0 : 1, action);
    }
    await policies("all are there");
    await stack.up();
    for (const action of ACTIONS) assert.deepEqual(await ids(action), [current(action)], action);
  });

  it("leaves the one key as it is, and the next run rotates once", async () => {
    const before = currents();
    await policies("one is missing");
    inputs({ rotationTrigger: 2, lastUsedGuard: "1d" });
    const missing: Action[] = [...READS_AND_JOURNAL, "iam:CreateAccessKey"];
    const failed = await run("up");
    refused(failed, /Can't write|a rotation is blocked/, missing);
    for (const action of missing) {
      assert.deepEqual(await ids(action), [before.get(action)], action);
      assert.equal(current(action), before.get(action));
    }
    await policies("all are there");
    await stack.up();
    for (const action of ACTIONS) {
      assert.equal(previous(action), before.get(action), action);
      assert.deepEqual(await ids(action), [previous(action), current(action)], action);
    }
  });

  it("leaves both keys, or all but the one that leaves, and the next run rotates once", async () => {
    const before = currents();
    const both = await allIds();
    await policies("one is missing");
    inputs({ rotationTrigger: 3, lastUsedGuard: "1d" });
    const failed = await run("up");
    refused(failed, /Can't (make a new|write)|a rotation is blocked/, ACTIONS);
    for (const action of ACTIONS) {
      // Where both slots are taken, previous goes before AWS can be asked for a new key.
      const left = action === "iam:CreateAccessKey" ? [before.get(action)] : both.get(action);
      assert.deepEqual(await ids(action), left, action);
      assert.equal(current(action), before.get(action));
    }
    await policies("all are there");
    await stack.up();
    for (const action of ACTIONS) {
      assert.equal(previous(action), before.get(action), action);
      assert.deepEqual(await ids(action), [previous(action), current(action)], action);
    }
    await stack.up("--expect-no-changes");
  });

  it("stops a refresh only where it reads, and leaves the state as it is", async () => {
    await policies("one is missing");
    const before = ACTIONS.map((action) => [current(action), previous(action)]);
    const refresh = (...actions: Action[]) => {
      const targets = actions.flatMap((action) => ["--target", resource(action).urn]);
      return stack.run("refresh", "--yes", "--skip-preview", "--stack", "dev", ...targets);
    };
    const reads: Action[] = ["iam:GetUser", "iam:ListAccessKeys"];
    for (const action of reads) refused(await refresh(action), /Can't read the access keys/, [action]);
    const others = await refresh(...ACTIONS.filter((action) => !reads.includes(action)));
    assert.equal(others.code, 0, others.text);
    assert.deepEqual(
      ACTIONS.map((action) => [current(action), previous(action)]),
      before,
    );
  });

  it("leaves the keys at a destroy that needs it, and the next one deletes them", async () => {
    await policies("one is missing");
    const before = await allIds();
    const missing: Action[] = ["iam:GetUser", "iam:ListAccessKeys", "iam:DeleteAccessKey"];
    refused(await run("destroy"), /Can't delete the access key/, missing);
    for (const action of ACTIONS) {
      assert.deepEqual(await ids(action), missing.includes(action) ? before.get(action) : [], action);
    }
    await policies("all are there");
    await stack.destroy();
    for (const action of ACTIONS) assert.deepEqual(await ids(action), [], action);
  });

  it("leaves the older key at a revocation, and the next run ends it without another new one", async () => {
    inputs({ rotationTrigger: 1 });
    await stack.up();
    const before = currents();
    await policies("one is missing");
    inputs({ rotationTrigger: 1, revocationTrigger: "leak", lastUsedGuard: "1d" });
    const unchanged: Action[] = [...READS_AND_JOURNAL, "iam:CreateAccessKey"];
    const failed = await run("up");
    refused(failed, /Can't (rotate|make a new|write|delete)/, [...unchanged, "iam:DeleteAccessKey"]);
    for (const action of unchanged) assert.deepEqual(await ids(action), [before.get(action)], action);
    const made = current("iam:DeleteAccessKey");
    assert.deepEqual(await ids("iam:DeleteAccessKey"), [before.get("iam:DeleteAccessKey"), made]);
    assert.ok(failed.text.includes(`${before.get("iam:DeleteAccessKey")} is still to be deleted`), failed.text);

    await policies("all are there");
    await stack.up();
    assert.deepEqual(await ids("iam:DeleteAccessKey"), [made]);
    for (const action of ACTIONS) {
      assert.deepEqual(await ids(action), [current(action)], action);
      assert.notEqual(current(action), before.get(action), action);
    }
    await stack.up("--expect-no-changes");
  });
});
