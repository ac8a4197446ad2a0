import assert from "node:assert/strict";
import fc from "fast-check";
import { checkInputs } from "../../provider/lifecycle/checkInputs";
import { after, inWords, parseDuration } from "../../provider/model/duration";
import { UNKNOWN } from "../../provider/model/unknowns";

const userArn = "arn:aws:iam::123456789012:user/ci/deployer";
const NAMES = ["rotateEvery", "gracePeriod", "deactivatePeriod", "lastUsedGuard"];
const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];

const good: [string, number][] = [
  ["1s", SECOND],
  ["30m", 30 * MINUTE],
  ["12h", 12 * HOUR],
  ["90d", 90 * DAY],
  ["2w", 14 * DAY],
  ["100000000s", 100_000_000 * SECOND],
  ["7305d", 7305 * DAY], // twenty years
];

const bad: [string, unknown][] = [
  ["the empty text", ""],
  ["zero", "0d"],
  ["a leading zero", "090d"],
  ["negative", "-90d"],
  ["a plus sign", "+90d"],
  ["a fraction", "1.5h"],
  ["a fraction without its zero", ".5h"],
  ["a comma", "1,5h"],
  ["an exponent", "1e3d"],
  ["no unit", "90"],
  ["a unit alone", "d"],
  ["a space before the unit", "90 d"],
  ["a space before", " 90d"],
  ["a space behind", "90d "],
  ["a line end behind", "90d\n"],
  ["a capital unit", "90D"],
  ["a unit written out", "90days"],
  ["milliseconds", "90ms"],
  ["years", "1y"],
  ["two units", "1d12h"],
  ["ISO 8601", "P90D"],
  ["a cron line", "0 0 * * 1"],
  ["a day more than twenty years", "7306d"],
  ["more than a Date can hold", "999999999999999w"],
  ["more digits than a number has", `${"9".repeat(400)}d`],
  ["digits of another script", "٩٠d"],
  ["full-width digits", "９０d"],
  ["a letter that looks like d", "90ԁ"],
  ["a minus sign of typography", "−90d"],
  ["a zero-width space", "90\u200bd"],
  ["a number", 90],
  ["zero as a number", 0],
  ["NaN", Number.NaN],
  ["true", true],
  ["a list", ["90d"]],
  ["an object", { days: 90 }],
  ["an object that turns into a good text", { toString: () => "90d" }],
];

describe("a duration", () => {
  for (const [text, milliseconds] of good) {
    it(`${text} is ${milliseconds} ms`, () => assert.equal(parseDuration(text), milliseconds));
  }
  for (const [title, value] of [...bad, ["null", null], ["undefined", undefined]]) {
    it(`is refused: ${title}`, () => assert.equal(parseDuration(value), undefined));
  }
  it("of any whole number and unit within twenty years is its product", () => {
    const units = { s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7305 * DAY }), fc.constantFrom("s", "m", "h", "d", "w"), (count, unit) => {
        const length = count * units[unit];
        assert.equal(parseDuration(`${count}${unit}`), length <= 7305 * DAY ? length : undefined);
      }),
    );
  });
});

