import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { ReportRow } from "../../provider/functions/report";
import type { Pending } from "../../provider/model/pending";
import { RotatedAccessKey } from "../../provider/program/rotatedAccessKey";
import { type ReportedKey, rotationReport } from "../../provider/program/rotationReport";

const NOW = new Date("2026-11-23T09:30:00Z");

type Plain = ReportRow;

const outputs = (plain: Plain): ReportedKey => ({
  userArn: pulumi.output(plain.userArn),
  currentAccessKeyId: pulumi.output(plain.currentAccessKeyId as string),
  previousAccessKeyId: pulumi.output(plain.previousAccessKeyId),
  currentCreatedAt: pulumi.output(plain.currentCreatedAt as string),
  rotationDueAt: pulumi.output(plain.rotationDueAt),
  previousUntil: pulumi.output(plain.previousUntil),
  previousDeactivatedAt: pulumi.output(plain.previousDeactivatedAt),
  ...(plain.pending && { pending: pulumi.output(plain.pending) }),
  ...(plain.unmanagedAccessKeyIds && { unmanagedAccessKeyIds: pulumi.output(plain.unmanagedAccessKeyIds) }),
});

const settled = <T>(output: pulumi.Output<T>) =>
  new Promise<T>((resolve) => void output.apply((value) => resolve(value)));
const report = (...keys: Plain[]) => settled(rotationReport(keys.map(outputs), NOW));

const deploy: Plain = {
  userArn: "arn:aws:iam::123456789012:user/ci/deploy",
  currentAccessKeyId: "AKIADEPLOY0000000002",
  previousAccessKeyId: "AKIADEPLOY0000000001",
  currentCreatedAt: "2026-11-20T09:30:00Z",
  rotationDueAt: "2027-02-18T09:30:00Z",
  previousUntil: "2026-11-27T09:30:00Z",
};
const backup: Plain = {
  userArn: "arn:aws:iam::123456789012:user/backup",
  currentAccessKeyId: "AKIABACKUP0000000001",
  currentCreatedAt: "2026-08-20T09:30:00Z",
  rotationDueAt: "2026-11-18T09:30:00Z",
};
const mail: Plain = {
  userArn: "arn:aws-cn:iam::123456789012:user/mail",
  currentAccessKeyId: "AKIAMAIL000000000002",
  previousAccessKeyId: "AKIAMAIL000000000001",
  currentCreatedAt: "2026-11-23T04:30:00Z",
};

