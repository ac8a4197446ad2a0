import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { PATIENCE } from "../../provider/act/dependencies";
import { credentialSource } from "../../provider/aws/credentials";
import { connect } from "../../provider/aws/iam";
import { IamError } from "../../provider/model/errors";
import { formatJournal, parseJournal } from "../../provider/model/journal";
import { ProviderAsStored } from "../harness/aws/asStored";
import { startFakeIam } from "../harness/aws/proxyFakeIam";
import { modules, ROOT } from "../harness/dist";
import { type Props, Stage, userArn } from "../harness/stage";

// What pages promise of behaviour, and no other test holds.

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const source = (module: string) => readFileSync(join(ROOT, `provider/${module}.ts`), "utf8");
const USER = { partition: "aws", accountId: "123456789012", userName: "ci" };

/** Two keys, by the triggers 1 and 2. */
async function twoKeys(stage: Stage, inputs: Props = { userArn }): Promise<Props> {
  const one = await stage.create({ ...inputs, rotationTrigger: 1 });
  return stage.up(one, { ...inputs, rotationTrigger: 2 });
}

describe("docs/how-it-works.md promises", () => {
  it("that a rotation with two keys waits six times for AWS", async () => {
    const stage = new Stage();
    const two = await twoKeys(stage);
    // What is sent before any answer comes is sent in parallel.
    let rounds = 0;
    let isOpen = false;
    const { iam } = stage;
    stage.iam = new Proxy(iam, {
      get: (_, name: keyof typeof iam) => {
        const part = iam[name];
        if (typeof part !== "function") return part;
        const call = (part as (...given: unknown[]) => unknown).bind(iam);
        if (name === "time" || name === "signer") return call;
        return async (...given: unknown[]) => {
          if (!isOpen) rounds++;
          isOpen = true;
          setImmediate(() => {
            isOpen = false;
          });
          const answer = call(...given);
          await new Promise((resolve) => setTimeout(resolve, 2));
          return answer;
        };
      },
    });
    await stage.up(two, { userArn, rotationTrigger: 3 });
    assert.equal(rounds, 6, iam.calls.join());
  });

  it("that of the stack's configuration only what is named is read", async () => {
    const asked = new Set<string>();
    const stage = new Stage();
    await stage.provider.configure({ config: { get: (key: string) => void asked.add(key) } } as never);
    await stage.provider.check({}, { userArn });
    await stage.create();
    assert.ok(asked.has("pulumi:disable-default-providers"));
    const named = /^aws:\w+$|^pulumi:disable-default-providers$/;
    assert.deepEqual(
      [...asked].filter((key) => !named.test(key)),
      [],
    );
    // And no source asks for it in another way.
    for (const name of modules().filter((at) => /^(lifecycle|dynamic|aws)\//.test(at))) {
      for (const [, key = ""] of source(name).matchAll(/[cC]onfig\??\.get\(([^)]*)\)/g)) {
        assert.match(key, /^`aws:\$\{name\}`$|^"pulumi:disable-default-providers"$|^key$/, name);
      }
    }
  });

  it("that it writes no files", () => {
    for (const name of modules()) {
      const uses = source(name).match(/.*["'](?:node:)?fs(?:\/promises)?["']/g) ?? [];
      for (const use of uses) assert.match(use, /^import \{ readFileSync \} from /, name);
    }
  });

  it("the user agent that CloudTrail shows, and what is added to it", async () => {
    const page = readFileSync(join(ROOT, "docs/how-it-works.md"), "utf8");
    const [, agent = "", version = ""] = /`(aws-sdk-js\/3)… (pulumi-aws-iam-rotator\/0)…`/.exec(page) ?? [];
    const [, setting = "", id = "", added = ""] = /`(AWS_SDK_UA_APP_ID)=([\w-]+)` adds `([^`]+)`/.exec(page) ?? [];
    const upstream = await startFakeIam();
    try {
      const login = { accessKeyId: "AKIAUSERAGENT0000001", secretAccessKey: "of a login" };
      const connection = { iamEndpoint: upstream.url, stsEndpoint: upstream.url };
      process.env[setting] = id;
      await connect(USER, "us-east-1", { credentials: { login }, connection }).getUser();
      const sent = String(upstream.requests.at(-1)?.headers["user-agent"]);
      for (const part of [`${agent}.`, `${version}.`, added]) assert.ok(part.length > 1 && sent.includes(part), sent);
    } finally {
      delete process.env[setting];
      await upstream.stop();
    }
  });

  for (const guard of [{}, { lastUsedGuard: "2d" }]) {
    it(`that a stolen key is there ${"lastUsedGuard" in guard ? "for as long as somebody uses it, until a revocation" : "for two periods at most"}`, async () => {
      const stage = new Stage();
      const inputs: Props = { userArn, rotateEvery: "30d", ...guard };
      let state = await stage.create(inputs);
      const [stolen = ""] = stage.iam.ids();
      for (let day = 1; day <= 90; day++) {
        stage.clock.time += DAY;
        const at = new Date(stage.clock.time - HOUR).toISOString();
        stage.iam.used.set(stolen, { at, service: "s3", region: "us-east-1" });
        state = await stage.up(state, inputs);
        assert.equal(stage.iam.ids().includes(stolen), "lastUsedGuard" in guard || day < 60, String(day));
      }
      await stage.up(state, { ...inputs, revocationTrigger: "leak" });
      assert.ok(!stage.iam.ids().includes(stolen));
    });
  }

  it("that a forged tag ends the one key that it names, if the state does not know it, and never current or previous", async () => {
    const stage = new Stage();
    stage.iam.slots = 3;
    const two = await twoKeys(stage);
    const { accessKeyId: other } = stage.iam.addKey();
    stage.clock.time += HOUR;
    const genuine = parseJournal(stage.iam.journal) ?? assert.fail("no journal");
    const operationId = `${genuine.operationId.split("-")[0]}-f`;
    const forge = (made: string) => {
      stage.iam.journal = formatJournal({ ...genuine, phase: "open", operationId, strangers: [], made });
    };
    for (const made of [two.currentAccessKeyId, two.previousAccessKeyId] as string[]) {
      forge(made);
      const blocked = await stage.up(two, { userArn, rotationTrigger: 3 });
      assert.match(JSON.stringify(blocked.pending), /"blocked":true/);
      assert.deepEqual(stage.iam.ids(), [two.previousAccessKeyId, two.currentAccessKeyId, other]);
    }
    forge(other);
    const three = await stage.up(two, { userArn, rotationTrigger: 3 });
    assert.deepEqual(stage.iam.ids(), [two.currentAccessKeyId, three.currentAccessKeyId]);
  });
});

describe("docs/limits.md promises", () => {
  it("that after an interrupted destroy an up alone notices nothing, and a refresh and an up make it good", async () => {
    const stage = new Stage();
    const inputs = { userArn, rotationTrigger: 2 };
    const two = await twoKeys(stage);
    await stage.killedAfter("DeleteAccessKey", () => stage.provider.delete("id", two), 2);
    stage.iam.calls = [];
    assert.deepEqual([await stage.up(two, inputs), stage.iam.calls, stage.iam.ids()], [two, [], []]);
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
      const kept = runs.flatMap((run) => (run.status === "fulfilled" ? [run.value.outs as Props] : []));
      assert.equal(kept.length, left);
      assert.deepEqual(
        stage.iam.ids(),
        kept.map((outs) => outs.currentAccessKeyId),
      );
      // What is to do then.
      if (left === 0) await stage.newProcess().create({ userArn, journalOwner: "two" });
      assert.equal(stage.iam.ids().length, 1);
    });
  }
});

describe("docs/leaks.md promises, of revocationTrigger", () => {
  // What one change does is in revocation.test.ts.
  for (const [title, values, revokes] of [
    ["changed, and back: every change counts", ["INC-1", "INC-2", "INC-1"], true],
    ["taken out and put back, with an update in between: nothing", ["INC-1", "", "", "INC-1"], false],
    ["taken out, and another value put in: it counts", ["INC-1", "", "INC-2"], true],
  ] as const) {
    it(title, async () => {
      const stage = new Stage();
      let state = await stage.create({ userArn });
      let before: string[] = [];
      for (const [at, revocationTrigger] of values.entries()) {
        before = stage.iam.ids();
        const rotationTrigger = Math.min(at, 2);
        state = await stage.up(state, { userArn, rotationTrigger, ...(revocationTrigger && { revocationTrigger }) });
      }
      assert.equal(!stage.iam.ids().includes(before.at(-1) ?? ""), revokes);
    });
  }
});

describe("docs/credentials.md promises", () => {
  it("that a region of the settings is ignored if it is in another partition than the user, and the input is refused", async () => {
    for (const [configured, used] of [
      ["eu-west-1", "eu-west-1"],
      ["cn-north-1", "us-east-1"],
    ]) {
      const stage = new Stage();
      const regions: string[] = [];
      const { clock, engine, iam } = stage;
      const connect = (_user: unknown, region: string) => {
        regions.push(region);
        return iam;
      };
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

  it("that AWS_EC2_METADATA_DISABLED excludes an instance's metadata service, and skipMetadataApiCheck does not", async () => {
    let asked = 0;
    const server = http.createServer(({ url = "" }, res) => {
      asked += 1;
      const keys = { AccessKeyId: "ASIAINSTANCE00000000", SecretAccessKey: "of the role", Token: "t" };
      const role = { Code: "Success", Expiration: "2999-01-01T00:00:00Z", ...keys };
      res.end(url.endsWith("token") ? "token" : url.endsWith("/role") ? JSON.stringify(role) : "role");
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const kept = { ...process.env };
    for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) delete process.env[name];
    const AWS_EC2_METADATA_SERVICE_ENDPOINT = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const none = { AWS_SHARED_CREDENTIALS_FILE: "/nowhere", AWS_CONFIG_FILE: "/nowhere" };
    Object.assign(process.env, { ...none, AWS_EC2_METADATA_SERVICE_ENDPOINT });
    const get = (name: string) => (name === "skipMetadataApiCheck" ? "true" : undefined);
    const credentials = credentialSource(undefined, { get, source: (name: string) => name });
    /** Each its own clients, which are kept by what they were made of. */
    const signer = (stsRegion: string) =>
      connect(USER, "us-east-1", { credentials, connection: { stsRegion } }).signer();
    try {
      assert.equal(await signer("eu-west-1"), "ASIAINSTANCE00000000");
      assert.ok(asked > 0);
      asked = 0;
      process.env.AWS_EC2_METADATA_DISABLED = "true";
      await assert.rejects(signer("eu-west-2"), IamError);
      assert.equal(asked, 0);
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in kept)) delete process.env[name];
      Object.assign(process.env, kept);
      server.close();
    }
  });
});
