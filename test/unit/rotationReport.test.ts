import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { type ReportRow, reportTable } from "../../provider/functions/report";
import { RotatedAccessKey } from "../../provider/program/rotatedAccessKey";
import { rotationReport } from "../../provider/program/rotationReport";
import { settled } from "../harness/outputs";

const NOW = new Date("2026-11-23T09:30:00Z");
const USERS = "arn:aws:iam::123456789012:user";

const deploy: ReportRow = {
  userArn: `${USERS}/ci/deploy`,
  currentAccessKeyId: "AKIADEPLOY0000000002",
  previousAccessKeyId: "AKIADEPLOY0000000001",
  currentCreatedAt: "2026-11-20T09:30:00Z",
  rotationDueAt: "2027-02-18T09:30:00Z",
  previousUntil: "2026-11-27T09:30:00Z",
};
const backup: ReportRow = {
  userArn: `${USERS}/backup`,
  currentAccessKeyId: "AKIABACKUP0000000001",
  currentCreatedAt: "2026-08-20T09:30:00Z",
  rotationDueAt: "2026-11-18T09:30:00Z",
};
const mail: ReportRow = {
  userArn: "arn:aws-cn:iam::123456789012:user/mail",
  currentAccessKeyId: "AKIAMAIL000000000002",
  previousAccessKeyId: "AKIAMAIL000000000001",
  currentCreatedAt: "2026-11-23T04:30:00Z",
};

/** The cells of each row, the head first. */
const rowsOf = (keys: ReportRow[], now = NOW) =>
  reportTable(keys, now)
    .split("\n")
    .filter((_, at) => at !== 1)
    .map((row) =>
      row
        .slice(1, -1)
        .split(" | ")
        .map((cell) => cell.trim()),
    );

describe("rotationReport", () => {
  // Its whole text is compared with docs/schedules.md.
  it("has the key that is due first on top, those without a period last, and the others in the given order", () => {
    const due = "2026-11-18T09:30:00Z";
    const until = "AKIADEPLOY0000000001 until 2026-11-27T09:30:00Z";
    const [head, ...rows] = rowsOf([mail, deploy, backup, { ...deploy, userArn: `${USERS}/a` }]);
    assert.equal(head?.length, 5);
    assert.deepEqual(rows, [
      ["backup", "AKIABACKUP0000000001", "2026-08-20T09:30:00Z", `**due since ${due}**`, "–"],
      ["deploy", "AKIADEPLOY0000000002", "2026-11-20T09:30:00Z", "2027-02-18T09:30:00Z", until],
      ["a", "AKIADEPLOY0000000002", "2026-11-20T09:30:00Z", "2027-02-18T09:30:00Z", until],
      ["mail", "AKIAMAIL000000000002", "2026-11-23T04:30:00Z", "–", "AKIAMAIL000000000001 until the next rotation"],
    ]);
    assert.deepEqual(rowsOf([]), [head], "of no key");
    // Else a fleet's whole table is shown as changed by each run.
    const tomorrow = new Date(NOW.getTime() + 86_400_000);
    assert.equal(reportTable([mail, deploy], tomorrow), reportTable([mail, deploy], NOW));
  });

  for (const [title, key, told] of [
    ["since when a key is deactivated", { previousDeactivatedAt: "2026-11-22" }, "0001 deactivated since 2026-11-22 |"],
    [
      "a key as due from its second on",
      { rotationDueAt: "2026-11-23T09:30:00Z" },
      "**due since 2026-11-23T09:30:00Z**",
    ],
    ["and not before", { rotationDueAt: "2026-11-23T09:30:01Z" }, "| 2026-11-23T09:30:01Z |"],
    ["a key that a refresh found gone", { currentAccessKeyId: undefined, currentCreatedAt: undefined }, "| none "],
    ["unmanaged keys alone", { unmanagedAccessKeyIds: ["AKIA1"], pending: [] }, "| Unmanaged |"],
  ] as const) {
    it(`tells ${title}`, () => {
      const text = reportTable([{ ...deploy, ...key } as ReportRow], NOW);
      assert.ok(text.includes(told), text);
    });
  }

  it("says what is pending, and which keys are unmanaged, where there is something", async () => {
    const because = { because: "use", message: "a sentence" } as const;
    const pending: ReportRow["pending"] = [
      { what: "rotation", ...because, until: "2026-11-24T09:00:00Z", accessKeyId: "AKIADEPLOY0000000001" },
      { what: "adoption", because: "unmanagedKey", message: "another", blocked: true },
    ];
    const key = { ...deploy, pending, unmanagedAccessKeyIds: ["AKIA1", "AKIA2"], previousDeactivatedAt: "2026-11-22" };
    const rows = rowsOf([key, backup]);
    assert.deepEqual(
      rows.map((row) => row.slice(5)),
      [
        ["Pending", "Unmanaged"],
        ["–", "–"],
        [
          "rotation (use AKIADEPLOY0000000001 until 2026-11-24T09:00:00Z); **blocked**: adoption (unmanagedKey)",
          "AKIA1, AKIA2",
        ],
      ],
    );
    const outputs = Object.fromEntries(Object.entries(key).map(([name, value]) => [name, pulumi.output(value)]));
    assert.equal(await settled(rotationReport([outputs as never], NOW)), reportTable([key], NOW), "of a program");
  });

  it("of resources holds no secret, is none itself, and is of today when not told", async () => {
    const currentCreatedAt = new Date(Date.now() - 3 * 86_400_000).toISOString();
    const key = { accessKeyId: "AKIANEW0000000000000", secretAccessKey: "the secret", createdAt: currentCreatedAt };
    const ids = { currentAccessKeyId: key.accessKeyId, previousAccessKeyId: "AKIAOLD0000000000000" };
    await pulumi.runtime.setMocks({
      call: () => ({}),
      newResource: ({ inputs }) => ({
        id: "id",
        state: { ...inputs, ...ids, currentCreatedAt, current: key, previous: key, unmanagedAccessKeyIds: ["AKIA1"] },
      }),
    });
    const login = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "the secret of the login" };
    const inputs = { userArn: `${USERS}/ci/deploy`, login, rotateEvery: "1d", gracePeriod: "1d" };
    const text = rotationReport([new RotatedAccessKey("ci", inputs)]);
    assert.equal(await pulumi.isSecret(text), false);
    const table = await settled(text);
    assert.doesNotMatch(table, /the secret/);
    assert.match(table, /\| deploy \| AKIANEW0+ \| \S+Z \| \*\*due since \S+Z\*\* \| AKIAOLD0+ until \S+ \| AKIA1 /);
  });
});
