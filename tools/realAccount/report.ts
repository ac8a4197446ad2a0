import type { Watched } from "./run";

/** One thing that was settled. */
export interface Row {
  what: string;
  expected: string;
  seen: string;
  asExpected: boolean;
}

/** What was seen so far. */
export class Report {
  readonly rows: Row[] = [];
  readonly #say: (line: string) => void;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** @param asExpected if that can't be told by comparing the texts */
  add(what: string, expected: string, seen: string, asExpected = seen === expected): void {
    this.rows.push({ what, expected, seen, asExpected });
    this.#say(`  ${asExpected ? " " : "!"} ${what}: ${seen}`);
  }

  /** An answer that takes its time, and then stays. */
  within(what: string, seconds: number, { after, last, relapses, looks }: Watched): void {
    const came = after === undefined ? `still ${last}` : `after ${after.toFixed(1)} s`;
    const stayed = relapses.length === 0 ? "" : `, then ${relapses.length} of ${looks} times ${relapses[0]}`;
    const asExpected = after !== undefined && after <= seconds && relapses.length === 0;
    this.add(what, `within ${seconds} s, for good`, came + stayed, asExpected);
  }

  get differences(): Row[] {
    return this.rows.filter(({ asExpected }) => !asExpected);
  }
}

/** The rows below each other, differences marked; what was seen stands last, since it may be long. */
export function table(rows: Row[]): string {
  const lines = [
    ["", "what", "expected", "seen"],
    ...rows.map(({ what, expected, seen, asExpected }) => [asExpected ? "" : "DIFFERENT", what, expected, seen]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) => line.map((text, column) => text.padEnd(widths[column] ?? 0)).join("  ")).join("\n");
}
