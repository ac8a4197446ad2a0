import assert from "node:assert/strict";
import { Account } from "../harness/aws/account";
import { type Endpoint, startEndpoint } from "../harness/aws/endpoint";
import { type FaultProxy, startProxy } from "../harness/aws/proxy";
import { programFolder, providerText } from "../harness/pulumi/builtProvider";
import { type Props, type Shim, startShim } from "../harness/shim/shim";
import { PROVIDER_TEXT as HASTY } from "../harness/shim/shimStack";

type Outputs = Props & { currentAccessKeyId: string; previousAccessKeyId: string | null };

describe("IAM's eventual consistency, over HTTP, with the provider's own patience", function () {
  this.timeout(120_000);
  const program = programFolder();
  let endpoint: Endpoint;
  let proxy: FaultProxy;
  let shim: Shim;
  let account: Account;
  let userArn: string;
  let inputs: Props;
  let users = 0;

  before(async () => {
    endpoint = await startEndpoint();
    proxy = await startProxy(endpoint.url);
    const login = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
    shim = await startShim({
      cwd: program.path,
      env: { AWS_ENDPOINT_URL: proxy.url, AWS_REGION: "us-east-1", ...login },
    });
  });
  beforeEach(async () => {
    proxy.reset();
    account = new Account(proxy.url, `consistency-${process.pid}-${++users}`);
    userArn = await account.createUser();
    inputs = { __provider: await providerText(), userArn, journalOwner: `owner${users}` };
  });
  after(async () => {
    await shim?.stop();
    await proxy?.stop();
    await endpoint?.stop();
    program.remove();
  });

  const create = async (rotationTrigger: unknown) => {
    return (await shim.create({ ...inputs, rotationTrigger })).outs as Outputs;
  };
  const rotate = async (olds: Props, rotationTrigger: unknown) => {
    return (await shim.update(userArn, olds, { ...inputs, rotationTrigger })).outs as Outputs;
  };
  const ids = async () => (await new Account(endpoint.url, account.userName).keys()).map(({ id }) => id).sort();
  const deleted = () =>
    proxy.calls.filter(({ action }) => action === "DeleteAccessKey").map((at) => at.params.AccessKeyId);

  it("a new key that AWS does not know yet is waited for", async () => {
    proxy.newKeysRefusedFor(2_000);
    const begun = Date.now();
    const one = await create("a");
    assert.ok(Date.now() - begun >= 2_000);
    const trials = proxy.calls.filter(({ action }) => action === "GetCallerIdentity");
    assert.ok(trials.length >= 2 && trials.every(({ accessKeyId }) => accessKeyId === one.currentAccessKeyId));
    assert.deepEqual(trials.map(({ status }) => status).slice(-2), [403, 200]);
    assert.match(shim.stderr, /^[^\n]*: made A\w+ as current\.\n$/, "and nothing else is to be said of it");
  });

  it("a list that is late shows no key as lost: the one made a moment ago stays, and becomes previous", async () => {
    proxy.staleLists(1_500);
    const one = await create("a");
    // A key that is missing from a list is waited for until it is older than any read.
    proxy.clockAhead(120_000);
    const two = await rotate(one, "b");
    assert.equal(two.previousAccessKeyId, one.currentAccessKeyId);
    assert.deepEqual(deleted(), []);
    assert.deepEqual(await ids(), [one.currentAccessKeyId, two.currentAccessKeyId].sort());
  });

  it("a list that is late does not make a destroy leave the newest key behind", async () => {
    proxy.staleLists(1_500);
    await shim.delete(userArn, await create("a"));
    assert.deepEqual(await ids(), []);
  });

  it("a tag that is late is no reason to delete what was handed out", async () => {
    proxy.staleTags(1_500);
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
    proxy.staleTags(1_500);
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

  it("lists and tags that are late together cost no key that is in use", async () => {
    proxy.staleLists(1_500);
    proxy.staleTags(1_500);
    let state = await create("a");
    for (const trigger of ["b", "c"]) {
      const before = state;
      state = await rotate(before, trigger);
      assert.ok(!deleted().includes(before.currentAccessKeyId), "the key that was current");
      assert.ok(!deleted().includes(state.currentAccessKeyId), "the key that is current");
    }
    assert.deepEqual(await ids(), [state.currentAccessKeyId, state.previousAccessKeyId].sort());
  });

  for (const [what, change] of [
    ["moved", () => account.move("/moved/")],
    ["renamed", () => account.rename(`${account.userName}-new`)],
  ] as const) {
    it(`a user that was ${what} a moment ago, and that IAM still tells as before, is waited for; then it rotates`, async () => {
      const one = await create("a");
      proxy.staleTags(1_500);
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
    proxy.deletedKeysAliveFor(60_000);
    await account.deleteKey(one.currentAccessKeyId);
    const { props } = await shim.read(userArn, one);
    assert.deepEqual(props.drift, { current: "deleted" });
    const two = await rotate(props, "a");
    assert.notEqual(two.currentAccessKeyId, one.currentAccessKeyId);
    assert.deepEqual(await ids(), [two.currentAccessKeyId]);
  });
});
