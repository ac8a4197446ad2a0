import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { rotationReport } from "../../provider/program/rotationReport";
import { bash } from "../harness/bash";
import { ROOT } from "../harness/dist";
import { column, section, tables } from "../harness/markdown";

const PAGE = readFileSync(join(ROOT, "docs/schedules.md"), "utf8");

/** The text of the one block of code in a section. */
function block(title: string): string {
  const [, text = ""] = /^```(?:\w+)?\n([\s\S]*?)^```/m.exec(section(PAGE, title)) ?? [];
  return text.trimEnd();
}

const key = (
  userName: string,
  id: string,
  currentCreatedAt: string,
  due: string,
  more: Record<string, string> = {},
) => {
  const plain = {
    userArn: `arn:aws:iam::123456789012:user/${userName}`,
    currentAccessKeyId: id,
    currentCreatedAt,
    ...more,
  };
  const names = ["userArn", "currentAccessKeyId", "previousAccessKeyId", "currentCreatedAt", "previousUntil"];
  const outputs = names.map((name) => [name, pulumi.output((plain as Record<string, string>)[name])]);
  return { ...Object.fromEntries(outputs), rotationDueAt: pulumi.output(due) };
};

describe("docs/schedules.md", () => {
  it("names every part of what is pending, and every reason for it", () => {
    const source = readFileSync(join(ROOT, "provider/model/pending.ts"), "utf8");
    const [parts = [], reasons = []] = tables(section(PAGE, "Pending and blocked"));
    const codes = (cells: string[]) => cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    const [, fields = ""] = /interface Pending \{([\s\S]*?)\n\}/.exec(source) ?? [];
    assert.deepEqual(
      codes(column(parts, 0)),
      [...fields.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name),
    );
    const [, union = ""] = /type Because =([^;]*);/.exec(source) ?? [];
    assert.deepEqual(codes(column(reasons, 0)).sort(), [...union.matchAll(/"(\w+)"/g)].map(([, name]) => name).sort());
  });

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
