import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { rotationReport } from "../../provider/program/rotationReport";
import { bash } from "../support/bash";
import { ROOT } from "../support/dist";
import { section } from "../support/markdown";

const PAGE = readFileSync(join(ROOT, "docs/schedules.md"), "utf8");

/** The text of the one block of code in a section. */
function block(title: string): string {
  const [, text = ""] = /^```(?:\w+)?\n([\s\S]*?)^```/m.exec(section(PAGE, title)) ?? [];
  return text.trimEnd();
}

const key = (userName: string, id: string, rotatedAt: string, due: string, more: Record<string, string> = {}) => {
  const plain = { userArn: `arn:aws:iam::123456789012:user/${userName}`, currentAccessKeyId: id, rotatedAt, ...more };
  const names = ["userArn", "currentAccessKeyId", "previousAccessKeyId", "rotatedAt", "previousUntil"];
  const outputs = names.map((name) => [name, pulumi.output((plain as Record<string, string>)[name])]);
  return { ...Object.fromEntries(outputs), rotationDueAt: pulumi.output(due) };
};

describe("docs/schedules.md", () => {
  it("shows a report as it is", async () => {
    const keys = [
      key("ci/builder", "AKIA4EXAMPLEBUILDER2", "2026-10-28T06:00:00Z", "2027-01-26T06:00:00Z", {
        previousAccessKeyId: "AKIA4EXAMPLEBUILDER1",
        previousUntil: "2026-11-04T06:00:00Z",
      }),
      key("ci/uploader", "AKIA4EXAMPLEUPLOADER", "2026-08-02T06:00:00Z", "2026-10-31T06:00:00Z"),
    ];
    const report = rotationReport(keys as never, new Date("2026-11-01T06:00:00Z"));
    assert.equal(block("Report"), await new Promise((resolve) => report.apply(resolve)));
  });

  for (const [title, text, code] of [
    ["fails for a rotation that is due", "| uploader | **due since 2026-10-31T06:00:00Z** |", 1],
    ["is quiet where none is", "| uploader | 2027-01-26T06:00:00Z |", 0],
    ["fails for a program without a report", "", 1],
  ] as const) {
    it(`has an alarm for a step of its own, which ${title}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "rotator-alarm-"));
      try {
        writeFileSync(
          join(folder, "pulumi"),
          `#!/bin/sh\n[ "$*" = "stack output readme" ] && [ -n '${text}' ] && echo '${text}'\n`,
        );
        chmodSync(join(folder, "pulumi"), 0o755);
        const env = { PATH: [folder, process.env.PATH].join(delimiter) };
        const { exitCode, stdout } = await bash(block("An alarm"), { env });
        assert.deepEqual([exitCode, stdout], [code, code ? text : ""]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
