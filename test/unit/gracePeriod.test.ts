import assert from "node:assert/strict";
import { UNKNOWN } from "../../provider/decide/inputs";
import { IamError } from "../../provider/model/errors";
import { type Props, Stage, userArn } from "../support/stage";

const [SECOND, DAY] = [1_000, 86_400_000];

describe("by the clock", () => {
  let stage: Stage;
  beforeEach(() => {
    stage = new Stage();
  });
  const id = (outs: Props) => String(outs.currentAccessKeyId);

  describe("gracePeriod", () => {
    const inputs = { userArn, gracePeriod: "7d", rotationTrigger: 1 };
    const next = { ...inputs, rotationTrigger: 2 };
    let first: Props;
    let second: Props;
    beforeEach(async () => {
      first = await stage.create(inputs);
      second = await stage.up(first, next);
      stage.iam.calls = [];
      stage.said = [];
    });
    const UNTIL = "2026-11-08T00:00:00Z";

    it("says in the preview of a rotation how long the older key stays valid", async () => {
      await stage.provider.diff("id", first, next);
      assert.match(stage.said.join(), new RegExp(`keeps ${id(first)} valid as previous until ${UNTIL} \\(rotation`));
    });

    it("leaves previous alone before its end, and retires it in the first up after it, once", async () => {
      for (const age of [0, DAY, 7 * DAY - 2 * SECOND]) {
        stage.clock.time = Date.parse(String(second.rotatedAt)) + age;
        assert.equal(await stage.up(second, next), second, `after ${age} ms`);
      }
      stage.clock.time += 2 * SECOND;
      const third = await stage.up(second, next);
      assert.deepEqual(stage.said, [`${userArn}: this update deletes ${id(first)} (its grace period ended ${UNTIL}).`]);
      assert.deepEqual(stage.iam.ids(), [id(second)]);
      assert.deepEqual([third.previous, third.previousAccessKeyId, id(third)], [null, null, id(second)]);
      assert.deepEqual(stage.iam.calls.slice(2), [
        "TagUser open",
        `GetCallerIdentity ${id(second)}`,
        `DeleteAccessKey ${id(first)}`,
        "TagUser done",
      ]);
      assert.equal(await stage.up(third, next), third);
    });

    it("refuses a rotation that would cut it short, in preview already, and says when and how to force it", async () => {
      stage.clock.time += 3 * DAY;
      const expected = `Can't rotate the access keys of ${userArn}: a rotation (rotationTrigger changed) would delete ${id(first)}, which is in its grace period until ${UNTIL}. Nothing was changed. Run again after ${UNTIL}; or, to end all older keys now, change \`revocationTrigger\`.`;
      const third = { ...inputs, rotationTrigger: 3 };
      await assert.rejects(stage.provider.diff("id", second, third), { message: expected });
      assert.deepEqual([stage.iam.calls, stage.said], [[], []]);
      // The engine may go on from an old preview.
      await assert.rejects(stage.provider.update("id", second, third), { message: expected });
      assert.equal(stage.iam.calls.length, 2, "it only looked");
      stage.clock.time += 4 * DAY;
      const rotated = await stage.up(second, third);
      assert.deepEqual(stage.iam.ids(), [id(second), id(rotated)]);
    });

    it("does not hold up a first rotation, nor one whose previous is gone", async () => {
      stage.iam.keys = stage.iam.keys.filter((key) => key.accessKeyId !== id(first));
      const { props } = await stage.provider.read("id", second);
      const third = await stage.up(props as Props, { ...inputs, rotationTrigger: 3 });
      assert.deepEqual(stage.iam.ids(), [id(second), id(third)]);
    });

    for (const how of ["deleted", "deactivated"]) {
      it(`does not hold up the repair of a current that somebody ${how}: previous stays`, async () => {
        const [current] = stage.iam.keys.filter((key) => key.accessKeyId === id(second));
        if (how === "deleted") stage.iam.keys = stage.iam.keys.filter((key) => key !== current);
        else if (current) current.status = "Inactive";
        const { props } = await stage.provider.read("id", second);
        const healed = await stage.up(props as Props, { ...inputs, rotationTrigger: 3 });
        assert.deepEqual(stage.iam.ids(), [id(first), id(healed)]);
        assert.equal(healed.previousAccessKeyId, id(first));
      });
    }

    it("retires nothing before AWS accepts current", async () => {
      stage.clock.time += 8 * DAY;
      stage.iam.propagation = 9 * DAY;
      await assert.rejects(stage.up(second, next), (error: Error) => {
        assert.match(error.message, new RegExp(`AWS did not accept the new key ${id(second)} within 60 s`));
        assert.match(error.message, /Run again/);
        return true;
      });
      assert.deepEqual(stage.iam.ids(), [id(first), id(second)]);
      stage.iam.propagation = 0;
      await stage.up(second, next);
      assert.deepEqual(stage.iam.ids(), [id(second)]);
    });

    it("tries current while the journal is written: neither waits for the other, and the deletion waits for both", async () => {
      const { iam } = stage;
      const [write, tryKey] = [iam.writeJournal.bind(iam), iam.tryKey.bind(iam)];
      const log: string[] = [];
      let tried = () => {};
      const trial = new Promise<void>((done) => (tried = done));
      iam.writeJournal = async (value) => {
        if (value.startsWith("v1 open")) {
          await trial;
          log.push("written");
        }
        return write(value);
      };
      iam.tryKey = async (key) => {
        const result = await tryKey(key);
        log.push("tried");
        tried();
        return result;
      };
      const remove = iam.deleteAccessKey.bind(iam);
      iam.deleteAccessKey = (key) => {
        log.push("deleted");
        return remove(key);
      };
      stage.clock.time += 8 * DAY;
      await stage.up(second, next);
      assert.deepEqual(log, ["tried", "written", "deleted"]);
    });

    it("deletes nothing if the journal can't be written, whatever the trial says", async () => {
      stage.clock.time += 8 * DAY;
      stage.iam.fault = (call) =>
        call === "TagUser open" ? new IamError("denied", "iam:TagUser", "AccessDenied", "not allowed") : undefined;
      await assert.rejects(stage.up(second, next), /write the journal/);
      assert.deepEqual(stage.iam.ids(), [id(first), id(second)]);
    });

    it("is today's: a longer one holds, a shorter one ends, none keeps previous to the next rotation", async () => {
      stage.clock.time += 8 * DAY;
      for (const gracePeriod of ["30d", undefined, UNKNOWN]) {
        assert.equal((await stage.provider.diff("id", second, { ...next, gracePeriod })).changes, false);
      }
      stage.clock.time -= 6 * DAY;
      assert.equal((await stage.provider.diff("id", second, next)).changes, false);
      assert.equal((await stage.provider.diff("id", second, { ...next, gracePeriod: "1d" })).changes, true);
    });

    it("as long as rotateEvery: each rotation is in time, and none is refused", async () => {
      const weekly = { userArn, gracePeriod: "7d", rotateEvery: "1w" };
      stage = new Stage();
      let outs = await stage.create(weekly);
      for (let week = 0; week < 5; week++) {
        stage.clock.time += 7 * DAY;
        const before = id(outs);
        outs = await stage.up(outs, weekly);
        assert.equal(outs.previousAccessKeyId, before);
      }
      assert.equal(stage.iam.count("CreateAccessKey"), 6);
    });
  });
});
