import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { deleteKey } from "../../provider/act/createKey";
import { PATIENCE, type Ports } from "../../provider/act/dependencies";
import { readDrift } from "../../provider/act/drift";
import { type Runner, thisProcess } from "../../provider/act/engine";
import { observe, observeUser } from "../../provider/act/observe";
import { HalfDone, retire, rotate } from "../../provider/act/rotate";
import { connect } from "../../provider/aws/iam";
import { toIamError } from "../../provider/aws/iamErrors";
import { type Inputs, UNKNOWN } from "../../provider/decide/inputs";
import { wishFor } from "../../provider/decide/intent";
import type { Wish } from "../../provider/decide/plan";
import { PartialFailure } from "../../provider/dynamic/partialFailure";
import { AccessKeyProvider } from "../../provider/dynamic/provider";
import { halfDone, ownersOf, pickInputs } from "../../provider/lifecycle/state";
import { IamError } from "../../provider/model/errors";
import { formatJournal, type Journal, parseJournal } from "../../provider/model/journal";
import { type ManagedKeys, managedIds, managedKeys } from "../../provider/model/managedKeys";
import { FakeClock, MemoryIam, type MemoryKey } from "../support/memoryIam";

// One test, at least, for each rule of ../safety-rules.md that no other test holds by name.

const userArn = "arn:aws:iam::123456789012:user/ci/deployer";
const MINUTE = 60_000;
const denied = (action: string) => new IamError("denied", `iam:${action}`, "AccessDenied", "not authorized");

const dead: Journal = {
  phase: "open",
  kind: "rotate",
  at: "2026-11-01T00:00:00Z",
  owner: "me",
  operationId: "first-died",
  runner: "machine.7",
  had: ["AKIAHAD"],
};

describe("the process that runs an operation", () => {
  const { id, isRunning } = thisProcess(undefined);
  const [machine] = id.split(".");
  const by = (runner: string) => isRunning({ ...dead, runner });

  it("is known to live or to be dead on this machine, and unknown on another", () => {
    assert.equal(by(`${machine}.${process.ppid}`), true);
    assert.equal(by(`${machine}.4194304`), false, "Linux gives no such process id");
    assert.equal(by(`another.${process.ppid}`), undefined);
    assert.equal(by("another.4194304"), undefined);
  });

  it("is not the one that asks, which has not begun", () => assert.equal(by(id), false));

  it("of another user is alive", () => {
    const { kill } = process;
    process.kill = () => {
      throw Object.assign(new Error("not yours"), { code: "EPERM" });
    };
    try {
      assert.equal(by(`${machine}.${process.ppid}`), true);
    } finally {
      process.kill = kill;
    }
  });

  it("ends itself when its engine is gone, and not before", async () => {
    const server = createServer();
    await once(server.listen(0, "127.0.0.1").unref(), "listening");
    const { isAbandoned } = thisProcess(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    const { exit } = process;
    let code: unknown = "not ended";
    process.exit = ((at: unknown) => {
      code = at;
    }) as typeof exit;
    try {
      assert.equal(await isAbandoned(), false);
      assert.equal(code, "not ended");
      await once(server.close(), "close");
      await isAbandoned();
      assert.equal(code, 1);
    } finally {
      process.exit = exit;
    }
  });
});

describe("an answer of AWS without content", () => {
  const endpoint = process.env.AWS_ENDPOINT_URL;
  const server = http.createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const result = `${/Action=(\w+)/.exec(body)?.[1]}Result`;
    response.end(`<R><${result}><User><Arn>${userArn}</Arn></User><IsTruncated>false</IsTruncated></${result}></R>`);
  });
  before(async () => {
    await once(server.listen(0, "127.0.0.1"), "listening");
    process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    if (endpoint === undefined) delete process.env.AWS_ENDPOINT_URL;
    else process.env.AWS_ENDPOINT_URL = endpoint;
    server.close();
    server.closeAllConnections();
  });

  it("says nothing: not that there are no keys, nor who anybody is, nor that a key works", async () => {
    const login = { accessKeyId: "AKIASAFETY0000000001", secretAccessKey: "secret of the login" };
    const user = { partition: "aws", accountId: "123456789012", userName: "ci" };
    const iam = connect(user, "us-east-1", { credentials: { login }, connection: {} });
    await assert.rejects(iam.getUser(), { kind: "doubtful" });
    await assert.rejects(iam.listAccessKeys(), { kind: "doubtful" });
    await assert.rejects(iam.callerAccount(), { kind: "doubtful" });
    assert.equal((await iam.tryKey(login)).accepted, false);
  });
});

