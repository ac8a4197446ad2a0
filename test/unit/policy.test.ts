import assert from "node:assert/strict";
import type { Pending } from "../../provider/model/pending";
import { UNKNOWN } from "../../provider/model/unknowns";
import { preview } from "../harness/scene";
import { id, type Props, Stage, userArn } from "../harness/stage";

const [SECOND, DAY] = [1_000, 86_400_000];
describe("rotateEvery", () => {
  let stage: Stage;
  const inputs = { userArn, rotateEvery: "90d", rotationTrigger: 1 };
  let first: Props;
  beforeEach(async () => {
    stage = new Stage();
    first = await stage.create(inputs);
    stage.forget();
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
      const told = new RegExp(`^\\S+ made ${id(second)} as .* ${id(first)} .*due since 2027-01-30T00:00:00Z`);
      assert.match(stage.said.join(), rotates ? told : /^$/);
      stage.forget();
      assert.equal(await stage.up(second, inputs), second);
      assert.deepEqual([stage.iam.calls, stage.said], [[], []]);
    });
  }

  it("a rotation by the trigger begins the period anew", async () => {
    stage.clock.time += 89 * DAY;
    const second = await stage.up(first, { ...inputs, rotationTrigger: 2 });
    stage.clock.time += 89 * DAY;
    assert.equal(await stage.up(second, { ...inputs, rotationTrigger: 2 }), second);
  });

  it("a run that failed before it made a key does not count", async () => {
    stage.clock.time += 90 * DAY;
    stage.iam.denies("CreateAccessKey");
    let blocked = first;
    for (let run = 0; run < 3; run++) {
      blocked = await stage.up(blocked, inputs);
      const [wait] = blocked.pending as Pending[];
      assert.deepEqual([wait?.because, wait?.blocked], ["denied", true]);
      assert.match(wait?.message ?? "", /Allow iam:CreateAccessKey/);
    }
    stage.iam.calm();
    const second = await stage.up(blocked, inputs);
    assert.deepEqual(stage.iam.ids(), [id(first), id(second)]);
  });

  it("a run that failed after it made the key counts: the next only finishes it", async () => {
    stage.clock.time += 90 * DAY;
    const second = await stage.up(first, inputs);
    stage.clock.time += 90 * DAY;
    stage.iam.slots = 3;
    stage.iam.addKey();
    stage.iam.denies("TagUser done");
    const saved = await stage.halfDone(stage.up(second, inputs));
    stage.iam.calm();
    stage.iam.calls = [];
    const { outs } = await stage.provider.update("id", saved, inputs);
    assert.equal(stage.iam.count("CreateAccessKey"), 0);
    assert.equal(outs?.currentAccessKeyId, saved.currentAccessKeyId);
  });

  it("only another period, not yet over: no update, no call, nothing said", async () => {
    stage.clock.time += 50 * DAY;
    for (const rotateEvery of ["200d", "60d", undefined])
      assert.equal((await stage.provider.diff("id", first, { ...inputs, rotateEvery })).changes, false);
    assert.deepEqual([stage.iam.calls, stage.said], [[], []]);
  });

  it("a period that shrank below the key's age makes the rotation due", async () => {
    stage.clock.time += 50 * DAY;
    const shorter = { ...inputs, rotateEvery: "30d" };
    const second = await stage.up(first, shorter);
    assert.match(stage.said.join(), /\(due since 2026-12-01T00:00:00Z\)/);
    assert.equal(await stage.up(second, shorter), second);
  });

  it("a period that a preview cannot know yet may be over: it promises nothing, and no rotation", async () => {
    stage.clock.time += 500 * DAY;
    const news = { ...inputs, rotateEvery: UNKNOWN };
    assert.equal((await stage.provider.diff("id", first, news)).changes, true);
    assert.match((await preview(stage, first, news)).join(), /may change keys: rotateEvery is not known/);
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
