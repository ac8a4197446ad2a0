import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { reportTable } from "../../provider/functions/report";
import { bash } from "../harness/bash";
import { ROOT } from "../harness/dist";
import { section } from "../harness/markdown";

const PAGE = readFileSync(join(ROOT, "docs/schedules.md"), "utf8");

/** The text of the one block of code in a section. */
function block(title: string): string {
  const [, text = ""] = /^```(?:\w+)?\n([\s\S]*?)^```/m.exec(section(PAGE, title)) ?? [];
  return text.trimEnd();
}

describe("docs/schedules.md", () => {
  it("shows a report as it is", () => {
    const user = "arn:aws:iam::123456789012:user/ci";
    const report = reportTable(
      [
        {
          userArn: `${user}/builder`,
          currentAccessKeyId: "AKIA4EXAMPLEBUILDER2",
          currentCreatedAt: "2026-10-28T06:00:00Z",
          rotationDueAt: "2027-01-26T06:00:00Z",
          previousAccessKeyId: "AKIA4EXAMPLEBUILDER1",
          previousUntil: "2026-11-04T06:00:00Z",
        },
        {
          userArn: `${user}/uploader`,
          currentAccessKeyId: "AKIA4EXAMPLEUPLOADER",
          currentCreatedAt: "2026-08-02T06:00:00Z",
          rotationDueAt: "2026-10-31T06:00:00Z",
        },
      ],
      new Date("2026-11-01T06:00:00Z"),
    );
    assert.equal(block("Report"), report);
  });

  for (const [title, stack, ends] of [
    ["fails where something is blocked or overdue", "overdue", 1],
    ["is quiet where nothing is", "fine", 0],
    ["fails where there is no stack", "", 1],
  ] as const) {
    it(`has an alarm for a step of its own, which ${title}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "rotator-alarm-"));
      const put = (name: string, script: string) => {
        writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
        chmodSync(join(folder, name), 0o755);
      };
      try {
        put("pulumi", `[ "$*" = "stack export" ] && [ -n '${stack}' ] && echo '${stack}'`);
        put("npx", '[ "$*" = "--no pulumi-aws-iam-rotator report --check" ] && read -r stack && [ "$stack" = fine ]');
        const env = { PATH: [folder, process.env.PATH].join(delimiter) };
        const { exitCode } = await bash(block("An alarm"), { env });
        assert.equal(exitCode, ends);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
