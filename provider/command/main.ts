#!/usr/bin/env node
import { text } from "node:stream/consumers";
import { reportOf } from "./report";

const USAGE = `Usage: pulumi stack export | npx --no pulumi-aws-iam-rotator report [--check]

Prints a table of the stack's rotated keys as they stand today: when each was made and is due, what is pending, unmanaged keys.
Nothing is decrypted, and AWS is not asked. With --check it ends with 1 if something is blocked or overdue, or if the stack
has no rotated keys; so it serves as an alarm, also after a run that failed.
`;

/** What was asked for can't be done at all. */
const FAILED = 2;

async function main([command, ...options]: string[]): Promise<number> {
  const isKnown = command === "report" && options.every((option) => option === "--check");
  if (!isKnown || process.stdin.isTTY) {
    process.stderr.write(USAGE);
    return FAILED;
  }
  const { table, alarms } = reportOf(await text(process.stdin), new Date());
  process.stdout.write(`${table}\n`);
  for (const alarm of alarms) process.stderr.write(`${alarm}\n`);
  return options.includes("--check") && alarms.length > 0 ? 1 : 0;
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = FAILED;
  },
);
