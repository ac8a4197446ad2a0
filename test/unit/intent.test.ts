import assert from "node:assert/strict";
import { intentOf, type Triggers, unknownIn } from "../../provider/decide/intent";
import type { Intent } from "../../provider/decide/plan";
import { foresee } from "../../provider/lifecycle/foresee";
import { toOutputs } from "../../provider/lifecycle/record";
import type { Inputs } from "../../provider/model/inputs";
import { managedKeys } from "../../provider/model/managedKeys";
import { UNKNOWN } from "../../provider/model/unknowns";
import { userArn } from "../harness/stage";

const createdAt = "2026-11-01T00:00:00Z";
const key = (accessKeyId: string) => ({ accessKeyId, secretAccessKey: `secret of ${accessKeyId}` });
const keys = managedKeys({ userId: "AIDA", current: { ...key("A"), createdAt }, previous: { ...key("B"), createdAt } });

/** What is asked for by these inputs, after those. */
function asked(olds: Partial<Inputs>, news: Partial<Inputs>, answered?: Triggers, now = createdAt): Intent {
  const change = { olds: { userArn, ...olds }, news: { userArn, ...news }, answered };
  return intentOf(change, keys, new Date(now));
}

describe("what inputs ask for", () => {
  it("nothing, where nothing changed", () => {
    const same = { rotationTrigger: 1, revocationTrigger: 1, state: { current: key("A") } };
    assert.deepEqual(asked(same, same), {});
  });

  it("what holds for every decision is handed on: the grace period and the guard", () => {
    assert.deepEqual(asked({}, { gracePeriod: "7d", lastUsedGuard: "2d" }), { gracePeriod: "7d", lastUsedGuard: "2d" });
  });

  describe("a rotation", () => {
    const rotate = "rotationTrigger changed";
    it("by a changed trigger, once for a value, also where a failed run has answered it", () => {
      assert.deepEqual(asked({ rotationTrigger: 1 }, { rotationTrigger: 2 }), { rotate });
      assert.deepEqual(asked({ rotationTrigger: 1 }, { rotationTrigger: 2 }, { rotationTrigger: 2 }), {});
      assert.deepEqual(asked({ rotationTrigger: 1 }, { rotationTrigger: 3 }, { rotationTrigger: 2 }), { rotate });
    });
    it("when it is due, to the second", () => {
      const news = { rotateEvery: "1d" };
      assert.deepEqual(asked(news, news, undefined, "2026-11-01T23:59:59Z"), {});
      const due = { rotate: "due since 2026-11-02T00:00:00Z" };
      assert.deepEqual(asked(news, news, undefined, "2026-11-02T00:00:00Z"), due);
    });
    it("by a trigger, and due as well: the trigger is the reason", () => {
      const news = { rotationTrigger: 1, rotateEvery: "1d" };
      assert.deepEqual(asked({}, news, undefined, "2026-12-01T00:00:00Z"), { rotate });
    });
  });

  describe("a revocation", () => {
    it("by a trigger that is added, once for a value, also where a failed run has answered it", () => {
      assert.deepEqual(asked({}, { revocationTrigger: 1 }), { revoke: "revocationTrigger changed" });
      assert.deepEqual(asked({}, { revocationTrigger: 1 }, { revocationTrigger: 1 }), {});
    });
    it("not by one that is taken out: that is tidying up", () =>
      assert.deepEqual(asked({ revocationTrigger: 1 }, {}), {}));
  });

  describe("an adoption", () => {
    const state = { current: key("P"), previous: key("B") };
    it("of a key that is not ours yet, also beside one that is", () => {
      assert.deepEqual(asked({}, { state }), { takesOver: true, adopt: state });
      const alone = { previous: { accessKeyId: "Q" } };
      assert.deepEqual(asked({}, { state: alone }), { takesOver: true, adopt: alone });
    });
    it("not of keys that are ours already: the user is taken over all the same", () => {
      assert.deepEqual(asked({}, { state: { current: key("A"), previous: key("B") } }), { takesOver: true });
      assert.deepEqual(asked({}, { state: { current: key("A") } }), { takesOver: true });
    });
    it("not of a key that was adopted and rotated away since, nor is unknown yet, nor of a `state` that is gone", () => {
      assert.deepEqual(asked({ state }, { state }), {});
      assert.deepEqual(asked({}, { state: { previous: { accessKeyId: UNKNOWN } } }), {});
      assert.deepEqual(asked({ state }, {}), {});
    });
  });
});

describe("a trigger that is a number or a flag where it was text, as a program in another language hands it on", () => {
  const pairs: [text: unknown, value: unknown][] = [
    ["202612", 202612],
    ["-1.5", -1.5],
    ["true", true],
    [{ of: ["202612", { sure: "false" }] }, { of: [202612, { sure: false }] }],
  ];
  const triggers = ["rotationTrigger", "revocationTrigger"] as const;
  for (const [text, value] of pairs) {
    it(`${JSON.stringify(text)} and ${JSON.stringify(value)} are the same, and no change`, () => {
      for (const name of triggers) {
        for (const [old, now] of [
          [text, value],
          [value, text],
        ]) {
          assert.deepEqual(asked({ [name]: old }, { [name]: now }), {});
          assert.deepEqual(asked({ [name]: "before" }, { [name]: now }, { [name]: old }), {});
          const recorded = toOutputs({ userArn, [name]: old }, keys);
          assert.equal(foresee(recorded, { userArn, [name]: now }, new Date(createdAt)).changes, "none");
        }
      }
    });
  }

  it("another number, text that is written otherwise, and nothing are changes", () => {
    for (const value of [202611, "0202612", "202612.0", " 202612", null, undefined, [202612]])
      assert.ok(asked({ rotationTrigger: "202612" }, { rotationTrigger: value }).rotate, JSON.stringify(value));
    assert.ok(asked({ rotationTrigger: "2026.1" }, { rotationTrigger: "2026.10" }).rotate);
    assert.ok(asked({ rotationTrigger: "null" }, {}).rotate);
  });
});

describe("what a preview can't know", () => {
  for (const [news, names] of [
    [{}, []],
    [{ rotationTrigger: UNKNOWN, gracePeriod: UNKNOWN, region: UNKNOWN }, ["rotationTrigger"]],
    [{ rotationTrigger: { a: [UNKNOWN] }, revocationTrigger: UNKNOWN }, ["rotationTrigger", "revocationTrigger"]],
    [{ state: { previous: { accessKeyId: UNKNOWN } } }, ["state"]],
  ] as [Partial<Inputs>, string[]][]) {
    it(`of ${JSON.stringify(news).replaceAll(UNKNOWN, "unknown")} may change keys: ${names}`, () => {
      assert.deepEqual(unknownIn({ userArn, ...news }), names);
    });
  }
});