it("of what AWS quotes on a wrong signature the first line is kept, and no session token", () => {
  const quoted = "The signature does not match x-amz-security-token:TOKEN\n\n'POST\nx-amz-security-token:TOKEN'";
  const error = Object.assign(new Error(quoted), { name: "SignatureDoesNotMatch", $metadata: { httpStatusCode: 403 } });
  assert.equal(toIamError("iam:GetUser", error).message.trim(), "The signature does not match");
});

/** A user in memory, and what is recorded of it. */
class Scene {
  clock = new FakeClock();
  iam = new MemoryIam(this.clock, userArn);
  said: string[] = [];
  recorded: ManagedKeys | undefined;
  runner: Runner = {
    id: "machine.1",
    newId: () => `op${++this.operations}`,
    isRunning: () => false,
    isAbandoned: async () => false,
  };
  operations = 0;

  get ports(): Ports {
    const { iam, clock, runner } = this;
    return { iam, clock, runner, patience: PATIENCE, say: (line) => this.said.push(line) };
  }
  async up(wish: Wish = {}): Promise<ManagedKeys> {
    const { recorded } = this;
    this.iam.calls = [];
    this.recorded = await rotate({ userArn, owners: ["me"], wish, ...(recorded && { recorded }) }, this.ports);
    return this.recorded;
  }
  rotate = () => this.up({ rotate: "rotationTrigger changed" });
  async halfDone(run: Promise<unknown>): Promise<HalfDone> {
    const failure = await run.then(
      () => undefined,
      (error) => error,
    );
    assert.ok(failure instanceof HalfDone, `expected to be half done: ${failure}`);
    this.recorded = failure.keys;
    return failure;
  }
  async destroy(): Promise<void> {
    const found = await observeUser(this.iam, userArn, this.clock);
    this.iam.calls = [];
    await retire(found, { userArn, owners: ["me"], recorded: this.recorded ?? managedKeys({}), wish: {} }, this.ports);
  }
  /** Two managed keys. */
  async rotated(): Promise<[current: string, previous: string]> {
    await this.up();
    const { current, previous } = await this.rotate();
    assert.ok(current && previous);
    return [current.accessKeyId, previous.accessKeyId];
  }
  /** What an operation left that died with its key made. */
  died(journal: Partial<Journal> = {}): MemoryKey {
    const at = this.clock.now().toISOString();
    this.iam.journal = formatJournal({ ...dead, at, had: this.iam.ids(), ...journal });
    const key = this.iam.addKey();
    this.clock.time += 20 * MINUTE;
    return key;
  }
  phase(): string | undefined {
    return parseJournal(this.iam.journal)?.phase;
  }
  /** Only the nth call of this kind fails. */
  strike(action: string, nth: number, fault: ReturnType<MemoryIam["fault"]>): void {
    let seen = 0;
    this.iam.fault = (call) => (call.startsWith(action) && ++seen === nth ? fault : undefined);
  }
}

