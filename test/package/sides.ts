import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pythonWith } from "../harness/aws/endpoint/python";
import { logToStderr } from "../harness/commands";
import { installPacked } from "../harness/packed";
import { startPlaces } from "./places";

/** What one of those that are compared is run with. */
export interface Row {
  env: Record<string, string>;
  /** The stack's configuration, and the inputs: of this package alone. */
  config?: Record<string, string>;
  inputs?: Record<string, unknown>;
  /** The arguments: of the AWS CLI alone. */
  args?: string[];
}

interface Said {
  failed: boolean;
  said: string;
  /** What it writes to stdout and stderr by itself. */
  noise?: string;
}

/** One process that runs row after row: starting one for each would take most of the time. */
export class Side {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  /** @param cwd where it runs, which is its home as well: some of it is read only once */
  constructor(command: string, args: string[], cwd: string) {
    const env = { PATH: process.env.PATH, HOME: cwd };
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], env, cwd });
    if (!this.#child.stdout) throw new Error(`${command} has no output`);
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  async run(row: Row): Promise<Said> {
    this.#child.stdin?.write(`${JSON.stringify(row)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the process has ended");
    return JSON.parse(value);
  }

  async stop(): Promise<void> {
    const closed = once(this.#child, "close");
    this.#child.stdin?.end();
    await closed;
  }
}

interface Sides {
  ours: Side;
  theirs: Side;
  places: Awaited<ReturnType<typeof startPlaces>>;
}

/**
 * The packed tarball and the AWS CLI, and the places that both ask, from the first test of a `describe` to its last.
 *
 * @param program the folder into which the tarball goes
 * @param folder where the AWS CLI runs
 */
export function sides(program: string, folder: string): Sides {
  const at = {} as Sides;
  before(async function () {
    this.timeout(180_000);
    const python = await pythonWith(logToStderr, "awscli");
    await installPacked(join(program, "node_modules"));
    at.places = await startPlaces();
    at.ours = new Side(process.execPath, [join(__dirname, "sides.package.cjs")], program);
    at.theirs = new Side(python, [join(__dirname, "sides.cli.py")], folder);
  });
  after(async () => {
    await at.ours?.stop();
    await at.theirs?.stop();
    at.places?.stop();
    for (const each of [program, folder]) rmSync(each, { recursive: true });
  });
  return at;
}
