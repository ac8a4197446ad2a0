import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { reportOf } from "../../provider/command/report";
import type { Pending } from "../../provider/model/pending";
import { invoke } from "../../provider/plugin/functions";
import type { RecordedState } from "../fixtures/record";

type Props = Record<string, unknown>;

const FILE = join(__dirname, "../fixtures/state-0.1.json");
const STATES = JSON.parse(readFileSync(FILE, "utf8")) as RecordedState[];
const DYNAMIC = "pulumi-nodejs:dynamic/pulumi-aws-iam-rotator:RotatedAccessKey";
const PLUGIN = "aws-iam-rotator:index:RotatedAccessKey";
const NOW = new Date("2026-12-01T00:00:00Z");
const USER = "arn:aws:iam::123456789012:user/ci/deployer";

/** As `pulumi stack export` prints it without --show-secrets. */
const encrypted = (_value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext: "v1:Zm9yIG5vYm9keQ==:c2VjcmV0",
});

function stateOf(title: string): RecordedState {
  return STATES.find((state) => state.title === title) ?? assert.fail(`no state ${title}`);
}

/** The resource of a recorded state, with the secrets that the engine keeps encrypted. */
function resource({ outputs, asks }: RecordedState, more: { outputs?: Props; inputs?: Props; type?: string } = {}) {
  const hide = (props: Props) =>
    Object.fromEntries(
      Object.entries(props).map(([name, value]) => {
        const isSecret = ["current", "previous", "login", "state", "awsProvider", "answered"].includes(name);
        return [name, isSecret && value !== null ? encrypted(value) : value];
      }),
    );
  const names = ["userArn", "rotationTrigger", "revocationTrigger", "region", "login", "state", "journalOwner"];
  const periods = ["rotateEvery", "gracePeriod", "deactivatePeriod", "lastUsedGuard"];
  const inputs = Object.fromEntries([...names, ...periods].map((name) => [name, outputs[name]]));
  return {
    urn: "urn:pulumi:dev::program::type::ci",
    custom: true,
    id: USER,
    type: more.type ?? DYNAMIC,
    inputs: JSON.parse(JSON.stringify(hide({ ...inputs, ...asks, ...more.inputs }))) as Props,
    outputs: { ...hide(outputs), ...more.outputs },
  };
}

const exported = (...resources: object[]) =>
  JSON.stringify({
    version: 3,
    deployment: { manifest: {}, resources: [{ type: "pulumi:pulumi:Stack" }, ...resources] },
  });

const report = (resources: object[], now = NOW) => reportOf(exported(...resources), now);
const rowsOf = (table: string) =>
  table
    .split("\n")
    .slice(2)
    .map((line) =>
      line
        .slice(2, -2)
        .split(" | ")
        .map((cell) => cell.trim()),
    );

