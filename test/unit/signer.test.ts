import assert from "node:assert/strict";
import { IamError } from "../../provider/model/errors";
import { id, type Props, Stage, userArn } from "../harness/stage";

const DAY = 86_400_000;

// A user whose own key signs: each story ends well with the key that AWS would no longer accept half-way.
describe("a user that rotates itself", () => {
  let stage: Stage;
  let two: Props;
  const inputs = { userArn, rotationTrigger: 2 };
  beforeEach(async () => {
    stage = new Stage();
    [, two] = await stage.rotated(inputs);
  });

  it("by previous, which makes room: current signs from there on", async () => {
    stage.iam.signerId = String(two.previousAccessKeyId);
    const three = await stage.up(two, { ...inputs, rotationTrigger: 3 });
    assert.deepEqual([stage.iam.ids(), stage.iam.signerId], [[id(two), id(three)], id(two)]);
  });

  it("by previous, whose grace period ends: current signs from there on, whether it is deleted or deactivated", async () => {
    stage.iam.signerId = String(two.previousAccessKeyId);
    stage.clock.time += 7 * DAY;
    const periods = { ...inputs, gracePeriod: "7d", deactivatePeriod: "7d" };
    const asleep = await stage.up(two, periods);
    assert.equal(stage.iam.signerId, id(two));
    stage.clock.time += 7 * DAY;
    await stage.up(asleep, periods);
    assert.deepEqual(stage.iam.ids(), [id(two)]);
  });

  for (const name of ["currentAccessKeyId", "previousAccessKeyId"]) {
    it(`revokes, signed by ${name}: the new key signs the last deletion, once AWS accepts it`, async () => {
      stage.iam.signerId = String(two[name]);
      stage.iam.propagation = 10_000;
      const revoked = await stage.up(two, { ...inputs, revocationTrigger: 1 });
      assert.deepEqual([stage.iam.ids(), stage.iam.signerId], [[id(revoked)], id(revoked)]);
      assert.equal(revoked.unfinished, undefined);
    });
  }

  it("does not give up the key that signs before AWS accepts the other one", async () => {
    stage.iam.signerId = id(two);
    stage.iam.propagation = DAY;
    await assert.rejects(stage.up(two, { ...inputs, revocationTrigger: 1 }), /AWS did not accept the new key/);
    assert.ok(stage.iam.ids().includes(id(two)));
  });

  for (const [title, times, isLeft] of [
    ["some seconds later than STS: waits for that", 8, false],
    ["not in time: leaves the key that signs", 1_000, true],
  ] as const) {
    it(`revokes where IAM knows the new key ${title}`, async () => {
      const signer = id(two);
      stage.iam.signerId = signer;
      const getUser = stage.iam.getUser.bind(stage.iam);
      let left: number = times;
      stage.iam.getUser = async () => {
        if (stage.iam.signerId !== signer && left-- > 0) {
          throw new IamError("credentials", "iam:GetUser", "InvalidClientTokenId", "not known yet");
        }
        return getUser();
      };
      const revoking = stage.provider.update("id", two, { ...inputs, revocationTrigger: 1 });
      if (isLeft) await assert.rejects(revoking, /AWS did not accept the new key \S+ within 60 s \(by IAM\)/);
      else await revoking;
      assert.equal(stage.iam.ids().includes(signer), isLeft);
    });
  }

  it("destroys itself: the key that signs goes last", async () => {
    stage.iam.signerId = id(two);
    await stage.provider.delete("id", two);
    assert.deepEqual(stage.iam.ids(), []);
  });
});