describe("checkInputs, of durations", () => {
  const failures = (props: Record<string, unknown>) => checkInputs({ userArn, ...props }).failures;
  /** What each needs beside it. */
  const beside = (name: string) => (name === "deactivatePeriod" ? { gracePeriod: "1d" } : {});

  for (const name of NAMES) {
    it(`accepts ${name} where it is good, left out, null or unknown`, () => {
      for (const value of [...good.map(([text]) => text), undefined, null, UNKNOWN]) {
        assert.deepEqual(failures({ ...beside(name), [name]: value }), [], String(value));
      }
    });
    it(`names ${name} where it is bad, and says what would be good`, () => {
      for (const [title, value] of bad) {
        const [failure, ...others] = failures({ ...beside(name), [name]: value });
        assert.deepEqual([failure?.property, others], [name, []], title);
        assert.match(failure?.reason ?? "", /not a duration: a whole number of s, m, h, d or w, .* example 90d or 12h/);
      }
    });
  }

  it("tells each bad property by its own name", () => {
    const all = failures({ rotateEvery: "0d", gracePeriod: 7, deactivatePeriod: "1y", lastUsedGuard: "soon" });
    assert.deepEqual(
      all.map(({ property }) => property),
      NAMES,
    );
  });

  const pairs: [string, string, boolean][] = [
    ["90d", "7d", true],
    ["7d", "7d", true],
    ["7d", "1w", true],
    ["7d", "8d", false],
    ["1h", "61m", false],
    ["1s", "7305d", false],
    [UNKNOWN, "90d", true],
    ["1d", UNKNOWN, true],
    ["0d", "90d", false],
  ];
  for (const [rotateEvery, gracePeriod, ok] of pairs) {
    it(`rotateEvery ${rotateEvery} with gracePeriod ${gracePeriod} is ${ok ? "accepted" : "refused"}`, () => {
      const found = failures({ rotateEvery, gracePeriod });
      assert.equal(found.length, ok ? 0 : 1);
      assert.deepEqual(failures({ rotateEvery, gracePeriod, deactivatePeriod: UNKNOWN }), found);
      if (!ok && rotateEvery !== "0d") {
        assert.deepEqual(
          failures({ rotateEvery, gracePeriod, deactivatePeriod: "1s" }).map(({ property }) => property),
          ["gracePeriod"],
          "said once",
        );
      }
      if (!ok && rotateEvery !== "0d") assert.match(found[0]?.reason ?? "", /is longer than rotateEvery/);
    });
  }
  for (const [inputs, wrong] of [
    [{ gracePeriod: "7d", deactivatePeriod: "100d" }, undefined],
    [{ rotateEvery: "90d", gracePeriod: "7d", deactivatePeriod: "83d" }, undefined],
    [{ rotateEvery: "90d", gracePeriod: "7d", deactivatePeriod: "84d" }, /^and gracePeriod together are longer than/],
    [{ rotateEvery: "7d", gracePeriod: "7d", deactivatePeriod: "1d" }, /^and gracePeriod together are longer than/],
    [{ rotateEvery: "90d", deactivatePeriod: "7d" }, /^needs gracePeriod/],
    [{ deactivatePeriod: UNKNOWN }, undefined],
    [{ gracePeriod: UNKNOWN, rotateEvery: "1d", deactivatePeriod: "7d" }, undefined],
  ] as const) {
    it(`${JSON.stringify(inputs).replace(UNKNOWN, "unknown")} is ${wrong ? "refused" : "accepted"}`, () => {
      const found = failures(inputs);
      assert.deepEqual(
        found.map(({ property }) => property),
        wrong ? ["deactivatePeriod"] : [],
      );
      if (wrong) assert.match(found[0]?.reason ?? "", wrong);
    });
  }
  it("accepts any gracePeriod, and any lastUsedGuard, without rotateEvery", () => {
    assert.deepEqual(failures({ gracePeriod: "7305d", lastUsedGuard: "7305d" }), []);
    assert.deepEqual(failures({ rotateEvery: "1d", lastUsedGuard: "90d" }), []);
  });
});

describe("a moment after another", () => {
  const table: [string, string, string][] = [
    ["2026-11-01T00:00:00Z", "90d", "2027-01-30T00:00:00Z"],
    ["2028-02-28T23:59:59Z", "1d", "2028-02-29T23:59:59Z"],
    ["2026-12-31T23:59:30Z", "30s", "2027-01-01T00:00:00Z"],
    // Clocks change on this day in Europe: a day is 24 hours all the same.
    ["2026-10-24T12:00:00Z", "1d", "2026-10-25T12:00:00Z"],
    ["2026-11-01T01:00:00+01:00", "12h", "2026-11-01T12:00:00Z"],
    ["2026-11-01T00:00:00.750Z", "1m", "2026-11-01T00:01:00Z"],
  ];
  for (const [moment, duration, then] of table) {
    it(`${moment} and ${duration} is ${then}`, () => assert.equal(after(moment, duration), then));
  }
  it("is none without a moment or a good duration", () => {
    for (const [moment, duration] of [
      [undefined, "90d"],
      ["", "90d"],
      ["2026-11-01T00:00:00Z", undefined],
    ]) {
      assert.equal(after(moment, duration), undefined);
    }
    assert.equal(after("2026-11-01T00:00:00Z", "soon"), undefined);
    assert.equal(after("2026-11-01T00:00:00Z", UNKNOWN), undefined);
  });
  it("is the same in every time zone", () => {
    const zone = process.env.TZ;
    try {
      for (const TZ of ["UTC", "Asia/Kolkata", "America/St_Johns", "Pacific/Kiritimati"]) {
        process.env.TZ = TZ;
        assert.equal(after("2026-10-24T12:00:00Z", "2d"), "2026-10-26T12:00:00Z");
      }
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });
});

describe("a length of time in words", () => {
  const table: [number, string][] = [
    [3 * DAY, "3 days"],
    [DAY, "1 day"],
    [5 * HOUR, "5 hours"],
    [MINUTE, "1 minute"],
    [45 * SECOND, "45 seconds"],
  ];
  for (const [milliseconds, words] of table) it(words, () => assert.equal(inWords(milliseconds), words));
  it("is a second at least, whatever the clock says", () => {
    for (const length of [-5 * MINUTE, 0, 400]) assert.equal(inWords(length), "1 second");
  });
});
