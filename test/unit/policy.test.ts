import assert from "node:assert/strict";
import { IamError } from "../../provider/model/errors";
import type { Pending } from "../../provider/model/pending";
import { UNKNOWN } from "../../provider/model/unknowns";
import { type Props, Stage, userArn } from "../harness/stage";

const [SECOND, DAY] = [1_000, 86_400_000];
const denied = (action: string) => new IamError("denied", action, "AccessDenied", "not authorized");

describe("by the clock", () => {
  let stage: Stage;
  beforeEach(() => {
    stage = new Stage();
  });
  const id = (outs: Props) => String(outs.currentAccessKeyId);

  describe("rotateEvery", () => {
    const inputs = { userArn, rotateEvery: "90d", rotationTrigger: 1 };
    let first: Props;
    beforeEach(async () => {
      first = await stage.create(inputs);
      [stage.iam.calls, stage.said] = [[], []];
    });

    const ages: [string, number, boolean][] = [
      ["at once", 0, false],
      ["a second before its time", 90 * DAY - SECOND, false],
      ["on its second", 90 * DAY, true],
      ["far overdue", 1_000 * DAY, true],
    ];
    for (const [title, age, rotates] of ages) {
      it(`${title}: ${rotates ? "one rotation, and the next up is quiet" : "nothing, and nothing said"}`, async () => {
        stage.clock.time += age;
        const second = await stage.up(first, inputs);
        assert.equal(stage.iam.count("CreateAccessKey"), rotates ? 1 : 0);
        assert.deepEqual(
          stage.said,
          rotates
            ? [
                `${userArn}: made ${id(second)} as current, kept ${id(first)} valid as previous (due since 2027-01-30T00:00:00Z).`,
              ]
            : [],
        );
        stage.iam.calls = [];
        stage.said = [];
        assert.equal(await stage.up(second, inputs), second);
        assert.deepEqual([stage.iam.calls, stage.said], [[], []]);
      });
    }

    it("due, and the trigger changed as well: one rotation", async () => {
      stage.clock.time += 91 * DAY;
      const second = await stage.up(first, { ...inputs, rotationTrigger: 2 });
      assert.match(stage.said.join(), /\(rotationTrigger changed\)\.$/);
      await stage.up(second, { ...inputs, rotationTrigger: 2 });
      assert.equal(stage.iam.count("CreateAccessKey"), 1);
      assert.equal(second.previousAccessKeyId, id(first));
    });

    it("a rotation by the trigger begins the period anew", async () => {
      stage.clock.time += 89 * DAY;
      const second = await stage.up(first, { ...inputs, rotationTrigger: 2 });
      stage.clock.time += 89 * DAY;
      assert.equal(await stage.up(second, { ...inputs, rotationTrigger: 2 }), second);
    });

    it("a run that failed before it made a key does not count", async () => {
      stage.clock.time += 90 * DAY;
      stage.iam.fault = (call) => (call === "CreateAccessKey" ? denied("iam:CreateAccessKey") : undefined);
      let blocked = first;
      for (let run = 0; run < 3; run++) {
        blocked = await stage.up(blocked, inputs);
        const [wait] = blocked.pending as Pending[];
        assert.deepEqual([wait?.because, wait?.blocked], ["denied", true]);
        assert.match(wait?.message ?? "", /Allow iam:CreateAccessKey/);
      }
      stage.iam.fault = () => undefined;
      const second = await stage.up(blocked, inputs);
      assert.deepEqual(stage.iam.ids(), [id(first), id(second)]);
    });

    it("a run that failed after it made the key counts: the next only finishes it", async () => {
      stage.clock.time += 90 * DAY;
      const second = await stage.up(first, inputs);
      stage.clock.time += 90 * DAY;
      stage.iam.slots = 3;
      stage.iam.addKey();
      stage.iam.fault = (call) => (call.startsWith("TagUser done") ? denied("iam:TagUser") : undefined);
      const saved = await stage.halfDone(stage.up(second, inputs));
      stage.iam.fault = () => undefined;
      stage.iam.calls = [];
      const { outs } = await stage.provider.update("id", saved, inputs);
      assert.equal(stage.iam.count("CreateAccessKey"), 0);
      assert.equal(outs?.currentAccessKeyId, saved.currentAccessKeyId);
    });

    it("a run that was killed is not saved: what it made is found and removed, and one new key stands", async () => {
      stage.clock.time += 90 * DAY;
      // AWS does not know the key yet, so its name stands in the tag by now.
      stage.iam.propagation = 5 * SECOND;
      await stage.killedAfter("TagUser open", () => stage.up(first, inputs), 2);
      assert.equal(stage.iam.keys.length, 2);
      const second = await stage.up(first, inputs);
      assert.deepEqual(stage.iam.ids(), [id(first), id(second)]);
    });

    const changed: [string, string | undefined][] = [
      ["longer", "200d"],
      ["shorter, not yet due", "60d"],
      ["gone", undefined],
    ];
    for (const [title, rotateEvery] of changed) {
      it(`only another period, ${title}: no update, no call, nothing said`, async () => {
        stage.clock.time += 50 * DAY;
        const { changes } = await stage.provider.diff("id", first, { ...inputs, rotateEvery });
        assert.equal(changes, false);
        assert.deepEqual([stage.iam.calls, stage.said], [[], []]);
      });
    }

    it("a period that shrank below the key's age makes the rotation due", async () => {
      stage.clock.time += 50 * DAY;
      const shorter = { ...inputs, rotateEvery: "30d" };
      const second = await stage.up(first, shorter);
      assert.match(stage.said.join(), /\(due since 2026-12-01T00:00:00Z\)/);
      assert.equal(await stage.up(second, shorter), second);
    });

    it("a period that a preview cannot know yet may be over: it promises nothing, and no rotation", async () => {
      stage.clock.time += 500 * DAY;
      await stage.provider.check(first, { ...inputs, run: { isPreview: true } });
      const { changes } = await stage.provider.diff("id", first, { ...inputs, rotateEvery: UNKNOWN });
      assert.equal(changes, true);
      assert.deepEqual(stage.said, [`${userArn}: this update may change keys: rotateEvery is not known yet.`]);
    });

    it("counts from the key, whoever made it: an adopted old key is due in the first up after its adoption", async () => {
      stage = new Stage();
      const { accessKeyId, secretAccessKey } = stage.iam.addKey();
      stage.clock.time += 400 * DAY;
      const state = { current: { accessKeyId, secretAccessKey } };
      const adopted = await stage.create({ ...inputs, state });
      assert.deepEqual([id(adopted), stage.iam.count("CreateAccessKey")], [accessKeyId, 0]);
      const rotated = await stage.up(adopted, { ...inputs, state });
      assert.equal(rotated.previousAccessKeyId, accessKeyId);
      assert.equal(await stage.up(rotated, { ...inputs, state }), rotated);
    });
  });
});
