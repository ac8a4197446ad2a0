import assert from "node:assert/strict";
import { IamError } from "../../provider/model/errors";
import { type Props, Stage, userArn } from "../support/stage";

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const deniedUse = (call: string) =>
  call.startsWith("GetAccessKeyLastUsed")
    ? new IamError("denied", "iam:GetAccessKeyLastUsed", "AccessDenied", "not authorized")
    : undefined;

describe("lastUsedGuard", () => {
  let stage: Stage;
  let one: Props;
  let two: Props;
  const inputs = { userArn, rotationTrigger: 2, lastUsedGuard: "2d" };
  const next = { ...inputs, rotationTrigger: 3 };
  const id = (outs: Props) => String(outs.currentAccessKeyId);
  /** Somebody uses a key so long ago. */
  const use = (accessKeyId: string, ago: number) => {
    const at = new Date(stage.clock.time - ago).toISOString().replace(".000Z", "Z");
    stage.iam.used.set(accessKeyId, { at, service: "s3", region: "eu-central-1" });
    return at;
  };
  const unchanged = () => {
    assert.deepEqual(stage.iam.ids(), [id(one), id(two)]);
    const changing = stage.iam.calls.filter((call) => /^(Tag|Create|Delete)/.test(call));
    assert.deepEqual(changing, [], "refused before the first change");
  };

  beforeEach(async () => {
    stage = new Stage();
    one = await stage.create({ ...inputs, rotationTrigger: 1 });
    two = await stage.up(one, inputs);
    stage.clock.time += 30 * DAY;
    stage.iam.calls = [];
  });

  it("refuses a rotation that would delete a key in use: names the key, the use, and the ways on", async () => {
    const at = use(id(one), HOUR);
    const free = new Date(Date.parse(at) + 2 * DAY).toISOString().replace(".000Z", "Z");
    await assert.rejects(stage.up(two, next), {
      message: `Can't rotate the access keys of ${userArn}: ${id(one)}, which would be deleted, was last used ${at} (s3, eu-central-1), less than lastUsedGuard (2d) ago. Nothing was changed. Give its user the current key, and run again after ${free}; or change \`lastUsedGuard\`, or to end all older keys now \`revocationTrigger\`.`,
    });
    unchanged();
    stage.clock.time += 2 * DAY - HOUR;
    await stage.up(two, next);
    assert.ok(!stage.iam.ids().includes(id(one)));
  });

  it("refuses to retire a key in use at the end of its grace period", async () => {
    use(id(one), 2 * DAY - MINUTE);
    const graceful = { ...inputs, gracePeriod: "7d" };
    await assert.rejects(stage.up(two, graceful), /was last used .* \(s3, eu-central-1\), less than lastUsedGuard/);
    unchanged();
  });

  const fine: [string, number | undefined][] = [
    ["never used", undefined],
    ["used exactly so long ago", 2 * DAY],
    ["used long ago", 29 * DAY],
  ];
  for (const [title, ago] of fine) {
    it(`lets a key go that was ${title}, by rotation and by the end of its grace period`, async () => {
      if (ago !== undefined) use(id(one), ago);
      use(id(two), 0); // current stays, so nobody asks
      const retired = await stage.up(two, { ...inputs, gracePeriod: "7d" });
      assert.deepEqual(stage.iam.ids(), [id(two)]);
      assert.deepEqual(
        stage.iam.calls.filter((call) => call.startsWith("GetAccessKeyLastUsed")),
        [`GetAccessKeyLastUsed ${id(one)}`],
      );
      assert.equal(retired.previous, null);
    });
  }

  it("without the permission: a clear error before any change", async () => {
    stage.iam.fault = deniedUse;
    await assert.rejects(stage.up(two, next), (error: Error) => {
      assert.match(
        error.message,
        /`lastUsedGuard` needs to know when .* iam:GetAccessKeyLastUsed failed with AccessDen/,
      );
      assert.match(
        error.message,
        /Nothing was changed. Allow iam:GetAccessKeyLastUsed .*lastUsedGuard: true.*leave `l/,
      );
      return true;
    });
    unchanged();
  });

  it("without the permission, where nothing is deleted: no error", async () => {
    stage = new Stage();
    stage.iam.fault = deniedUse;
    const first = await stage.create({ ...inputs, rotationTrigger: 1 });
    await stage.up(first, inputs);
    assert.equal(stage.iam.count("GetAccessKeyLastUsed"), 0);
  });

  it("when AWS cannot answer: an error before any change", async () => {
    stage.iam.fault = (call) =>
      call.startsWith("GetAccessKeyLastUsed")
        ? new IamError("throttled", "iam:GetAccessKeyLastUsed", "Throttling", "rate exceeded")
        : undefined;
    await assert.rejects(stage.up(two, next), /Throttling.*Run again in a minute/);
    unchanged();
  });

  it("does not hold up a revocation, nor asks", async () => {
    stage.iam.fault = deniedUse;
    for (const key of stage.iam.ids()) use(key, 0);
    const made = await stage.up(two, { ...inputs, revocationTrigger: 1 });
    assert.deepEqual(stage.iam.ids(), [id(made)]);
  });

  it("does not hold up a destroy, nor asks", async () => {
    stage.iam.fault = deniedUse;
    for (const key of stage.iam.ids()) use(key, 0);
    await stage.provider.delete("id", two);
    assert.deepEqual(stage.iam.ids(), []);
  });

  it("guards what an adoption would push out", async () => {
    stage.iam.slots = 3;
    const stranger = stage.iam.addKey();
    use(id(one), HOUR);
    const state = { previous: { accessKeyId: stranger.accessKeyId } };
    await assert.rejects(stage.up(two, { ...inputs, state }), new RegExp(`${id(one)}, which would be deleted`));
    assert.equal(stage.iam.count("DeleteAccessKey"), 0);
  });

  it("counts by AWS's clock: ours may be wrong by minutes", async () => {
    use(id(one), 2 * DAY + MINUTE);
    stage.iam.time = () => new Date(stage.clock.time - 5 * MINUTE);
    await assert.rejects(stage.up(two, next), /less than lastUsedGuard/);
    stage.iam.time = () => new Date(stage.clock.time);
    await stage.up(two, next);
  });

  for (const lastUsedGuard of ["1s", "9d", undefined]) {
    it(`changed to ${lastUsedGuard}, and nothing else: no update, no call, nothing said`, async () => {
      stage.said = [];
      assert.equal((await stage.provider.diff("id", two, { ...inputs, lastUsedGuard })).changes, false);
      assert.deepEqual([stage.iam.calls, stage.said], [[], []]);
    });
  }

  it("is today's", async () => {
    use(id(one), HOUR);
    await assert.rejects(stage.up(two, { ...next, lastUsedGuard: "61m" }), /lastUsedGuard \(61m\) ago/);
    await stage.up(two, { ...next, lastUsedGuard: "30m" });
  });
});
