import { withHeartbeat } from "../../test/harness/commands";
import { Program, pack } from "../../test/harness/pulumi/program";

export interface Cost {
  /** Wall clock. */
  seconds: number;
  /** Of the processor, by the command and all that it started. */
  cpuSeconds: number;
  text: string;
}

/** A program with the packed package, of which several stacks can be made; each has what was written last when it runs. */
export class Measured extends Program {
  endpointUrl = "";

  static async install(log: (line: string) => void): Promise<Measured> {
    const program = new Measured();
    try {
      const install = async () => program.install(await pack(program.folder), "index.js");
      await withHeartbeat(log, "Installing a program", install());
      return program;
    } catch (error) {
      program.remove();
      throw error;
    }
  }

  /** Runs the real CLI, and throws with what it printed if it fails. */
  async measure(...args: string[]): Promise<Cost> {
    const cli = await this.cli(this.endpointUrl);
    const start = process.hrtime.bigint();
    // The shell tells what its children used, once they have ended.
    const { code, text } = await cli.exec([
      "sh",
      "-c",
      '"$@" && times',
      "sh",
      cli.pulumi,
      ...args,
      "--non-interactive",
    ]);
    if (code !== 0) throw new Error(text);
    return { seconds: Number(process.hrtime.bigint() - start) / 1e9, cpuSeconds: cpuOf(text), text };
  }
}

/** Seconds of user and system time of a shell's children: the last line of what its `times` prints. */
export function cpuOf(times: string): number {
  const children = times.trim().split("\n").at(-1) ?? "";
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, rest]) => sum + 60 * Number(minutes) + Number(rest),
    0,
  );
}