describe("the report of today", () => {
  const two = stateOf("two keys, with all inputs");

  for (const type of [DYNAMIC, PLUGIN]) {
    it(`reads what ${type} has recorded, its secrets encrypted`, () => {
      const { table, alarms } = report([resource(two, { type })]);
      const dates = ["2026-11-03T00:00:00Z", "2027-02-01T00:00:00Z"];
      const previous = "AKIAMEMORY0000000001 until 2027-01-02T00:00:00Z";
      assert.deepEqual(rowsOf(table), [["deployer", "AKIAMEMORY0000000002", ...dates, previous]]);
      assert.deepEqual(alarms, []);
    });
  }

  it("has a row for each recorded state, and no secret in any", () => {
    for (const state of STATES) {
      const { table, alarms } = report([resource(state)]);
      assert.equal(rowsOf(table).length, 1, state.title);
      // Nor where the export shows the secrets.
      const shown = report([{ type: DYNAMIC, inputs: state.outputs, outputs: state.outputs }]);
      for (const text of [table, alarms.join(), shown.table, shown.alarms.join()]) {
        assert.doesNotMatch(text, /secret-of|ciphertext|v1:|1b47061264138c4a/, state.title);
      }
    }
  });

  it("counts by today's inputs and time, whatever the last run has published", () => {
    const inputs = { rotateEvery: "30d", gracePeriod: "29d" };
    const [[, , , due, previous] = []] = rowsOf(report([resource(two, { inputs })]).table);
    assert.deepEqual([due, previous], ["2026-12-03T00:00:00Z", "AKIAMEMORY0000000001 until 2026-12-02T00:00:00Z"]);
  });

  it("has an alarm for what is overdue, from its second on", () => {
    const due = new Date("2027-02-01T00:00:00Z");
    assert.deepEqual(report([resource(two)], new Date(due.getTime() - 1_000)).alarms, []);
    const { table, alarms } = report([resource(two)], due);
    assert.match(table, /\*\*due since 2027-02-01T00:00:00Z\*\*/);
    assert.deepEqual(alarms, [`${USER}: a rotation is due since 2027-02-01T00:00:00Z.`]);
  });

  it("has none for a rotation that is due, and waits for a grace period", () => {
    const within = new Date("2026-11-30T00:00:00Z");
    const waits = resource(two, { inputs: { rotateEvery: "10d", gracePeriod: "60d" } });
    const { table, alarms } = report([waits], within);
    assert.match(table, /\*\*due since .*rotation \(grace AKIAMEMORY0000000001 until 2027-01-02T00:00:00Z\)/);
    assert.deepEqual(alarms, []);
  });

  it("has an alarm for what is blocked, with what to do, also after a later run that failed", () => {
    const blocked = stateOf("blocked by a key made by hand");
    const [pending] = blocked.outputs.pending as Pending[];
    const { table, alarms } = report([resource(blocked), resource(two)]);
    assert.deepEqual(alarms, [`${USER}: ${pending?.message}`]);
    assert.match(table, /\*\*blocked\*\*: rotation \(unmanagedKey AKIAMEMORY0000000003\)/);
    // The engine keeps the inputs of before where an update has failed.
    const failed = resource(blocked, { inputs: { rotationTrigger: blocked.outputs.rotationTrigger } });
    assert.equal(report([failed]).alarms.length, 1);
  });

  it("has an alarm where a refresh found no current key that works", () => {
    for (const title of ["drift: both keys deactivated", "drift: current deleted"]) {
      const { alarms } = report([resource(stateOf(title))]);
      assert.ok(alarms.includes(`${USER}: there is no current key that works.`), title);
    }
  });

  it("names unmanaged keys, and what waits by itself, which are no alarm", () => {
    const unmanaged = report([resource(two, { outputs: { unmanagedAccessKeyIds: ["AKIAHAND000000000001"] } })]);
    assert.match(unmanaged.table, /Unmanaged +\|\n.*\n.* AKIAHAND000000000001 \|$/);
    assert.deepEqual(unmanaged.alarms, []);
    const key = "AKIAMEMORY0000000001";
    for (const [title, told] of [
      ["a rotation that waits, since previous is in use", `rotation (use ${key} until 2027-01-02T00:00:00Z)`],
      ["a previous that was deactivated", `retirement (deactivated ${key} until 2027-02-02T00:00:00Z)`],
    ] as const) {
      const { table, alarms } = report([resource(stateOf(title))]);
      assert.deepEqual([rowsOf(table)[0]?.[5], alarms], [told, []]);
    }
  });

  it("says that a trigger which is a secret asks for nothing that it could see", () => {
    const inputs = { rotationTrigger: encrypted("2026-12") };
    const { table, alarms } = report([resource(two, { inputs }), resource(two, { inputs, outputs: inputs })]);
    assert.deepEqual([rowsOf(table).map((row) => row.length), alarms], [[5, 5], []]);
  });

  it("has no row for what a replacement is about to delete", () => {
    const { table } = report([{ ...resource(two), delete: true }, resource(stateOf("one key"))]);
    assert.deepEqual(
      rowsOf(table).map(([, id]) => id),
      ["AKIAMEMORY0000000001"],
    );
  });

  it("of a stack without keys is an alarm: the wrong stack looks the same", () => {
    const others = exported({ type: "aws:iam/user:User" });
    for (const text of [exported(), others, '{"deployment":{}}', '{"deployment":{"resources":null}}']) {
      const { table, alarms } = reportOf(text, NOW);
      assert.deepEqual([table, alarms.length], ["no rotated keys", 1]);
    }
  });

  it("of what is no state is an error, without a word of it", () => {
    for (const text of ["", "no JSON: hushed", '["hushed"]', "null", '{"hushed":1}', '{"deployment":"hushed"}']) {
      assert.throws(
        () => reportOf(text, NOW),
        (error: Error) => /pulumi stack export/.test(error.message) && !error.message.includes("hushed"),
      );
    }
  });
});

describe("rotationReport of the plugin", () => {
  const token = "aws-iam-rotator:index:rotationReport";

  it("takes the names of a plain dictionary in Python as well", () => {
    const { outputs } = stateOf("blocked by a key made by hand");
    const { userArn, currentAccessKeyId, currentCreatedAt, unmanagedAccessKeyIds, pending } = outputs;
    const [wait] = pending as Pending[];
    const snake = {
      user_arn: userArn,
      current_access_key_id: currentAccessKeyId,
      current_created_at: currentCreatedAt,
      rotation_due_at: null,
      unmanaged_access_key_ids: unmanagedAccessKeyIds,
      pending: [{ what: wait?.what, because: wait?.because, access_key_id: wait?.accessKeyId, blocked: true }],
    };
    const camel = { userArn, currentAccessKeyId, currentCreatedAt, unmanagedAccessKeyIds, pending };
    const said = invoke(token, { keys: [snake] });
    assert.deepEqual(said, invoke(token, { keys: [camel] }));
    assert.ok("result" in said);
    assert.match(String(said.result.markdown), /blocked.*AKIAMEMORY0000000003/);
  });

  it("refuses a resource as a whole, and names the outputs to pass", () => {
    const said = invoke(token, { keys: [{ user_arn: USER }, { urn: "urn:pulumi:a::b::c::d" }] });
    assert.ok("failure" in said && said.failure.property === "keys[1]");
    assert.match(said.failure.reason, /userArn, currentAccessKeyId, currentCreatedAt and so on/);
  });
});
