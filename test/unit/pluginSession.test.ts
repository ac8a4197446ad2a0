import assert from "node:assert/strict";
import { PATIENCE } from "../../provider/act/dependencies";
import type { World } from "../../provider/lifecycle/session";
import { IamError } from "../../provider/model/errors";
import { AccessKeyMount } from "../../provider/plugin/keys";
import { type Bag, fromStruct, toStruct } from "../../provider/plugin/wire";
import { FakeClock, MemoryIam } from "../harness/aws/memoryIam";

const URN = "urn:pulumi:dev::program::aws-iam-rotator:index:RotatedUser$aws-iam-rotator:index:RotatedAccessKey::ci";
const session = (id: string) => ({ accessKey: id, secretKey: "of a session", token: `token of ${id}` });

describe("by the plugin, a session that has ended since", () => {
  const clock = new FakeClock();
  let iam: MemoryIam;
  /** Whose calls AWS takes. */
  let valid: string[];
  let signers: string[];
  let keys: AccessKeyMount;
  let state: Bag;
  let inputs: Bag;

  beforeEach(async () => {
    iam = new MemoryIam(clock);
    [valid, signers] = [["one"], []];
    const connect: World["connect"] = (_user, _region, { credentials: { login } }) => {
      const by = login?.accessKeyId ?? "environment";
      iam.fault = (call) => {
        if (!valid.includes(by)) return new IamError("credentials", call, "ExpiredToken", "the session has ended");
        if (signers.at(-1) !== by) signers.push(by);
        return undefined;
      };
      return iam;
    };
    const engine = { newId: () => "0", isGone: async () => false, leave: () => {} };
    keys = new AccessKeyMount({ connect, clock, patience: PATIENCE, engine, env: {}, say: () => {} } as never);
    inputs = given("one");
    state = fromStruct(toStruct((await keys.create(inputs, false)).outputs));
    signers = [];
  });
  function given(id: string): Bag {
    return keys.check(URN, {}, { userArn: iam.arn, awsProvider: session(id) }).inputs;
  }

  it("is no change; refresh and destroy go by the one of the last run", async () => {
    valid = ["two"];
    const latest = given("two");
    assert.equal((await keys.diff(state, latest)).changes, false);
    const read = await keys.read(iam.arn, state, latest);
    assert.deepEqual(fromStruct(toStruct(read)), state, "and show no change");
    await keys.delete(state, latest);
    assert.deepEqual([signers, iam.keys], [["two"], []]);
  });

  it("gives way to the provider's configuration, and to the environment", async () => {
    keys.configure(session("configured"));
    valid = ["configured"];
    await keys.read(iam.arn, state, inputs);
    keys.configure({});
    valid = ["environment"];
    await keys.delete(state, inputs);
    assert.deepEqual([signers, iam.keys], [["configured", "environment"], []]);
  });
});