describe("rotationReport", () => {
  it("says since when a key is deactivated, and not until when it was valid", async () => {
    const text = await report({ ...deploy, previousDeactivatedAt: "2026-11-22T00:00:00Z" });
    assert.match(text, /AKIADEPLOY0000000001 deactivated since 2026-11-22T00:00:00Z \|$/m);
  });

  it("says what is pending, and which keys are unmanaged, where there is something", async () => {
    const because = { because: "use", message: "a sentence" } as const;
    const pending: Pending[] = [
      { what: "rotation", ...because, until: "2026-11-24T09:00:00Z", accessKeyId: "AKIADEPLOY0000000001" },
      { what: "adoption", because: "unmanagedKey", message: "another", blocked: true },
    ];
    const text = await report({ ...deploy, pending, unmanagedAccessKeyIds: ["AKIA1", "AKIA2"] }, backup);
    const [head = "", , first = "", second = ""] = text.split("\n").map((line) => line.replace(/ +\|/g, " |"));
    assert.match(head, /\| Pending \| Unmanaged \|$/);
    assert.match(first, /\| – \| – \|$/);
    const told =
      "rotation (use AKIADEPLOY0000000001 until 2026-11-24T09:00:00Z); **blocked**: adoption (unmanagedKey) | AKIA1, AKIA2 |";
    assert.ok(second.endsWith(`| ${told}`), second);
    assert.match(
      await report({ ...deploy, unmanagedAccessKeyIds: ["AKIA1"], pending: [] }),
      /Previous key +\| Unmanaged \|/,
    );
  });

  it("is a Markdown table, the key that is due first on top, those without a period last", async () => {
    assert.equal(
      await report(mail, deploy, backup),
      [
        "| User   | Current key          | Made                 | Rotation due                       | Previous key                                    |",
        "| ------ | -------------------- | -------------------- | ---------------------------------- | ----------------------------------------------- |",
        "| backup | AKIABACKUP0000000001 | 2026-08-20T09:30:00Z | **due since 2026-11-18T09:30:00Z** | –                                               |",
        "| deploy | AKIADEPLOY0000000002 | 2026-11-20T09:30:00Z | 2027-02-18T09:30:00Z               | AKIADEPLOY0000000001 until 2026-11-27T09:30:00Z |",
        "| mail   | AKIAMAIL000000000002 | 2026-11-23T04:30:00Z | –                                  | AKIAMAIL000000000001 until the next rotation    |",
      ].join("\n"),
    );
  });

  it("marks a key as due from its second on", async () => {
    const dueAt = (rotationDueAt: string) => report({ ...backup, rotationDueAt });
    assert.match(await dueAt("2026-11-23T09:30:00Z"), /\*\*due since 2026-11-23T09:30:00Z\*\*/);
    assert.doesNotMatch(await dueAt("2026-11-23T09:30:01Z"), /due since/);
  });

  it("keeps the given order among those due at the same time, and the list it was given", async () => {
    const keys = ["c", "a", "b"].map((name) => ({ ...deploy, userArn: `arn:aws:iam::123456789012:user/${name}` }));
    const rows = (await report(...keys)).split("\n").slice(2);
    assert.deepEqual(
      rows.map((row) => row[2]),
      ["c", "a", "b"],
    );
  });

  it("of no key is a table without rows", async () => {
    assert.deepEqual((await report()).split("\n").length, 2);
  });

  it("has a row for a key that a refresh found gone", async () => {
    const { currentAccessKeyId: _, currentCreatedAt: __, rotationDueAt: ___, ...gone } = deploy;
    assert.match(await report(gone), /\| deploy \| none +\| – +\| – +\| AKIADEPLOY0000000001/);
  });

  it("is the same a day later, where nothing else is: else a fleet's whole table is shown as changed by each run", async () => {
    const on = (day: string) => settled(rotationReport([mail, deploy].map(outputs), new Date(`${day}T09:30:00Z`)));
    assert.equal(await on("2026-11-24"), await on("2026-11-25"));
  });

  it("of resources holds no secret, is none itself, and is of today when not told", async () => {
    const currentCreatedAt = new Date(Date.now() - 3 * 86_400_000).toISOString();
    const key = {
      accessKeyId: "AKIANEW0000000000000",
      secretAccessKey: "the secret made",
      createdAt: currentCreatedAt,
    };
    await pulumi.runtime.setMocks({
      call: () => ({}),
      newResource: ({ inputs }) => ({
        id: "id",
        state: {
          ...inputs,
          currentCreatedAt,
          current: key,
          previous: { ...key, secretAccessKey: "the secret before" },
          currentAccessKeyId: key.accessKeyId,
          previousAccessKeyId: "AKIAOLD0000000000000",
        },
      }),
    });
    const login = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "the secret of the login" };
    const userArn = "arn:aws:iam::123456789012:user/ci/deploy";
    const resource = new RotatedAccessKey("ci", { userArn, login, rotateEvery: "1d", gracePeriod: "1d" });
    const text = rotationReport([resource]);
    assert.equal(await pulumi.isSecret(text), false);
    const table = await settled(text);
    assert.doesNotMatch(table, /the secret/);
    assert.match(
      table,
      /\| deploy \| AKIANEW0000000000000 \| \S+Z \| \*\*due since .*Z\*\* \| AKIAOLD0000000000000 until/,
    );
  });
});