describe("safety", () => {
  let scene: Scene;
  let iam: MemoryIam;
  beforeEach(() => {
    scene = new Scene();
    iam = scene.iam;
  });
  const changes = () => iam.calls.filter((call) => /^(Delete|Create|Tag)/.test(call));

  it("a lost key goes before the journal of the operation that lost it, and only after a second look", async () => {
    await scene.up();
    const lost = scene.died();
    const { current } = await scene.rotate();
    const looks = ["GetUser", "ListAccessKeys"];
    assert.deepEqual(iam.calls, [
      ...looks,
      ...looks,
      `DeleteAccessKey ${lost.accessKeyId}`,
      "TagUser open",
      "CreateAccessKey",
      `GetCallerIdentity ${current?.accessKeyId}`,
      "TagUser done",
    ]);
  });

  it("a stale journal costs no live key", async () => {
    await scene.up();
    const live = scene.died({ phase: "done" });
    const getUser = iam.getUser.bind(iam);
    let looks = 0;
    iam.getUser = async () => {
      const user = await getUser();
      const journal = parseJournal(user.journal);
      return looks++ > 0 || !journal ? user : { ...user, journal: formatJournal({ ...journal, phase: "open" }) ?? "" };
    };
    await assert.rejects(scene.rotate(), /was made and handed out .*It may be in use/);
    assert.deepEqual(changes(), []);
    assert.ok(iam.ids().includes(live.accessKeyId));
  });

  it("a stale list takes no key out of the state, in a rotation and in a refresh", async () => {
    const [current, previous] = await scene.rotated();
    const list = iam.listAccessKeys.bind(iam);
    let looks = 0;
    // Each look shows one key more: as long as two do not agree, it is looked again.
    iam.listAccessKeys = async () => (await list()).slice(0, looks++);
    assert.deepEqual(managedIds(await scene.up()), [current, previous]);
    assert.deepEqual(changes(), []);
    looks = 0;
    iam.listAccessKeys = async () => (looks++ > 0 ? list() : []);
    const { keys, drift } = await readDrift(userArn, scene.recorded ?? managedKeys({}), scene.ports);
    assert.deepEqual([managedIds(keys), drift], [[current, previous], {}]);
  });

  it("a run without a plan changes nothing: it reads, and that is all", async () => {
    await scene.rotated();
    await scene.up();
    assert.deepEqual(iam.calls, ["GetUser", "ListAccessKeys"]);
  });

  it("every refusal comes before the first change", async () => {
    await scene.rotated();
    const { journal } = iam;
    const refusals: [Partial<Journal>, RegExp][] = [
      [{ owner: "you" }, /another stack, or a resource of another name/],
      [{ phase: "done" }, /was made and handed out/],
    ];
    iam.slots = 9;
    for (const [left, message] of refusals) {
      const key = scene.died(left);
      await assert.rejects(scene.rotate(), message);
      assert.deepEqual(changes(), []);
      iam.keys = iam.keys.filter((at) => at !== key);
    }
    scene.died();
    scene.clock.time -= 19 * MINUTE; // it began a minute ago
    scene.runner.isRunning = () => true;
    await assert.rejects(scene.rotate(), /has not ended/);
    assert.deepEqual(changes(), []);
    iam.journal = journal;
    const adopt = { current: { accessKeyId: iam.ids().at(-1) ?? "", secretAccessKey: "WRONG" } };
    const failure = await scene.up({ rotate: "and a rotation", adopt }).catch((error: Error) => error);
    assert.ok(failure instanceof Error);
    assert.match(failure.message, /the secret given for it in `state` is not its own/);
    assert.ok(!failure.message.includes("WRONG"), "no secret is repeated");
    assert.deepEqual(changes(), []);
  });

  it("of two keys that may be lost none is deleted, then or later", async () => {
    iam.slots = 5;
    await scene.up();
    const [one, two] = [scene.died(), iam.addKey()];
    two.createdAt = one.createdAt;
    await assert.rejects(scene.rotate(), /was interrupted, and since then there are/);
    assert.equal(scene.phase(), "void");
    iam.keys = iam.keys.filter((key) => key !== one);
    await scene.rotate();
    assert.ok(iam.ids().includes(two.accessKeyId), "once one is gone, the other is not taken for lost");
  });

  it("a user whose keys the journal can't name is refused before any change", async () => {
    iam.slots = 12;
    for (let made = 0; made < 9; made++) iam.addKey();
    await assert.rejects(scene.up(), /more than the tag on it can name. Nothing was changed/);
    assert.deepEqual(changes(), []);
  });

  it("another owner is left its keys, unless every one of them is adopted", async () => {
    const [one, two] = [iam.addKey(), iam.addKey()];
    iam.journal = formatJournal({ ...dead, phase: "done", owner: "you", had: [] });
    const previous = { accessKeyId: one.accessKeyId };
    await assert.rejects(scene.up({ adopt: { previous } }), /Rotate a user in one place only/);
    const { accessKeyId, secretAccessKey } = two;
    const { current } = await scene.up({ adopt: { previous, current: { accessKeyId, secretAccessKey } } });
    assert.equal(current?.accessKeyId, accessKeyId);
  });

  describe("after a doubtful answer to CreateAccessKey", () => {
    it("the journal stays open while a key may have been made, and the next run discards it", async () => {
      await scene.up();
      let lists = 0;
      iam.fault = (call) => {
        if (call === "ListAccessKeys" && ++lists > 1) return denied("ListAccessKeys");
        return call === "CreateAccessKey" ? "lostReply" : undefined;
      };
      await assert.rejects(scene.rotate(), /gave no clear answer/);
      assert.equal(scene.phase(), "open");
      const [, lost] = iam.ids();
      iam.fault = () => undefined;
      const { current, previous } = await scene.rotate();
      assert.deepEqual(iam.ids(), [previous?.accessKeyId, current?.accessKeyId]);
      assert.ok(lost && !iam.ids().includes(lost));
    });

    it("nothing is deleted once the journal is another operation's", async () => {
      await scene.up();
      const create = iam.createAccessKey.bind(iam);
      iam.createAccessKey = async () => {
        iam.journal = formatJournal({ ...dead, owner: "you", operationId: "rival" });
        return create();
      };
      scene.strike("CreateAccessKey", 1, "lostReply");
      await assert.rejects(scene.rotate(), /Some may be somebody else's/);
      assert.equal(iam.count("DeleteAccessKey"), 0);
    });

    it("a key that is listed late is deleted as well, and whatever that fails with costs no new key", async () => {
      for (const fault of [undefined, denied("DeleteAccessKey")]) {
        scene = new Scene();
        iam = scene.iam;
        iam.slots = 3;
        const list = iam.listAccessKeys.bind(iam);
        let late: string[] = [];
        iam.listAccessKeys = async () => (await list()).filter(({ accessKeyId }) => !late.includes(accessKeyId));
        let creations = 0;
        iam.fault = (call) => {
          if (call.startsWith("DeleteAccessKey")) return fault;
          if (call !== "CreateAccessKey") return undefined;
          if (++creations === 1) {
            late = ["AKIAMEMORY0000000001"];
            return "lostReply";
          }
          late = [];
          return undefined;
        };
        const { current } = await scene.up();
        assert.ok(current);
        const left = fault ? ["AKIAMEMORY0000000001"] : [];
        assert.deepEqual(iam.ids(), [...left, current.accessKeyId]);
      }
    });

    it("it is tried three times and no more, and the doubt is what is told", async () => {
      iam.fault = (call) => (call === "CreateAccessKey" ? "before" : undefined);
      await assert.rejects(scene.up(), /CreateAccessKey failed with ECONNRESET.* gave no clear answer/);
      assert.equal(iam.count("CreateAccessKey"), 3);
    });
  });

  it("a new key is kept, whatever trying it fails with", async () => {
    iam.tryKey = async () => {
      throw new IamError("unreachable", "sts:GetCallerIdentity", "ENOTFOUND", "no network");
    };
    const { current } = await scene.up();
    assert.deepEqual(iam.ids(), [current?.accessKeyId]);
    assert.match(scene.said.join(), /is made and saved, but AWS did not accept it within 60 s \(ENOTFOUND\)/);
  });

  it("an operation that could not be closed is saved as done, and closed by the next run", async () => {
    const [first] = await scene.rotated();
    scene.strike("TagUser done", 1, denied("TagUser"));
    const { made } = await scene.halfDone(scene.rotate());
    assert.ok(made);
    assert.equal(scene.phase(), "open");
    assert.equal(parseJournal(iam.journal)?.operationId, scene.recorded?.operationId);
    iam.slots = 3;
    const stranger = iam.addKey();
    const { current } = await scene.up();
    assert.deepEqual(changes(), ["TagUser done"]);
    assert.deepEqual(iam.ids(), [first, current?.accessKeyId, stranger.accessKeyId]);
  });

  it("one that failed with nothing made leaves a journal that makes nobody's key ours", async () => {
    iam.slots = 3;
    await scene.up();
    scene.strike("CreateAccessKey", 1, denied("CreateAccessKey"));
    const failure = await scene.rotate().catch((error) => error);
    assert.match(String(failure), /^RotationError: .*Allow iam:CreateAccessKey/);
    const stranger = iam.addKey();
    const { current, previous } = await scene.rotate();
    assert.deepEqual(iam.ids(), [previous?.accessKeyId, stranger.accessKeyId, current?.accessKeyId]);
  });

  it("one that failed half-way has handed out what it made: a lost state does not make it lost", async () => {
    await scene.rotated();
    iam.slots = 3;
    iam.addKey();
    scene.strike("DeleteAccessKey", 2, denied("DeleteAccessKey"));
    scene.recorded = managedKeys({ ...scene.recorded, retired: [iam.ids()[2] ?? ""] });
    await scene.halfDone(scene.rotate());
    assert.equal(scene.phase(), "done");
    const saved = scene.recorded;
    scene.recorded = undefined;
    await assert.rejects(scene.up(), /was made and handed out/);
    // And with that state, a stranger's key is a stranger's.
    scene.recorded = saved;
    iam.slots = 5;
    iam.addKey();
    await scene.up();
  });

  it("a provider whose engine is gone makes no further change, and leaves its journal open", async () => {
    const ids = await scene.rotated();
    scene.runner.isAbandoned = async () => iam.calls.includes("TagUser open");
    await assert.rejects(scene.rotate(), /the Pulumi engine that asked for it is gone/);
    assert.deepEqual(changes(), ["TagUser open"]);
    assert.deepEqual(iam.ids().sort(), [...ids].sort());
    assert.equal(scene.phase(), "open");
  });

  it("a user of that name in another account, or on another path, is refused", async () => {
    for (const arn of ["arn:aws:iam::999999999999:user/ci/deployer", "arn:aws:iam::123456789012:user/other/deployer"]) {
      iam.getUser = async () => ({ userId: "AIDAOTHER", arn });
      await assert.rejects(scene.up(), /belong to account 9{12}|the user of that name is/);
      assert.deepEqual(changes(), []);
      if (arn.includes("999")) await assert.rejects(observe(iam, userArn, scene.clock), /belong to account 9{12}/);
    }
  });

  it("an adoption is told in the journal: another stack is refused, though both know the same key", async () => {
    const { accessKeyId, secretAccessKey } = iam.addKey();
    const adopt = { current: { accessKeyId, secretAccessKey } };
    const ours = await scene.up({ adopt });
    assert.deepEqual(changes(), ["TagUser done"]);
    const theirs = { userArn, owners: ["you"], recorded: { ...ours, operationId: "theirs-saved" }, wish: {} };
    await assert.rejects(rotate({ ...theirs, wish: { rotate: "so" } }, scene.ports), /Rotate a user in one place only/);
  });

  it("an adopted key that AWS does not accept is refused", async () => {
    iam.propagation = 60 * MINUTE;
    const { accessKeyId, secretAccessKey } = iam.addKey();
    await assert.rejects(scene.up({ adopt: { current: { accessKeyId, secretAccessKey } } }), /does not accept it/);
    assert.deepEqual(changes(), []);
  });

  it("a key is adopted once, and not again when it was rotated away", () => {
    const state = { previous: { accessKeyId: "AKIAADOPTED" } };
    const inputs = { userArn, state };
    const wish = (olds: Inputs, news: Inputs) => wishFor({ olds, news }, managedKeys({}), scene.clock.now());
    assert.ok(!("adopt" in wish(inputs, inputs)));
    const later = { userArn, state: { previous: { accessKeyId: UNKNOWN } } };
    assert.ok(!("adopt" in wish({ userArn }, later)), "nor before it is known");
    // What a half-done run did not come to is seen by the next diff.
    assert.ok("adopt" in wish(pickInputs(halfDone({ userArn }, inputs, managedKeys({}), true)), inputs));
  });

  it("a resource that was renamed is still the owner of what it did", () => {
    assert.deepEqual(ownersOf({ userArn, journalOwner: "new" }, { userArn, journalOwner: "old" }), ["new", "old"]);
  });

  it("a key that somebody else deleted meanwhile is deleted", () => deleteKey("AKIAGONE", iam));

  it("a slot that was freed a moment ago is waited for", async () => {
    const [current] = await scene.rotated();
    scene.strike("CreateAccessKey", 1, new IamError("limitExceeded", "iam:CreateAccessKey", "LimitExceeded", "full"));
    assert.equal((await scene.rotate()).previous?.accessKeyId, current);
  });

  it("a key is not made when the operation began long ago: another run might take it for a lost one", async () => {
    const [current] = await scene.rotated();
    // The answer to DeleteAccessKey, between `open` and the creation, takes this long.
    const slow = (minutes: number) => {
      iam.fault = (call) => {
        if (call.startsWith("DeleteAccessKey")) scene.clock.time += minutes * MINUTE;
        return undefined;
      };
    };
    slow(6);
    const { message, keys } = await scene.halfDone(scene.rotate());
    assert.match(message, /took more than 5 minutes.*Run again.*AKIA\w+ is gone/);
    assert.deepEqual(changes().slice(0, 1), ["TagUser open"]);
    assert.deepEqual([iam.count("CreateAccessKey"), scene.phase(), iam.ids()], [0, "done", [current]]);
    assert.equal(keys.current?.accessKeyId, current);
    slow(4);
    const next = await scene.rotate();
    assert.deepEqual([next.previous?.accessKeyId, scene.phase()], [current, "done"]);
    assert.notEqual(next.current?.accessKeyId, current);
  });

  it("a creation that fails half-way is saved, with its key", async () => {
    const { ports } = scene;
    const provider = new AccessKeyProvider({ ...ports, connect: () => iam, env: {} });
    scene.strike("TagUser done", 1, denied("TagUser"));
    const failure: unknown = await provider.create({ userArn }).catch((error) => error);
    assert.ok(failure instanceof PartialFailure);
    assert.equal(failure.properties.currentAccessKeyId, iam.ids()[0]);
  });

  it("a refresh after a failed run keeps its note of the triggers that were answered", async () => {
    const provider = new AccessKeyProvider({ ...scene.ports, connect: () => iam, env: {} });
    const { outs } = await provider.create({ userArn, rotationTrigger: 1 });
    const served = { rotationTrigger: 2 };
    const { props } = await provider.read("id", { ...outs, served });
    assert.deepEqual(props?.served, served);
  });

  it("a stored login gives way only when AWS does not accept it, and what destroy fails with is printed once", async () => {
    const { ports } = scene;
    const login = { accessKeyId: "AKIASAFETY0000000001", secretAccessKey: "s" };
    let sessions = 0;
    const connect = () => {
      sessions += 1;
      return iam;
    };
    const provider = new AccessKeyProvider({ ...ports, env: {}, connect });
    const outs = (await provider.create({ userArn, login })).outs as Record<string, unknown>;
    iam.fault = () => denied("GetUser");
    sessions = 0;
    const failure = await provider.delete("id", outs).catch((error: Error) => error);
    assert.ok(failure instanceof Error);
    assert.equal(sessions, 1);
    assert.match(failure.message, /Allow iam:GetUser/);
    assert.equal(String(failure), `Can't delete the access keys of ${userArn}`);
  });

  describe("destroy", () => {
    it("deletes current last, and says in the journal that no key is ours any more", async () => {
      const [current, previous] = await scene.rotated();
      await scene.destroy();
      assert.deepEqual(changes(), [`DeleteAccessKey ${previous}`, `DeleteAccessKey ${current}`, "TagUser void"]);
      const stranger = iam.addKey();
      scene.recorded = undefined;
      await scene.up();
      assert.equal(iam.ids()[0], stranger.accessKeyId);
    });

    it("deletes a recorded key that a late list leaves out", async () => {
      await scene.rotated();
      const list = iam.listAccessKeys.bind(iam);
      iam.listAccessKeys = async () => (await list()).slice(0, 1);
      await scene.destroy();
      assert.deepEqual(iam.ids(), []);
    });

    it("leaves keys that another owner has taken over", async () => {
      await scene.rotated();
      iam.journal = formatJournal({ ...dead, phase: "done", owner: "you" });
      await scene.destroy();
      assert.deepEqual(changes(), []);
      assert.match(scene.said.join(), /keys are left on the user/);
    });

    it("leaves keys that a newer resource of the same name has taken over", async () => {
      await scene.rotated();
      iam.journal = formatJournal({ ...dead, phase: "done", operationId: "second-saved" });
      await scene.destroy();
      assert.deepEqual(changes(), []);
      assert.match(scene.said.join(), /a newer resource of this name has taken them over/);
    });

    it("is refused while an operation runs", async () => {
      await scene.up();
      scene.died({ operationId: `${scene.recorded?.operationId?.split("-")[0]}-other` });
      scene.clock.time -= 19 * MINUTE; // it began a minute ago
      scene.runner.isRunning = () => true;
      await assert.rejects(scene.destroy(), /has not ended/);
      assert.deepEqual(changes(), []);
    });

    it("deletes a lost key too, and leaves one that was handed out, named in the journal", async () => {
      await scene.up();
      const instance = scene.recorded?.operationId?.split("-")[0];
      scene.died({ operationId: `${instance}-died` });
      await scene.destroy();
      assert.deepEqual(iam.ids(), []);

      scene = new Scene();
      iam = scene.iam;
      await scene.up();
      const live = scene.died({ operationId: `${scene.recorded?.operationId?.split("-")[0]}-died`, phase: "done" });
      await scene.destroy();
      assert.deepEqual(iam.ids(), [live.accessKeyId]);
      assert.equal(scene.phase(), "done");
      assert.match(scene.said.join(), /was made and handed out/);
    });

    it("is done once the keys are gone, even if the journal can't be written", async () => {
      await scene.rotated();
      scene.strike("TagUser void", 1, denied("TagUser"));
      await scene.destroy();
      assert.deepEqual(iam.ids(), []);
    });
  });
});
