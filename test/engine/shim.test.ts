import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Account } from "../harness/aws/account";
import { OLDEST_PULUMI, oldestPulumi, programFolder, providerText } from "../harness/pulumi/builtProvider";
import { stand } from "../harness/pulumi/stand";
import { PartialFailure, type Props, type Shim, type ShimOptions, startShim } from "../harness/shim/shim";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const ENVIRONMENT = "AKIAENVIRONMENT00000";
const CONFIG = {
  "aws:region": "eu-west-1",
  "aws:accessKey": "AKIACONFIG0000000000",
  "aws:secretKey": "config's secret",
};
const LOGIN = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "the-login's-secret/+" };

// What is sent side by side comes in any order: of each group, the names are sorted.
const MAKE = ["CreateAccessKey", "GetCallerIdentity", "GetUser", "ListAccessKeys", "TagUser"];
const CREATE = ["GetUser", "ListAccessKeys", "TagUser", ...MAKE];
const ROTATE = ["GetUser", "ListAccessKeys", "TagUser", "DeleteAccessKey", ...MAKE];

type Outputs = Props & {
  current: { accessKeyId: string; secretAccessKey: string; createdAt: string };
  /** `null` says that there is none; left out, a preview could not know. */
  previous: { accessKeyId: string; secretAccessKey: string } | null;
};

