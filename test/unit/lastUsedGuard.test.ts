import assert from "node:assert/strict";
import { IamError } from "../../provider/model/errors";
import { pendingIn, pendingNow, preview } from "../harness/scene";
import { type Props, Stage, userArn } from "../harness/stage";

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const deniedUse = (call: string) =>
  call.startsWith("GetAccessKeyLastUsed")
    ? new IamError("denied", "iam:GetAccessKeyLastUsed", "AccessDenied", "not authorized")
    : undefined;

// Holds: "A key that was used within lastUsedGuard is not deactivated or deleted"
describe("lastUsedGuard", () => {
  let stage: Stage;
  let one: Props;
  let two: Props;
  const inputs = { userArn, rotationTrigger: 2, lastUsedGuard: "2d" };
  const next = { ...inputs, rotationTrigger: 3 };
  const id = (outs: Props) => String(outs.currentAccessKeyId);
  /** Somebody uses a key so long ago. */
  const use = (accessKeyId: string, ago: number, service = "s3") => {
    const at = new Date(stage.clock.time - ago).toISOString().replace(".000Z", "Z");
    stage.iam.used.set(accessKeyId, { at, service, region: "eu-central-1" });
    return at;
  };
  const unchanged = () => {
    assert.deepEqual(stage.iam.ids(), [id(one), id(two)]);
    const changing = stage.iam.calls.filter((call) => /^(Tag|Create|Delete)/.test(call));
    assert.deepEqual(changing, [], "nothing was changed");
  };

  beforeEach(async () => {
    stage = new Stage();
    one = await stage.create({ ...inputs, rotationTrigger: 1 });
    two = await stage.up(one, inputs);
    stage.clock.time += 30 * DAY;
    stage.iam.calls = [];
  });

  const until = (at: string) => new Date(Date.parse(at) + 2 * DAY).toISOString().replace(".000Z", "Z");

  it("lets a rotation wait that would delete a key in use: it fails nothing, says which use, and comes by itself, once", async () => {
    const at = use(id(one), HOUR);
    const waiting = await stage.up(two, next);
    const wait = { what: "rotation", because: "use", until: until(at), accessKeyId: id(one) };
    assert.deepEqual(pendingIn(waiting), [wait]);
    const [{ message }] = waiting.pending as [Props];
    assert.ok(String(message).includes(`${id(one)} was last used ${at} (s3, eu-central-1)`), String(message));
    unchanged();
    assert.deepEqual(
      [waiting.previousFate, waiting.rotationTrigger],
      [{ lastUse: { at, service: "s3", region: "eu-central-1" } }, 2],
    );
    // Until then nobody is asked, and each run says so.
    Object.assign(stage, { said: [] });
    stage.iam.calls = [];
    assert.equal(await stage.up(waiting, next), waiting);
    assert.deepEqual([pendingNow(stage, waiting, next), stage.iam.calls], [[wait], []]);
    assert.deepEqual(await preview(stage, waiting, next), [`${userArn}: ${message}`]);
    stage.clock.time += 2 * DAY - HOUR;
    const rotated = await stage.up(waiting, next);
    assert.ok(!stage.iam.ids().includes(id(one)));
    assert.deepEqual([rotated.rotationTrigger, rotated.previousFate, rotated.pending], [3, undefined, []]);
    assert.equal(await stage.up(rotated, next), rotated);
  });

  it("asks again when that time is over: the key may have been used since", async () => {
    use(id(one), HOUR);
    const waiting = await stage.up(two, next);
    stage.clock.time += 2 * DAY;
    const at = use(id(one), MINUTE);
    const still = await stage.up(waiting, next);
    assert.equal(pendingIn(still)[0]?.until, until(at));
    assert.deepEqual((still.previousFate as Props).lastUse, { at, service: "s3", region: "eu-central-1" });
    assert.ok(stage.iam.ids().includes(id(one)));
  });

  it("leaves what an earlier run has given up out of it: nobody asks about that again", async () => {
    use(id(one), MINUTE);
    stage.iam.fault = (call) =>
      call.startsWith("Delete") ? new IamError("denied", "iam:DeleteAccessKey", "AccessDenied", "no") : undefined;
    const revoking = { ...inputs, revocationTrigger: 1 };
    stage.iam.slots = 3;
    const saved = await stage.halfDone(stage.provider.update("id", two, revoking)).catch(() => two);
    stage.iam.fault = () => undefined;
    stage.iam.calls = [];
    await stage.up(saved, revoking);
    assert.equal(stage.iam.count("GetAccessKeyLastUsed"), 0);
  });

  it("keeps a current that a rotation would make previous, whatever it is used for", async () => {
    use(id(two), MINUTE);
    const rotated = await stage.up(two, next);
    assert.equal(rotated.previousAccessKeyId, id(two));
  });

  it("says in a preview that a rotation may wait, and for what", async () => {
    const said = await preview(stage, two, next);
    assert.match(said.join(), new RegExp(`It waits if ${id(one)} was used within lastUsedGuard \\(2d\\)\\.$`));
  });

  it("lets the end of a grace period wait for a key in use", async () => {
    const at = use(id(one), 2 * DAY - MINUTE);
    const graceful = { ...inputs, gracePeriod: "7d" };
    const waiting = await stage.up(two, graceful);
    assert.deepEqual(pendingIn(waiting), [
      { what: "retirement", because: "use", until: until(at), accessKeyId: id(one) },
    ]);
    unchanged();
    stage.clock.time = Date.parse(until(at));
    assert.equal((await stage.up(waiting, graceful)).previous, null);
  });

  for (const [minutes, service, isUse] of [
    [1, "sts", false],
    [2, "sts", false],
    [1, "s3", true],
    [3, "sts", true],
  ] as const) {
    it(`takes a call of ${service} ${minutes} min after the key was made for ${isUse ? "a use" : "our first trial of it"}`, async () => {
      use(id(one), stage.clock.time - Date.parse(String(one.currentCreatedAt)) - minutes * MINUTE, service);
      await stage.up(two, { ...next, lastUsedGuard: "60d" });
      assert.equal(stage.iam.ids().includes(id(one)), isUse);
    });
  }

  it("takes a key that is not active for none in use: a new current does not wait for a broken one", async () => {
    use(id(two), MINUTE);
    use(id(one), MINUTE);
    const current = stage.iam.keys.find((key) => key.accessKeyId === id(two));
    assert.ok(current);
    current.status = "Inactive";
    const seen = (await stage.provider.read("id", two)).props as Props;
    const mended = await stage.up(seen, inputs);
    assert.deepEqual(stage.iam.ids().sort(), [id(one), id(mended)].sort());
    assert.equal(mended.previousAccessKeyId, id(one));
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

  it("without the permission: blocked, with what to allow, before any change", async () => {
    stage.iam.fault = deniedUse;
    const blocked = await stage.up(two, next);
    assert.deepEqual(pendingIn(blocked), [{ what: "rotation", because: "denied", blocked: true }]);
    const [{ message }] = blocked.pending as [Props];
    assert.match(String(message), /iam:GetAccessKeyLastUsed failed with AccessDenied.*lastUsedGuard: true/);
    const { pending: _, ...rest } = blocked;
    const { pending: __, ...before } = two;
    assert.deepEqual(rest, before);
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
    const waiting = await stage.up(two, { ...inputs, state });
    assert.deepEqual(
      pendingIn(waiting).map(({ what, because }) => [what, because]),
      [["adoption", "use"]],
    );
    assert.deepEqual([stage.iam.count("DeleteAccessKey"), waiting.state], [0, undefined]);
    stage.clock.time += 2 * DAY;
    const adopted = await stage.up(waiting, { ...inputs, state });
    assert.equal(adopted.previousAccessKeyId, stranger.accessKeyId);
  });

  it("lets both wait, an adoption that would push it out and a rotation that would delete it", async () => {
    stage.iam.slots = 3;
    const { accessKeyId } = stage.iam.addKey();
    use(id(one), HOUR);
    const both = { ...next, state: { previous: { accessKeyId } } };
    const waiting = await stage.up(two, both);
    assert.deepEqual(
      pendingIn(waiting).map(({ what, because }) => [what, because]),
      [
        ["adoption", "use"],
        ["rotation", "use"],
      ],
    );
    assert.deepEqual([waiting.rotationTrigger, waiting.state], [2, undefined]);
    assert.deepEqual(stage.iam.ids(), [id(one), id(two), accessKeyId]);
  });

  it("a refresh says nothing of a use for which a key was left alone", async () => {
    use(id(one), HOUR);
    const waiting = await stage.up(two, next);
    stage.said = [];
    assert.deepEqual((await stage.provider.read("id", waiting)).props, waiting);
    assert.deepEqual(stage.said, []);
  });

  it("counts by AWS's clock: ours may be wrong by minutes", async () => {
    use(id(one), 2 * DAY + MINUTE);
    stage.iam.time = () => new Date(stage.clock.time - 5 * MINUTE);
    unchanged();
    assert.deepEqual(await stage.up(two, next).then(({ rotationTrigger }) => rotationTrigger), 2);
    unchanged();
    stage.iam.time = () => new Date(stage.clock.time);
    assert.equal((await stage.up(two, next)).rotationTrigger, 3);
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
    const waiting = await stage.up(two, { ...next, lastUsedGuard: "61m" });
    assert.equal(waiting.rotationTrigger, 2);
    assert.equal((await stage.up(waiting, { ...next, lastUsedGuard: "30m" })).rotationTrigger, 3);
  });
});
