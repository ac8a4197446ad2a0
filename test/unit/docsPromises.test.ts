import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { PATIENCE } from "../../provider/act/dependencies";
import { credentialSource } from "../../provider/aws/credentials";
import { connect } from "../../provider/aws/iam";
import { stackSettings } from "../../provider/lifecycle/session";
import { IamError } from "../../provider/model/errors";
import { formatJournal, parseJournal } from "../../provider/model/journal";
import { AccessKeyMount } from "../../provider/plugin/keys";
import { isSecret } from "../../provider/plugin/wire";
import { ProviderAsStored } from "../harness/aws/asStored";
import { startFakeIam } from "../harness/aws/proxyFakeIam";
import { modules, ROOT } from "../harness/dist";
import { section, tables } from "../harness/markdown";
import { type Props, Stage, userArn } from "../harness/stage";

// What pages promise of behaviour, and no other test holds.

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe("docs/how-it-works.md promises", () => {
  const PAGE = readFileSync(join(ROOT, "docs/how-it-works.md"), "utf8");

  it("a TagUser before and after each key that is made or deleted, but for a destroy, which has one after", () => {
    const [operations = []] = tables(section(PAGE, "A rotation, call by call"));
    const without = operations.filter(([, calls = ""]) => {
      const [before = "", ...rest] = calls.split(/(?=(?:Create|Delete)AccessKey)/);
      return rest.length > 0 && !(before.includes("TagUser") && rest.at(-1)?.includes("TagUser"));
    });
    assert.deepEqual(
      without.map(([operation]) => operation),
      ["destroy, two keys there"],
    );
    assert.match(without[0]?.[1] ?? "", /DeleteAccessKey, .*TagUser$/);
  });

  it("that a rotation with two keys waits six times for AWS", async () => {
    const stage = new Stage();
    const one = await stage.create({ userArn, rotationTrigger: 1 });
    const two = await stage.up(one, { userArn, rotationTrigger: 2 });
    // What is sent before any answer comes is sent in parallel.
    const rounds: string[][] = [];
    let isOpen = false;
    stage.iam.fault = (call) => {
      if (!isOpen) rounds.push([]);
      isOpen = true;
      setImmediate(() => {
        isOpen = false;
      });
      rounds.at(-1)?.push(call);
      return undefined;
    };
    for (const name of [
      "getUser",
      "listAccessKeys",
      "writeJournal",
      "createAccessKey",
      "deleteAccessKey",
      "tryKey",
    ] as const) {
      const call = (stage.iam[name] as (...given: unknown[]) => Promise<unknown>).bind(stage.iam);
      const late = async (...given: unknown[]) => {
        const answer = call(...given);
        await new Promise((resolve) => setTimeout(resolve, 2));
        return answer;
      };
      Object.assign(stage.iam, { [name]: late });
    }
    await stage.up(two, { userArn, rotationTrigger: 3 });
    assert.equal(rounds.length, 6, JSON.stringify(rounds));
  });

  it("a second look for an unknown key less than a minute old, and for no older one", async () => {
    for (const [age, looks] of [
      [59_000, 2],
      [63_000, 1],
    ] as const) {
      const stage = new Stage();
      stage.iam.slots = 3;
      const one = await stage.create({ userArn, rotationTrigger: 1 });
      stage.clock.time += HOUR;
      stage.iam.addKey();
      stage.clock.time += age;
      stage.iam.calls = [];
      const waited = stage.clock.time;
      await stage.up(one, { userArn, rotationTrigger: 2 });
      assert.equal(stage.clock.time - waited >= 8_000, looks === 2, String(age));
    }
  });

  it("that of the stack's configuration only what is named is read", async () => {
    const asked = new Set<string>();
    const config = {
      get: (key: string) => {
        asked.add(key);
        return undefined;
      },
    };
    const stage = new Stage();
    stage.provider = new ProviderAsStored({
      connect: () => stage.iam,
      clock: stage.clock,
      patience: PATIENCE,
      engine: stage.engine,
      env: {},
      say: () => {},
    });
    await stage.provider.configure({ config } as never);
    await stage.provider.check({}, { userArn });
    stackSettings(config).get("region");
    assert.ok(asked.has("pulumi:disable-default-providers"));
    assert.deepEqual(
      [...asked].filter((key) => !/^aws:\w+$/.test(key) && key !== "pulumi:disable-default-providers"),
      [],
    );
    // And no source asks for it in another way.
    for (const name of modules().filter((at) => /^(lifecycle|dynamic|aws)\//.test(at))) {
      const source = readFileSync(join(ROOT, `provider/${name}.ts`), "utf8");
      for (const [, key] of source.matchAll(/[cC]onfig\??\.get\(([^)]*)\)/g)) {
        assert.match(key ?? "", /^`aws:\$\{name\}`$|^"pulumi:disable-default-providers"$|^key$/, name);
      }
    }
  });

  it("that it writes no files", () => {
    for (const name of modules()) {
      const source = readFileSync(join(ROOT, `provider/${name}.ts`), "utf8");
      const imported = [...source.matchAll(/import \{([^}]*)\} from "(?:node:)?fs(?:\/promises)?"/g)];
      assert.deepEqual(
        imported
          .flatMap(([, names = ""]) => names.split(",").map((at) => at.trim()))
          .filter((at) => at !== "readFileSync"),
        [],
        name,
      );
      assert.equal((source.match(/["'](?:node:)?fs(?:\/promises)?["']/g) ?? []).length, imported.length, name);
    }
  });

  it("the user agent that CloudTrail shows, and what is added to it", async () => {
    const [, agent = "", version = ""] = /`(aws-sdk-js\/3)… (pulumi-aws-iam-rotator\/0)…`/.exec(PAGE) ?? [];
    const [, setting = "", id = "", added = ""] = /`(AWS_SDK_UA_APP_ID)=([\w-]+)` adds `([^`]+)`/.exec(PAGE) ?? [];
    const upstream = await startFakeIam();
    try {
      const user = { partition: "aws", accountId: "123456789012", userName: "ci" };
      const login = { accessKeyId: "AKIAUSERAGENT0000001", secretAccessKey: "of a login" };
      const connection = { iamEndpoint: upstream.url, stsEndpoint: upstream.url };
      process.env[setting] = id;
      await connect(user, "us-east-1", { credentials: { login }, connection }).getUser();
      const sent = String(upstream.requests.at(-1)?.headers["user-agent"]);
      assert.ok(agent && sent.includes(`${agent}.`), sent);
      assert.ok(version && sent.includes(`${version}.`), sent);
      assert.ok(added && sent.includes(added), sent);
    } finally {
      delete process.env[setting];
      await upstream.stop();
    }
  });

  it("that a key is there for two periods at most; with lastUsedGuard for as long as somebody uses it, until a revocation", async () => {
    for (const lastUsedGuard of [undefined, "2d"]) {
      const stage = new Stage();
      const inputs: Props = { userArn, rotateEvery: "30d", ...(lastUsedGuard && { lastUsedGuard }) };
      let state = await stage.create(inputs);
      const [stolen = ""] = stage.iam.ids();
      const began = stage.clock.time;
      while (stage.clock.time - began < 90 * DAY) {
        stage.clock.time += DAY;
        const at = new Date(stage.clock.time - HOUR).toISOString();
        stage.iam.used.set(stolen, { at, service: "s3", region: "us-east-1" });
        state = await stage.up(state, inputs);
        const days = (stage.clock.time - began) / DAY;
        if (!lastUsedGuard) assert.equal(stage.iam.ids().includes(stolen), days < 60, String(days));
      }
      assert.equal(stage.iam.ids().includes(stolen), lastUsedGuard !== undefined);
      await stage.up(state, { ...inputs, revocationTrigger: "leak" });
      assert.ok(!stage.iam.ids().includes(stolen));
    }
  });

  it("that a forged tag ends the one key that it names, if the state does not know it, and never current or previous", async () => {
    const stage = new Stage();
    stage.iam.slots = 3;
    const one = await stage.create({ userArn, rotationTrigger: 1 });
    const two = await stage.up(one, { userArn, rotationTrigger: 2 });
    const { accessKeyId: other } = stage.iam.addKey();
    stage.clock.time += HOUR;
    const genuine = parseJournal(stage.iam.journal) ?? assert.fail("no journal");
    const forged = (made: string) =>
      formatJournal({
        ...genuine,
        phase: "open",
        operationId: `${genuine.operationId.split("-")[0]}-f`,
        strangers: [],
        made,
      });
    for (const made of [two.currentAccessKeyId, two.previousAccessKeyId] as string[]) {
      stage.iam.journal = forged(made);
      const blocked = await stage.up(two, { userArn, rotationTrigger: 3 });
      assert.match(JSON.stringify(blocked.pending), /Nothing was changed.*"blocked":true/);
      assert.deepEqual(stage.iam.ids(), [two.previousAccessKeyId, two.currentAccessKeyId, other]);
    }
    stage.iam.journal = forged(other);
    const three = await stage.up(two, { userArn, rotationTrigger: 3 });
    assert.deepEqual(stage.iam.ids(), [two.currentAccessKeyId, three.currentAccessKeyId]);
  });
});

describe("docs/how-it-works.md, of the plugin's state", () => {
  it("names every property that lies there, and those that are plain text", async () => {
    const page = section(readFileSync(join(ROOT, "docs/how-it-works.md"), "utf8"), "What is stored where");
    const [fields = []] = tables(page);
    const codes = (text = "") => [...text.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
    const named = fields.flatMap(([names]) => codes(names));
    const encrypted = fields.filter(([, how]) => how === "encrypted").flatMap(([names]) => codes(names));
    const stage = new Stage();
    const keys = new AccessKeyMount({
      connect: () => stage.iam,
      clock: stage.clock,
      patience: PATIENCE,
      engine: stage.engine,
      env: {},
      say: () => {},
    });
    const login = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "of the login" };
    const given = { userArn, rotateEvery: "90d", gracePeriod: "7d", rotationTrigger: 1, login };
    const { outputs } = await keys.create(given, false);
    const updated = await keys.update(outputs, { ...given, rotationTrigger: 2 }, false);
    for (const state of [outputs, updated]) {
      assert.deepEqual(
        Object.keys(state).filter((name) => !named.includes(name)),
        [],
      );
      assert.ok(!("__provider" in state));
      const secret = Object.keys(state).filter((name) => isSecret(state[name]));
      assert.deepEqual(
        secret.filter((name) => !encrypted.includes(name)),
        [],
      );
      assert.ok(["current", "previous", "login"].every((name) => secret.includes(name)));
    }
  });
});

describe("docs/limits.md promises", () => {
  it("that after an interrupted destroy an up alone notices nothing, and a refresh and an up make it good", async () => {
    const stage = new Stage();
    const inputs = { userArn, rotationTrigger: 2 };
    const two = await stage.up(await stage.create({ userArn, rotationTrigger: 1 }), inputs);
    await stage.killedAfter("DeleteAccessKey", () => stage.provider.delete("id", two), 2);
    assert.deepEqual(stage.iam.ids(), []);
    stage.iam.calls = [];
    assert.equal(await stage.up(two, inputs), two);
    assert.deepEqual(stage.iam.calls, []);
    const { props } = await stage.provider.read("id", two);
    const good = await stage.up(props as Props, inputs);
    assert.deepEqual(stage.iam.ids(), [good.currentAccessKeyId]);
  });

  for (const [begins, turns, left] of [
    ["at once, both give way", 0, 0],
    ["a moment later, it is refused", 21, 1],
  ] as const) {
    it(`that of two first runs on one user no key is deleted that was handed out: where the second begins ${begins}`, async () => {
      const stage = new Stage();
      const first = stage.newProcess().create({ userArn, journalOwner: "one" });
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      const second = stage.newProcess().create({ userArn, journalOwner: "two" });
      const runs = await Promise.allSettled([first, second]);
      const kept = runs.flatMap((run) =>
        run.status === "fulfilled" ? [(run.value.outs as Props).currentAccessKeyId] : [],
      );
      assert.equal(kept.length, left);
      assert.deepEqual(stage.iam.ids(), kept);
      for (const run of runs.filter((at) => at.status === "rejected"))
        assert.match(run.reason.message, /while this run was at work|another resource is at work/);
      // What is to do then.
      if (left === 0) await stage.newProcess().create({ userArn, journalOwner: "two" });
      assert.equal(stage.iam.ids().length, 1);
    });
  }
});

describe("docs/leaks.md promises", () => {
  it("what adding, changing, removing and putting back revocationTrigger does", async () => {
    const revokes = async (...values: [revocationTrigger: string | undefined, rotationTrigger: number][]) => {
      const stage = new Stage();
      let state = await stage.create({ userArn, rotationTrigger: 1 });
      let isRevoked = false;
      for (const [revocationTrigger, rotationTrigger] of values) {
        const before = stage.iam.ids();
        state = await stage.up(state, { userArn, rotationTrigger, ...(revocationTrigger && { revocationTrigger }) });
        isRevoked = !stage.iam.ids().includes(before.at(-1) ?? "");
      }
      return isRevoked;
    };
    assert.ok(await revokes(["INC-1", 1]));
    assert.ok(await revokes(["INC-1", 1], ["INC-2", 1]));
    assert.ok(await revokes(["INC-1", 1], ["INC-2", 1], ["INC-1", 1]), "every change");
    assert.ok(!(await revokes(["INC-1", 1], [undefined, 1])));
    assert.ok(!(await revokes(["INC-1", 1], [undefined, 1], ["INC-1", 1])));
    assert.ok(!(await revokes(["INC-1", 1], [undefined, 1], [undefined, 2], ["INC-1", 2])), "an update in between");
    assert.ok(await revokes(["INC-1", 1], [undefined, 1], ["INC-2", 1]), "another value");
  });
});

describe("docs/credentials.md promises", () => {
  it("who signs a destroy where AWS no longer accepts what is recorded: the stack's configuration, or the chain if it names nobody", async () => {
    for (const configured of [{}, { "aws:accessKey": "AKIACONFIG0000000000", "aws:secretKey": "of the stack" }]) {
      const stage = new Stage();
      const login = { accessKeyId: "AKIARECORDED00000000", secretAccessKey: "gone" };
      const outs = await stage.create({ userArn, login });
      const get = (key: string) => (configured as Record<string, string>)[key];
      await stage.provider.configure({ config: { get } } as never);
      stage.iam.getUser = async () => {
        throw new IamError("credentials", "iam:GetUser", "InvalidClientTokenId", "not valid");
      };
      stage.sources = [];
      await assert.rejects(stage.provider.delete("id", outs));
      const next = get("aws:accessKey");
      assert.deepEqual(
        stage.sources.map((source) => source.login?.accessKeyId),
        [login.accessKeyId, next],
      );
    }
  });

  it("that a region of the settings is ignored if it is in another partition than the user, and the input is refused", async () => {
    for (const [configured, used] of [
      ["eu-west-1", "eu-west-1"],
      ["cn-north-1", "us-east-1"],
    ]) {
      const stage = new Stage();
      const regions: string[] = [];
      const connect = (_user: unknown, region: string) => {
        regions.push(region);
        return stage.iam;
      };
      const { clock, engine } = stage;
      stage.provider = new ProviderAsStored({ connect, clock, engine, patience: PATIENCE, env: {}, say: () => {} });
      const get = (key: string) => (key === "aws:region" ? configured : undefined);
      await stage.provider.configure({ config: { get } } as never);
      assert.deepEqual((await stage.provider.check({}, { userArn })).failures ?? [], []);
      await stage.create();
      assert.deepEqual(regions, [used]);
    }
    const { failures = [] } = await new Stage().provider.check({}, { userArn, region: "cn-north-1" });
    assert.match(failures[0]?.reason ?? "", /lies in the partition aws-cn/);
  });

  it("that pulumi:disable-default-providers counts with `aws` and with `*`", async () => {
    for (const [value, isRefused] of [
      ['["aws"]', true],
      ['["*"]', true],
      ['["kubernetes"]', false],
    ] as const) {
      const stage = new Stage();
      const get = (key: string) => (key === "pulumi:disable-default-providers" ? value : undefined);
      await stage.provider.configure({ config: { get } } as never);
      const { failures = [] } = await stage.provider.check({}, { userArn });
      assert.equal(failures.length > 0, isRefused, value);
    }
  });
});

describe("docs/schedules.md promises", () => {
  it("that an up with nothing due asks AWS nothing, unless a deactivated previous was activated again", async () => {
    const stage = new Stage();
    const inputs = { userArn, rotationTrigger: 2, gracePeriod: "1d", deactivatePeriod: "30d" };
    const quiet = async (state: Props) => {
      stage.iam.calls = [];
      const after = await stage.up(state, inputs);
      return { after, calls: stage.iam.calls.length };
    };
    const two = await stage.up(await stage.create({ ...inputs, rotationTrigger: 1 }), inputs);
    assert.equal((await quiet(two)).calls, 0, "in its grace period");
    stage.clock.time += 2 * DAY;
    const deactivated = await stage.up(two, inputs);
    assert.equal((await quiet(deactivated)).calls, 0, "deactivated");
    for (const key of stage.iam.keys) key.status = "Active";
    stage.clock.time += HOUR;
    const { props } = await stage.provider.read("id", deactivated);
    const first = await stage.up(props as Props, inputs);
    const { after, calls } = await quiet(first);
    assert.ok(calls > 0, "only AWS can tell when that is over");
    assert.equal(after.previousAccessKeyId, two.previousAccessKeyId);
  });

  it("that nothing but a revocation or a destroy deletes a key that was activated again", async () => {
    for (const ends of ["rotation", "period", "revocation", "destroy"]) {
      const stage = new Stage();
      const inputs = { userArn, rotationTrigger: 2, gracePeriod: "1d", deactivatePeriod: "5d" };
      const two = await stage.up(await stage.create({ ...inputs, rotationTrigger: 1 }), inputs);
      stage.clock.time += 2 * DAY;
      const deactivated = await stage.up(two, inputs);
      for (const key of stage.iam.keys) key.status = "Active";
      stage.clock.time += 10 * DAY;
      if (ends === "destroy") await stage.provider.delete("id", deactivated);
      else {
        const activatedAgain = await stage.up(deactivated, inputs);
        if (ends === "rotation") await stage.up(activatedAgain, { ...inputs, rotationTrigger: 3 });
        if (ends === "revocation") await stage.up(activatedAgain, { ...inputs, revocationTrigger: 1 });
      }
      const isThere = stage.iam.ids().includes(String(two.previousAccessKeyId));
      assert.equal(isThere, ends === "rotation" || ends === "period", ends);
    }
  });
});

describe("docs/credentials.md, of the metadata service of an instance", () => {
  const ours: Record<string, string> = { AWS_SHARED_CREDENTIALS_FILE: "/nowhere", AWS_CONFIG_FILE: "/nowhere" };
  const kept = { ...process.env };
  let server: http.Server;
  let asked = 0;
  before(async () => {
    server = http.createServer(({ url = "" }, res) => {
      asked += 1;
      const keys = { AccessKeyId: "ASIAINSTANCE00000000", SecretAccessKey: "of the role", Token: "t" };
      const role = { Code: "Success", Expiration: "2999-01-01T00:00:00Z", ...keys };
      res.end(url.endsWith("token") ? "token" : url.endsWith("/role") ? JSON.stringify(role) : "role");
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) delete process.env[name];
    ours.AWS_EC2_METADATA_SERVICE_ENDPOINT = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    Object.assign(process.env, ours);
  });
  after(() => {
    for (const name of [...Object.keys(ours), "AWS_EC2_METADATA_DISABLED"]) delete process.env[name];
    Object.assign(process.env, kept);
    server.close();
  });

  /** Each its own clients, which are kept by what they were made of. */
  async function signer(stsRegion: string): Promise<string | undefined> {
    const get = (name: string) => (name === "skipMetadataApiCheck" ? "true" : undefined);
    const settings = { get, source: (name: string) => name };
    const access = { credentials: credentialSource(undefined, settings), connection: { stsRegion } };
    return connect({ partition: "aws", accountId: "123456789012", userName: "ci" }, "us-east-1", access).signer();
  }

  it("skipMetadataApiCheck does not exclude it", async () => {
    assert.equal(await signer("eu-west-1"), "ASIAINSTANCE00000000");
    assert.ok(asked > 0);
  });

  it("AWS_EC2_METADATA_DISABLED does", async () => {
    asked = 0;
    process.env.AWS_EC2_METADATA_DISABLED = "true";
    await assert.rejects(signer("eu-west-2"), IamError);
    assert.equal(asked, 0);
  });
});
