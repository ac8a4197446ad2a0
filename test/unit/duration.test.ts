import assert from "node:assert/strict";
import fc from "fast-check";
import { checkInputs } from "../../provider/lifecycle/checkInputs";
import { after, inWords, parseDuration } from "../../provider/model/duration";
import { UNKNOWN } from "../../provider/model/unknowns";

const userArn = "arn:aws:iam::123456789012:user/ci/deployer";
const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];

describe("a duration", () => {
  for (const [text, milliseconds] of [
    ["1s", SECOND],
    ["30m", 30 * MINUTE],
    ["12h", 12 * HOUR],
    ["90d", 90 * DAY],
    ["2w", 14 * DAY],
    ["100000000s", 100_000_000 * SECOND],
    ["7305d", 7305 * DAY], // twenty years
  ] as const) {
    it(`${text} is ${milliseconds} ms`, () => assert.equal(parseDuration(text), milliseconds));
  }

  for (const [what, ...values] of [
    ["no number, or no unit", "", "d", "90", "90 d", " 90d", "90d ", "90d\n"],
    ["another number", "0d", "090d", "-90d", "+90d", "1.5h", ".5h", "1,5h", "1e3d"],
    ["another unit", "90D", "90days", "90ms", "1y", "1d12h", "P90D", "0 0 * * 1"],
    ["too long", "7306d", "999999999999999w", `${"9".repeat(400)}d`],
    ["what looks like it", "٩٠d", "９０d", "90ԁ", "−90d", "90\u200bd"],
    ["no text", 90, 0, Number.NaN, true, ["90d"], { days: 90 }, { toString: () => "90d" }, null, undefined],
  ] as [string, ...unknown[]][]) {
    it(`is refused: ${what}`, () => {
      for (const value of values) assert.equal(parseDuration(value), undefined, String(value));
    });
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

  it("tells each bad property by its own name, and what would be good", () => {
    const all = failures({ rotateEvery: "0d", gracePeriod: 7, deactivatePeriod: "1y", lastUsedGuard: "soon" });
    const names = ["rotateEvery", "gracePeriod", "deactivatePeriod", "lastUsedGuard"];
    assert.deepEqual(
      all.map(({ property }) => property),
      names,
    );
    for (const { reason } of all) assert.match(reason, /not a duration: .* s, m, h, d or w, /);
    for (const name of names) assert.deepEqual(failures({ gracePeriod: "1d", [name]: null }).length, 0, name);
  });

  const [of90, tooLong] = [{ rotateEvery: "90d", gracePeriod: "7d" }, /^is longer than rotateEvery/];
  const together = /^and gracePeriod together are longer than rotateEvery/;
  for (const [inputs, property, reason] of [
    [of90],
    [{ rotateEvery: "7d", gracePeriod: "7d" }],
    [{ rotateEvery: "7d", gracePeriod: "1w" }],
    [{ rotateEvery: "7d", gracePeriod: "8d" }, "gracePeriod", tooLong],
    [{ rotateEvery: "7d", gracePeriod: "8d", deactivatePeriod: UNKNOWN }, "gracePeriod", tooLong],
    [{ rotateEvery: "7d", gracePeriod: "8d", deactivatePeriod: "1s" }, "gracePeriod", tooLong],
    [{ rotateEvery: "1h", gracePeriod: "61m" }, "gracePeriod", tooLong],
    [{ rotateEvery: "1s", gracePeriod: "7305d" }, "gracePeriod", tooLong],
    [{ rotateEvery: UNKNOWN, gracePeriod: "90d" }],
    [{ rotateEvery: "1d", gracePeriod: UNKNOWN }],
    [{ rotateEvery: "0d", gracePeriod: "90d" }, "rotateEvery", /^is not a duration/],
    [{ gracePeriod: "7d", deactivatePeriod: "100d" }],
    [{ ...of90, deactivatePeriod: "83d" }],
    [{ ...of90, deactivatePeriod: UNKNOWN }],
    [{ ...of90, deactivatePeriod: "84d" }, "deactivatePeriod", together],
    [{ rotateEvery: "7d", gracePeriod: "7d", deactivatePeriod: "1d" }, "deactivatePeriod", together],
    [{ rotateEvery: "90d", deactivatePeriod: "7d" }, "deactivatePeriod", /^needs gracePeriod/],
    [{ deactivatePeriod: UNKNOWN }],
    [{ gracePeriod: UNKNOWN, rotateEvery: "1d", deactivatePeriod: "7d" }],
    [{ gracePeriod: "7305d", lastUsedGuard: "7305d" }],
    [{ rotateEvery: "1d", lastUsedGuard: "90d" }],
  ] as [Record<string, string>, string?, RegExp?][]) {
    it(`${JSON.stringify(inputs).replace(UNKNOWN, "unknown")} is ${property ? "refused" : "accepted"}`, () => {
      const found = failures(inputs);
      assert.deepEqual(
        found.map((failure) => failure.property),
        property ? [property] : [],
      );
      assert.match(found[0]?.reason ?? "", reason ?? /^$/);
    });
  }
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
    for (const moment of [undefined, ""]) assert.equal(after(moment, "90d"), undefined);
    for (const none of [undefined, "soon", UNKNOWN]) assert.equal(after("2026-11-01T00:00:00Z", none), undefined);
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
