import assert from "node:assert/strict";
import { IAMClient, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import execa from "execa";
import type { AccessKeyPair } from "../../provider/model/accessKey";
import { consentOf, MAX_KEYS, PATH, requireAccount } from "../../tools/realAccount/consent";
import { OwnUsers } from "../../tools/realAccount/ownUsers";
import { iamClient, type Row, table } from "../../tools/realAccount/run";
import { type Options, settle } from "../../tools/realAccount/settle";
import { Account } from "../harness/aws/account";
import { usersBelow } from "../harness/aws/admin";
import { type Endpoint, startEndpoint } from "../harness/aws/endpoint";
import { ROOT, startMinistack } from "../harness/aws/ministack";
import { type Fault, type FaultProxy, startProxy } from "../harness/aws/proxy";
import { ensureBuilt, ROOT as REPOSITORY } from "../harness/dist";
import { secretsIn } from "../harness/secrets";

const PACE = { interval: 50, limit: 2_000, watch: 100 };
/** Where not the answers matter, but what becomes of the users. */
const HASTE = { interval: 10, limit: 50, watch: 0 };
const region = "us-east-1";
const full: Fault = { kind: "error", code: "LimitExceeded", status: 409 };
const denied: Fault = { kind: "error", code: "AccessDenied", status: 403 };
const differences = (rows: Row[]) => rows.filter(({ asExpected }) => !asExpected);

describe("npm run test:aws, the run against a real account", function () {
  this.timeout(120_000);
  let moto: Endpoint;
  let proxy: FaultProxy;
  const said: string[] = [];
  const endpointBefore = process.env.AWS_ENDPOINT_URL;
  const run = (options: Partial<Options> = {}, credentials: AccessKeyPair = ROOT) =>
    settle(
      { region, credentials },
      { say: (line) => said.push(line), signal: new AbortController().signal, pace: HASTE, ...options },
    );
  const users = async () => (await usersBelow(moto.url, ROOT, "/")).map(({ name }) => name);

  before(async () => {
    ensureBuilt();
    moto = await startEndpoint();
    proxy = await startProxy(moto.url);
  });
  beforeEach(async () => {
    proxy.reset();
    await moto.reset();
    process.env.AWS_ENDPOINT_URL = proxy.url; // the provider's own clients read it too
  });
  after(async () => {
    if (endpointBefore === undefined) delete process.env.AWS_ENDPOINT_URL;
    else process.env.AWS_ENDPOINT_URL = endpointBefore;
    await proxy?.stop();
    await moto?.stop();
  });

  /** What `npm run test:aws` runs after its build, which would write what other tests read; and npm has its own way with signals. */
  const start = (rest: Record<string, string>) => {
    const clean = Object.entries(process.env).filter(([name]) => !/^(AWS|ROTATOR)_/.test(name));
    const reached = { AWS_ENDPOINT_URL: proxy.url, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
    return execa(process.execPath, [require.resolve("ts-node/dist/bin"), "--transpile-only", "tools/realAccount.ts"], {
      cwd: REPOSITORY,
      env: { ...Object.fromEntries(clean), ...reached, ...rest },
      extendEnv: false,
      all: true,
      reject: false,
    });
  };

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
    for (const no of [
      ["1", account],
      ["no", account],
      ["YES", account],
      ["yes"],
      ["yes", "12345"],
      ["yes", `${account}3`],
    ])
      assert.throws(() => mode(...no), /Nothing was done/, no.join());
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
    assert.throws(() => requireAccount(root, "123456789012"), /root user is not for tests/);
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

  it("measures what is late, and finds what moto does unlike AWS, and nothing else", async () => {
    const somebody = new Account(moto.url, "rotator-test-of-somebody-else");
    await somebody.createUser(PATH);
    await somebody.addKey();
    proxy.newKeysRefusedFor(1_000);
    proxy.refuseDeletedKeys();
    proxy.deletedKeysAliveFor(300);
    proxy.staleLists(300);
    proxy.staleTags(300);
    // From here on the provider is at work, which waits for seconds where a list is late.
    proxy.rule({
      action: "PutUserPolicy",
      fault: {
        kind: "run",
        before: () => {
          proxy.staleLists(0);
          proxy.staleTags(0);
        },
      },
    });
    const invalid = ({ params }: { params: Record<string, string> }) =>
      !/^[\w .:/=+@-]{0,256}$/.test(params["Tags.member.1.Value"] ?? "");
    proxy.rule({ action: "TagUser", when: invalid, fault: { kind: "error", code: "ValidationError", status: 400 } });

    // A slot is not free at once, which makes no keys of it.
    proxy.rule({ action: "CreateAccessKey", nth: 4, times: MAX_KEYS, fault: full });

    const before = proxy.secrets.size;
    const { rows, failure, left } = await run({ pace: PACE });
    assert.deepEqual([failure, left], [undefined, []]);
    assert.deepEqual(
      differences(rows).map(({ what }) => what),
      [
        "the ARN and the UserId of GetUser", // moto's UserIds look different
        "CreateDate of a new key, and in the list", // with milliseconds
        "a key with a wrong secret",
        "a key that never was",
        "a deactivated key is refused",
        "a key in other case replaces the tag, and not its key",
        "UpdateAccessKey, which the policy does not allow",
        "ListAccessKeys of another user",
        "GetAccessKeyLastUsed of another user's key",
      ],
      table(rows),
    );
    const seen = (what: string) => rows.find((row) => row.what === what)?.seen;
    assert.equal(seen("a new key is refused before that with"), "InvalidClientTokenId, 403");
    assert.deepEqual(await users(), ["rotator-test-of-somebody-else"]);
    assert.equal((await somebody.keys()).length, 1);
    assert.equal(proxy.secrets.size - before, 7, "two, one in the freed slot, the runner's, and three by the provider");
    assert.equal(table(rows).match(/^DIFFERENT {2}/gm)?.length, 9);
  });

  it("finds what ministack does unlike AWS, which enforces the policy and knows its keys", async () => {
    const ministack = await startMinistack();
    try {
      process.env.AWS_ENDPOINT_URL = ministack.url;
      const admin = new Account(ministack.url, "admin", ROOT);
      await admin.createUser("/");
      const everything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
      await new IAMClient({ endpoint: ministack.url, region, credentials: ROOT }).send(
        new PutUserPolicyCommand({
          UserName: "admin",
          PolicyName: "all",
          PolicyDocument: JSON.stringify(everything),
        }),
      );
      // ministack leaves the path out of the ARN that it compares with a policy.
      const { rows, failure, left } = await run({ pace: PACE, path: "/" }, await admin.addKey());
      assert.deepEqual([failure, left], [undefined, []]);
      assert.deepEqual(
        differences(rows).map(({ what, seen }) => `${what}: ${seen}`),
        [
          "ListAccessKeys of an unknown user: done",
          "a third key: done",
          "a tag of 257 characters: done",
          "a tag with another character: done",
          "a key in other case replaces the tag, and not its key: still ROTATOR-TEST=three",
          "GetAccessKeyLastUsed, allowed on the user: AccessDenied, 403",
        ],
        table(rows),
      );
    } finally {
      await ministack.stop();
    }
  });

  const ended = new AbortController();
  const byTest: Fault = { kind: "run", after: () => ended.abort(new Error("ended by a test")) };
  const lost: Fault = { kind: "lostReply" };
  for (const { title, rule } of [
    { title: "a policy that may not be put", rule: { action: "PutUserPolicy", fault: denied } },
    { title: "a user whose reply got lost", rule: { action: "CreateUser", nth: 1, fault: lost } },
    { title: "a key whose reply got lost", rule: { action: "CreateAccessKey", nth: 2, fault: lost } },
    { title: "a rotation that failed", rule: { action: "CreateAccessKey", nth: 6, fault: denied } },
    { title: "its end during the first call", rule: { action: "CreateUser", nth: 1, fault: byTest } },
    { title: "its end during a rotation", rule: { action: "CreateAccessKey", nth: 6, fault: byTest } },
  ] as const) {
    it(`cleans up after ${title}, though the clean-up itself meets trouble`, async () => {
      proxy.rule(rule);
      proxy.rule({ action: "DeleteUser", nth: 1, fault: { kind: "error", code: "DeleteConflict", status: 409 } });
      const signal = rule.fault === byTest ? ended.signal : new AbortController().signal;
      const { failure, left } = await run({ signal });
      assert.ok(failure, "the run ended early");
      assert.equal(failure.message === "ended by a test", rule.fault === byTest, failure.message);
      assert.deepEqual([left, await users()], [[], []]);
    });
  }

  it("ends what it was asking side by side, before it cleans up", async () => {
    proxy.rule({ action: "CreateAccessKey", nth: 4, times: 1_000, fault: full });
    const waits = () => proxy.count("CreateAccessKey") > 4;
    proxy.rule({ action: "ListAccessKeys", when: waits, times: 1, fault: denied });
    const { failure, left } = await run({ pace: PACE });
    assert.match(failure?.message ?? "", /AccessDenied/);
    const asked = proxy.count("CreateAccessKey");
    await new Promise((resolve) => setTimeout(resolve, 4 * PACE.interval));
    assert.deepEqual([left, await users(), proxy.count("CreateAccessKey")], [[], [], asked]);
  });

  it("says what it could not delete, and a later clean-up deletes it and nothing else", async () => {
    proxy.rule({ action: "TagUser", fault: denied });
    proxy.rule({ action: "DeleteUser", fault: denied });
    const { left } = await run({ cleanUpLimit: 100 });
    assert.match(left.join(), /^rotator-test-[0-9a-f]{12}-rotated \(AccessDenied\)$/);
    const somebody = new Account(moto.url, "rotator-test-000000000000-other");
    await somebody.createUser(PATH);
    await new Account(moto.url, "rotator-test-000000000000-runner").createUser("/elsewhere/");

    proxy.clear();
    const leftovers = new OwnUsers();
    const iam = leftovers.guard(iamClient({ region, credentials: ROOT }));
    assert.deepEqual(await leftovers.adoptLeftovers(iam), [], "a run may still be at work");
    assert.equal((await leftovers.adoptLeftovers(iam, 0)).length, 1);
    assert.deepEqual(await leftovers.removeAll(iam), []);
    assert.deepEqual((await users()).sort(), ["rotator-test-000000000000-other", "rotator-test-000000000000-runner"]);
  });

  it("leaves a user alone that somebody else made under its name", async () => {
    const own = new OwnUsers();
    const iam = own.guard(iamClient({ region, credentials: ROOT }));
    await own.make(iam, "rotated", new AbortController().signal);
    const name = own.claim("rotated");
    const stolen = new Account(moto.url, name);
    await moto.reset();
    await stolen.createUser(PATH);
    await stolen.addKey();
    assert.deepEqual(await own.removeAll(iam, 100), [`${name} (it is somebody else's now)`]);
    assert.equal((await stolen.keys()).length, 1);
  });

  it("touches no user but its own, and makes no more keys than it may", async () => {
    const own = new OwnUsers();
    const iam = own.guard(iamClient({ region, credentials: ROOT }));
    for (const UserName of ["deployer", undefined]) {
      const put = new PutUserPolicyCommand({ UserName, PolicyName: "p", PolicyDocument: "" });
      await assert.rejects(iam.send(put), /no user of this run/);
    }
    const refusal = Object.assign(new Error("no"), { $metadata: { httpStatusCode: 409 } });
    await assert.rejects(own.countKey(() => Promise.reject(refusal)));
    await assert.rejects(own.countKey(() => Promise.reject(new Error("a reply that got lost"))));
    for (let key = 1; key < MAX_KEYS; key++) await own.countKey(async () => key);
    const oneMore = own.countKey(() => assert.fail("must not be asked for"));
    await assert.rejects(oneMore, /must not make more/);
    assert.equal(proxy.count(), 0);
  });

  it("says no secret", () => {
    assert.ok(said.length > 50);
    assert.deepEqual(secretsIn(said.join("\n")), []);
  });
});
