import assert from "node:assert/strict";
import { IamError } from "../../provider/model/errors";
import type { MemoryKey } from "../harness/aws/memoryIam";
import { pendingIn, pendingNow, preview } from "../harness/scene";
import { id, type Props, Stage, userArn } from "../harness/stage";

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
// Holds: "A key that was used within lastUsedGuard is not deactivated or deleted"
describe("lastUsedGuard", () => {
  let stage: Stage;
  let one: Props;
  let two: Props;
  let keys: MemoryKey[];
  const inputs = { userArn, rotationTrigger: 2, lastUsedGuard: "2d" };
  const next = { ...inputs, rotationTrigger: 3 };
  /** Somebody uses a key so long ago. */
  const use = (accessKeyId: string, ago: number, service = "s3") => {
    const at = new Date(stage.clock.time - ago).toISOString().replace(".000Z", "Z");
    stage.iam.used.set(accessKeyId, { at, service, region: "eu-central-1" });
    return at;
  };
  const unchanged = () => {
    assert.deepEqual(stage.iam.ids(), [id(one), id(two)]);
    assert.deepEqual(stage.iam.changes(), []);
  };

  beforeEach(async () => {
    stage = new Stage();
    [one, two] = await stage.rotated(inputs);
    stage.clock.time += 30 * DAY;
    stage.iam.calls = [];
    keys = structuredClone(stage.iam.keys);
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
    stage.forget();
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

  it("takes a call of STS within two minutes of the key's making for our first trial of it, and all else for a use", async () => {
    for (const [minutes, service, isUse] of [
      [1, "sts", false],
      [2, "sts", false],
      [1, "s3", true],
      [3, "sts", true],
    ] as const) {
      use(id(one), stage.clock.time - Date.parse(String(one.currentCreatedAt)) - minutes * MINUTE, service);
      const { pending } = (await stage.provider.update("id", two, { ...next, lastUsedGuard: "60d" })).outs as Props;
      assert.equal((pending as unknown[]).length, isUse ? 1 : 0, `${service}, ${minutes} min`);
      stage.iam.keys = structuredClone(keys);
    }
  });

  it("takes a key that is not active for none in use: a new current does not wait for a broken one", async () => {
    use(id(two), MINUTE);
    use(id(one), MINUTE);
    stage.iam.set(id(two), "Inactive");
    const seen = await stage.read(two);
    const mended = await stage.up(seen, inputs);
    assert.deepEqual(stage.iam.ids().sort(), [id(one), id(mended)].sort());
    assert.equal(mended.previousAccessKeyId, id(one));
  });

  for (const [title, ago] of [
    ["never used", undefined],
    ["used exactly so long ago", 2 * DAY],
  ] as const) {
    it(`lets a key go that was ${title}, and asks about no other`, async () => {
      if (ago !== undefined) use(id(one), ago);
      use(id(two), 0); // current stays, so nobody asks
      const retired = await stage.up(two, { ...inputs, gracePeriod: "7d" });
      assert.deepEqual([stage.iam.ids(), retired.previous], [[id(two)], null]);
      const asked = stage.iam.calls.filter((call) => call.startsWith("GetAccessKeyLastUsed"));
      assert.deepEqual(asked, [`GetAccessKeyLastUsed ${id(one)}`]);
    });
  }

  it("without the permission: blocked, with what to allow, before any change", async () => {
    stage.iam.denies("GetAccessKeyLastUsed");
    const blocked = await stage.up(two, next);
    assert.deepEqual(pendingIn(blocked), [{ what: "rotation", because: "denied", blocked: true }]);
    const [{ message }] = blocked.pending as [Props];
    assert.match(String(message), /iam:GetAccessKeyLastUsed failed with AccessDenied.*lastUsedGuard: true/);
    const { pending: _, ...rest } = blocked;
    const { pending: __, ...before } = two;
    assert.deepEqual(rest, before);
    unchanged();
  });

  it("when AWS cannot answer: an error before any change", async () => {
    stage.iam.strike(
      "GetAccessKeyLastUsed",
      new IamError("throttled", "iam:GetAccessKeyLastUsed", "Throttling", "rate exceeded"),
    );
    await assert.rejects(stage.up(two, next), /Throttling.*Run again in a minute/);
    unchanged();
  });

  it("does not hold up a revocation or a destroy, nor asks", async () => {
    stage.iam.denies("GetAccessKeyLastUsed");
    for (const key of stage.iam.ids()) use(key, 0);
    const made = await stage.up(two, { ...inputs, revocationTrigger: 1 });
    assert.deepEqual(stage.iam.ids(), [id(made)]);
    use(id(made), 0);
    await stage.provider.delete("id", made);
    assert.deepEqual(stage.iam.ids(), []);
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
    stage.clock.time += 2 * DAY;
    assert.equal((await stage.up(waiting, both)).previousAccessKeyId, accessKeyId);
  });

  it("a refresh says nothing of a use for which a key was left alone", async () => {
    use(id(one), HOUR);
    const waiting = await stage.up(two, next);
    stage.said = [];
    assert.deepEqual(await stage.read(waiting), waiting);
    assert.deepEqual(stage.said, []);
  });

  it("changed, and nothing else: no update, no call, nothing said", async () => {
    stage.said = [];
    for (const lastUsedGuard of ["1s", "9d", undefined])
      assert.equal((await stage.provider.diff("id", two, { ...inputs, lastUsedGuard })).changes, false);
    assert.deepEqual([stage.iam.calls, stage.said], [[], []]);
  });

  it("is today's", async () => {
    use(id(one), HOUR);
    const waiting = await stage.up(two, { ...next, lastUsedGuard: "61m" });
    assert.equal(waiting.rotationTrigger, 2);
    assert.equal((await stage.up(waiting, { ...next, lastUsedGuard: "30m" })).rotationTrigger, 3);
  });
});