/** That of the newest is what every test with an engine runs. */
describe(`the built provider, in the provider process of the oldest @pulumi/pulumi, ${OLDEST_PULUMI}`, function () {
  this.timeout(300_000);
  const program = programFolder();
  let [pulumiPackage, __provider, users] = ["", "", 0];
  const at = stand();
  let shim: Shim;
  let account: Account;
  let userArn: string;
  let inputs: Props;

  const start = (more: Partial<ShimOptions> = {}) =>
    startShim({
      cwd: program.path,
      pulumiPackage,
      env: {
        AWS_ENDPOINT_URL: at.proxy.url,
        AWS_ACCESS_KEY_ID: ENVIRONMENT,
        AWS_SECRET_ACCESS_KEY: "the environment's secret",
        AWS_REGION: "us-east-1",
      },
      ...more,
    });
  const create = async (more: Props = {}) => (await shim.create({ ...inputs, ...more })).outs as Outputs;
  const update = async (olds: Props, more: Props) => {
    return (await shim.update(userArn, olds, { ...inputs, ...more })).outs as Outputs;
  };
  /** The calls since the last `clear`. */
  const calls = () => {
    const actions = at.proxy.calls.map(({ action }) => action);
    const sorted = (from: number, count: number) =>
      actions.splice(from, count, ...actions.slice(from, from + count).sort());
    sorted(0, 2);
    const made = actions.indexOf("CreateAccessKey");
    if (made > 0) sorted(made + 1, 3);
    return actions;
  };

  before(async () => {
    [pulumiPackage, __provider] = [await oldestPulumi(), await providerText()];
    assert.equal(require(`${pulumiPackage}/package.json`).version, OLDEST_PULUMI);
    shim = await start();
  });
  beforeEach(async () => {
    account = at.account(`shim-${++users}`);
    userArn = await account.createUser();
    inputs = { __provider, userArn, rotationTrigger: "a", journalOwner: `owner${users}` };
    at.proxy.reset();
  });
  after(async () => {
    await shim?.stop();
    program.remove();
  });

  it("is named by a text of less than 300 bytes", () => assert.ok(Buffer.byteLength(__provider) < 300));

  it("creates, previews, rotates, sees drift, mends it and deletes, with the calls that were promised", async () => {
    const one = await create();
    assert.deepEqual(calls(), CREATE);
    assert.deepEqual(await account.ids(), [one.current.accessKeyId]);
    assert.equal(one.previous, null);
    assert.equal(one.__provider, __provider);

    at.proxy.clear();
    const told = shim.stderr.length;
    const unchanged = { changes: false, replaces: [], deleteBeforeReplace: false };
    assert.deepEqual(await shim.diff(userArn, one, inputs), unchanged);
    assert.equal(shim.stderr.slice(told), "", "nothing is said of nothing");
    await shim.check({ userArn }, { ...inputs, run: { isPreview: true } });
    for (const rotationTrigger of ["b", UNKNOWN, { at: [UNKNOWN] }, undefined]) {
      assert.deepEqual(await shim.diff(userArn, one, { ...inputs, rotationTrigger }), {
        ...unchanged,
        changes: true,
      });
    }
    const said = `this update makes a new access key as current, keeps ${one.current.accessKeyId} valid as previous`;
    assert.ok(shim.stderr.includes(said), shim.stderr);
    assert.deepEqual(calls(), [], "check and diff ask AWS nothing");
    const other = await shim.diff(userArn, one, { ...inputs, userArn: `${userArn}-other` });
    assert.deepEqual([other.changes, other.replaces], [true, ["userArn"]]);
    assert.deepEqual(calls(), ["GetUser", "GetUser"], "but whether a changed name is a rename: is the old one there?");
    at.proxy.clear();

    const two = await update(one, { rotationTrigger: "b" });
    assert.deepEqual(calls(), CREATE, "with a free slot, nothing is deleted");
    assert.ok(isDeepStrictEqual(two.previous, one.current));
    at.proxy.clear();
    const three = await update(two, { rotationTrigger: "c" });
    assert.deepEqual(calls(), ROTATE);
    assert.ok(isDeepStrictEqual(three.previous, two.current));
    assert.deepEqual(await account.ids(), [three.current.accessKeyId, two.current.accessKeyId].sort());

    await account.setStatus(three.current.accessKeyId, "Inactive");
    const { id, props } = await shim.read(userArn, three);
    assert.equal(id, userArn);
    assert.deepEqual(props.drift, { current: "Inactive" });
    assert.equal((await shim.diff(userArn, props, { ...inputs, rotationTrigger: "c" })).changes, true);
    const mended = await update(props, { rotationTrigger: "c" });
    assert.equal(mended.drift, undefined);
    assert.equal(mended.previous?.accessKeyId, two.current.accessKeyId);

    await shim.delete(userArn, mended);
    await shim.delete(userArn, mended);
    assert.deepEqual(await account.ids(), []);
  });

  it("sends the first two calls side by side", async () => {
    for (const action of ["GetUser", "ListAccessKeys"]) at.proxy.rule({ action, fault: { kind: "delay", ms: 400 } });
    await create();
    const [one, two, three] = at.proxy.calls;
    assert.ok(one?.endedAt && two?.endedAt && three);
    assert.ok(one.startedAt < two.endedAt && two.startedAt < one.endedAt, "they overlap");
    assert.ok(three.startedAt >= Math.max(one.endedAt, two.endedAt), "and are read before anything is changed");
  });

  it("has what a failed rotation left saved, and goes on from there", async () => {
    const two = await update(await create(), { rotationTrigger: "b" });
    at.proxy.rule({ action: "CreateAccessKey", fault: { kind: "error", code: "AccessDenied", status: 403 } });
    const failure = await update(two, { rotationTrigger: "c" }).then(
      () => assert.fail("it failed"),
      (error) => error,
    );
    assert.ok(failure instanceof PartialFailure, String(failure));
    assert.equal(failure.id, userArn);
    const { properties, reasons } = failure;
    assert.deepEqual([properties.__provider, properties.rotationTrigger], [__provider, "b"]);
    assert.equal(properties.previous, null);
    assert.equal((properties as Outputs).current.accessKeyId, two.current.accessKeyId);
    assert.equal(reasons.length, 1);
    assert.match(reasons[0] ?? "", /iam:CreateAccessKey failed with AccessDenied.*Where it stands: AKIA\w+ is gone/s);
    at.proxy.clear();
    const three = await update(properties, { rotationTrigger: "c" });
    assert.ok(isDeepStrictEqual(three.previous, two.current));
    assert.deepEqual(await account.ids(), [three.current.accessKeyId, two.current.accessKeyId].sort());
  });

  it("takes the credentials of the environment, else of the stack's configuration, else of login", async () => {
    const signers = (made: Outputs) => {
      const others = at.proxy.calls.filter(({ accessKeyId }) => accessKeyId !== made.current.accessKeyId);
      assert.equal(at.proxy.calls.length - others.length, 1, "the new key signs one call");
      at.proxy.clear();
      return [...new Set(others.map(({ accessKeyId, region }) => `${accessKeyId} ${region}`))];
    };
    const one = await create();
    assert.deepEqual(signers(one), [`${ENVIRONMENT} us-east-1`]);
    const configured = await start({
      config: CONFIG,
      env: { AWS_ENDPOINT_URL: at.proxy.url, AWS_ACCESS_KEY_ID: ENVIRONMENT, AWS_SECRET_ACCESS_KEY: "environment" },
    });
    try {
      const { outs: two } = await configured.update(userArn, one, { ...inputs, rotationTrigger: "b" });
      assert.deepEqual(signers(two as Outputs), [`${CONFIG["aws:accessKey"]} eu-west-1`]);
      const news = { ...inputs, rotationTrigger: "c", login: LOGIN, region: "eu-north-1" };
      const { outs: three } = await configured.update(userArn, two, news);
      assert.deepEqual(signers(three as Outputs), [`${LOGIN.accessKeyId} eu-north-1`]);
      for (const secret of [LOGIN.secretAccessKey, CONFIG["aws:secretKey"], ...at.proxy.secrets]) {
        assert.ok(!configured.stderr.includes(secret), "no secret is said");
      }
    } finally {
      await configured.stop();
    }
  });

  it("deletes with the environment's credentials where AWS refuses the stored login", async () => {
    const one = await create({ login: LOGIN });
    const when = (call: { accessKeyId: string }) => call.accessKeyId === LOGIN.accessKeyId;
    at.proxy.rule({ when, fault: { kind: "error", code: "InvalidClientTokenId", status: 403 } });
    await assert.rejects(
      update(one, { login: LOGIN, rotationTrigger: "b" }),
      /Check the credentials in use: the `login`/,
    );
    assert.deepEqual(await account.ids(), [one.current.accessKeyId]);
    await shim.delete(userArn, one);
    assert.deepEqual(await account.ids(), []);
    const deletion = at.proxy.calls.find(({ action, executed }) => action === "DeleteAccessKey" && executed);
    assert.equal(deletion?.accessKeyId, ENVIRONMENT);
    assert.ok(!shim.stderr.includes(LOGIN.secretAccessKey));
  });
});
