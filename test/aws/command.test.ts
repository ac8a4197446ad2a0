import assert from "node:assert/strict";
import execa from "execa";
import { consentOf, objectionTo } from "../../tools/realAccount/consent";
import { usersBelow } from "../harness/aws/admin";
import { type Endpoint, startEndpoint } from "../harness/aws/endpoint";
import { type FaultProxy, startProxy } from "../harness/aws/proxy";
import { ensureBuilt, ROOT } from "../harness/dist";
import { secretsIn } from "../harness/secrets";

describe("npm run test:aws", function () {
  this.timeout(120_000);
  let moto: Endpoint;
  let proxy: FaultProxy;

  const env = (rest: Record<string, string> = {}) => {
    const clean = Object.entries(process.env).filter(([name]) => !/^(AWS|ROTATOR)_/.test(name));
    const reached = { AWS_ENDPOINT_URL: proxy.url, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
    return { ...Object.fromEntries(clean), ...reached, ...rest };
  };
  /** What the script runs after its build, which would write what other tests read; and npm has its own way with signals. */
  const start = (rest: Record<string, string>) =>
    execa(process.execPath, [require.resolve("ts-node/dist/bin"), "--transpile-only", "tools/realAccount.ts"], {
      cwd: ROOT,
      env: env(rest),
      extendEnv: false,
      all: true,
      reject: false,
    });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const users = async () => (await usersBelow(moto.url, credentials, "/")).map(({ name }) => name);

  before(async () => {
    ensureBuilt();
    moto = await startEndpoint();
    proxy = await startProxy(moto.url);
  });
  beforeEach(async () => {
    proxy.reset();
    await moto.reset();
  });
  after(async () => {
    await proxy?.stop();
    await moto?.stop();
  });

  it("explains itself, and does nothing, when it is not asked to run", async () => {
    const { exitCode, all } = await start({});
    assert.equal(exitCode, 0);
    assert.match(all ?? "", /ROTATOR_AWS_TEST=yes ROTATOR_AWS_TEST_ACCOUNT=\d{12} npm run test:aws/);
    assert.equal(proxy.count(), 0);
  });

  it("takes only a clear yes, and a whole account id, for a yes", () => {
    const account = "123456789012";
    const mode = (ROTATOR_AWS_TEST?: string, ROTATOR_AWS_TEST_ACCOUNT?: string) =>
      consentOf({ ROTATOR_AWS_TEST, ROTATOR_AWS_TEST_ACCOUNT }).mode;
    assert.deepEqual([mode(), mode("", account), mode(undefined, account)], ["explain", "explain", "explain"]);
    assert.deepEqual([mode("1", account), mode("no", account), mode("YES", account)], ["refuse", "refuse", "refuse"]);
    assert.deepEqual([mode("yes"), mode("yes", "12345"), mode("yes", `${account}3`)], ["refuse", "refuse", "refuse"]);
    assert.deepEqual([mode("yes", account), mode("clean-up", account)], ["run", "clean-up"]);
  });

  it("does nothing in another account than the one that is named, nor as root", async () => {
    const other = await start({ ROTATOR_AWS_TEST: "yes", ROTATOR_AWS_TEST_ACCOUNT: "999999999999" });
    assert.equal(other.exitCode, 1);
    assert.match(other.all ?? "", /Nothing was done: The credentials in use belong to account 123456789012/);
    const none = await start({ ROTATOR_AWS_TEST: "yes" });
    assert.equal(none.exitCode, 1);
    assert.match(none.all ?? "", /Nothing was done: ROTATOR_AWS_TEST_ACCOUNT has to name the account/);
    assert.deepEqual([...new Set(proxy.calls.map(({ action }) => action))], ["GetCallerIdentity"]);
    const root = { Account: "123456789012", Arn: "arn:aws:iam::123456789012:root" };
    assert.match(objectionTo(root, "123456789012") ?? "", /root user is not for tests/);
  });

  const YES = { ROTATOR_AWS_TEST: "yes", ROTATOR_AWS_TEST_ACCOUNT: "123456789012" };
  const until = async (action: string) => {
    while (!proxy.calls.some((call) => call.action === action && call.executed)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  it("deletes what it made after Ctrl-C, tells what it saw, and has told no secret", async () => {
    const command = start(YES);
    await until("CreateAccessKey");
    assert.equal((await users()).length, 1);
    command.kill("SIGINT", { forceKillAfterTimeout: false });
    command.kill("SIGINT", { forceKillAfterTimeout: false }); // somebody is impatient
    const { exitCode, all = "" } = await command;
    assert.equal(exitCode, 1, all);
    assert.match(all, /Account 123456789012, as \S+, region us-east-1, not AWS but http:\/\/127\.0\.0\.1/);
    assert.match(all, /\n +a new user is known to GetUser +within 20 s, for good +after/);
    assert.match(all, /did not come to its end: Error: ended by SIGINT/);
    assert.match(all, /All that was made is deleted\.$/);
    assert.deepEqual(await users(), []);
    assert.ok(proxy.secrets.size > 0, "a key was made");
    assert.deepEqual(secretsIn(all), []);
  });

  it("leaves what a killed run made for a clean-up, which waits until no run can be at work any more", async () => {
    const command = start(YES);
    await until("CreateUser");
    command.kill("SIGKILL");
    await command;
    const [left = ""] = await users();
    assert.match(left, /^rotator-test-[0-9a-f]{12}-rotated$/);
    const early = await start({ ...YES, ROTATOR_AWS_TEST: "clean-up" });
    assert.equal(early.exitCode, 0, early.all);
    assert.match(early.all ?? "", /There is nothing that an earlier run left/);
    assert.deepEqual(await users(), [left]);
  });
});
