import assert from "node:assert/strict";
import type { Account } from "../harness/aws/account";
import { programFolder, providerText } from "../harness/pulumi/builtProvider";
import { stand } from "../harness/pulumi/stand";
import { type Props, type Shim, startShim } from "../harness/shim/shim";
import { PROVIDER_TEXT as HASTY } from "../harness/shim/shimStack";

type Outputs = Props & { currentAccessKeyId: string; previousAccessKeyId: string | null };

describe("IAM's eventual consistency, over HTTP, with the provider's own patience", function () {
  this.timeout(120_000);
  const program = programFolder();
  const at = stand();
  let shim: Shim;
  let account: Account;
  let userArn: string;
  let inputs: Props;
  let users = 0;

  before(async () => {
    const login = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
    shim = await startShim({
      cwd: program.path,
      env: { AWS_ENDPOINT_URL: at.proxy.url, AWS_REGION: "us-east-1", ...login },
    });
  });
  beforeEach(async () => {
    at.proxy.reset();
    account = at.account(`consistency-${++users}`, at.proxy.url);
    userArn = await account.createUser();
    inputs = { __provider: await providerText(), userArn, journalOwner: `owner${users}` };
  });
  after(async () => {
    await shim?.stop();
    program.remove();
  });

  const create = async (rotationTrigger: unknown) => {
    return (await shim.create({ ...inputs, rotationTrigger })).outs as Outputs;
  };
  const rotate = async (olds: Props, rotationTrigger: unknown) => {
    return (await shim.update(userArn, olds, { ...inputs, rotationTrigger })).outs as Outputs;
  };
  const ids = () => at.account(account.userName).ids();
  const deleted = () =>
    at.proxy.calls.filter(({ action }) => action === "DeleteAccessKey").map((at) => at.params.AccessKeyId);

  it("a new key that AWS does not know yet is waited for", async () => {
    at.proxy.newKeysRefusedFor(2_000);
    const begun = Date.now();
    const one = await create("a");
    assert.ok(Date.now() - begun >= 2_000);
    const trials = at.proxy.calls.filter(({ action }) => action === "GetCallerIdentity");
    assert.ok(trials.length >= 2 && trials.every(({ accessKeyId }) => accessKeyId === one.currentAccessKeyId));
    assert.deepEqual(trials.map(({ status }) => status).slice(-2), [403, 200]);
    assert.match(shim.stderr, /^[^\n]*: made A\w+ as current\.\n$/, "and nothing else is to be said of it");
  });

  it("a list that is late shows no key as lost: the one made a moment ago becomes previous; and a destroy leaves none behind", async () => {
    at.proxy.staleLists(1_500);
    const one = await create("a");
    // A key that is missing from a list is waited for until it is older than any read.
    at.proxy.clockAhead(120_000);
    const two = await rotate(one, "b");
    assert.equal(two.previousAccessKeyId, one.currentAccessKeyId);
    assert.deepEqual(deleted(), []);
    assert.deepEqual(await ids(), [one.currentAccessKeyId, two.currentAccessKeyId].sort());
    at.proxy.clockAhead(0);
    await shim.delete(userArn, two);
    assert.deepEqual(await ids(), []);
  });

  it("a tag that is late is no reason to delete what was handed out", async () => {
    at.proxy.staleTags(1_500);
    let [state, retired] = [await create("a"), [] as (string | null)[]];
    for (const trigger of ["b", "c", "d"]) {
      const next = await rotate(state, trigger);
      assert.equal(next.previousAccessKeyId, state.currentAccessKeyId);
      retired = [...retired, state.previousAccessKeyId];
      state = next;
    }
    assert.deepEqual(deleted(), retired.filter(Boolean));
    assert.deepEqual(await ids(), [state.currentAccessKeyId, state.previousAccessKeyId].sort());
  });

  it("with a late tag, the key of a state that was lost is refused and kept", async () => {
    const one = await create("a");
    at.proxy.staleTags(1_500);
    const two = await rotate(one, "b");
    await assert.rejects(create("a"), /[Rr]un again/);
    const { pending } = (await rotate(one, "c")) as unknown as { pending: { blocked?: boolean }[] };
    assert.deepEqual(
      pending.map(({ blocked }) => blocked),
      [true],
    );
    assert.deepEqual(deleted(), []);
    assert.deepEqual(await ids(), [one.currentAccessKeyId, two.currentAccessKeyId].sort());
  });

  for (const [what, change] of [
    ["moved", () => account.move("/moved/")],
    ["renamed", () => account.rename(`${account.userName}-new`)],
  ] as const) {
    it(`a user that was ${what} a moment ago, and that IAM still tells as before, is waited for; then it rotates`, async () => {
      const one = await create("a");
      at.proxy.staleTags(1_500);
      await change();
      const name = what === "moved" ? account.userName : `${account.userName}-new`;
      const path = what === "moved" ? "moved" : "ci";
      inputs = { ...inputs, userArn: userArn.replace(/user\/.*/, `user/${path}/${name}`) };
      const changed = await rotate(one, "a");
      assert.equal(changed.currentAccessKeyId, one.currentAccessKeyId);
      assert.equal((await rotate(changed, "b")).previousAccessKeyId, one.currentAccessKeyId);
    });
  }

  it("a deleted key that still signs is not taken for a living one", async () => {
    inputs = { ...inputs, __provider: HASTY };
    const one = await create("a");
    at.proxy.deletedKeysAliveFor(60_000);
    await account.deleteKey(one.currentAccessKeyId);
    const { props } = await shim.read(userArn, one);
    assert.deepEqual(props.drift, { current: "deleted" });
    const two = await rotate(props, "a");
    assert.notEqual(two.currentAccessKeyId, one.currentAccessKeyId);
    assert.deepEqual(await ids(), [two.currentAccessKeyId]);
  });
});
