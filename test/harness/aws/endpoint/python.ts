import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import execa from "execa";
import { type Log, runLong } from "../../commands";
import { builtOnce, hashOf } from "../../staging";

/** What environments are made for; the emulators disagree on a version of botocore. */
export type Emulator = "moto" | "ministack";
export type Environment = Emulator | "pulumi" | "awscli";

const NAMES = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];
/** Exits with 1 if it's too old for them; else tells what makes an environment of it unusable by another one. */
const IDENTIFY =
  "import sys, platform; print(sys.executable, sys.version, platform.machine()); sys.exit(sys.version_info < (3, 10))";

const WHAT: Record<Environment, string> = {
  moto: "the IAM emulator moto",
  ministack: "the IAM emulator ministack",
  pulumi: "Pulumi's SDK for Python",
  awscli: "the AWS CLI",
};
const OTHERWISE: Record<Environment, string> = {
  moto:
    "Or set ROTATOR_TEST_ENDPOINT_URL to the address of an IAM emulator that runs already;" +
    " outside of tests and demo nothing but AWS credentials is needed.",
  ministack: "Only test/permissions needs it.",
  pulumi: "Only test/plugin needs it.",
  awscli: "Only test/package/whereCallsGo.test.ts needs it.",
};

/** The Python of a virtual environment with such a thing, which is made at the first call: 15 s, 110 MB or 65 MB. */
export async function pythonWith(log: Log, name: Environment): Promise<string> {
  const requirements = resolve(__dirname, name === "pulumi" ? "../../pulumi/python" : name, "requirements.txt");
  try {
    const { python, identity } = await findPython();
    const hash = hashOf(identity, readFileSync(requirements));
    // Nothing that is used in there depends on the folder's name.
    const folder = await builtOnce(log, `${name}-${hash}`, WHAT[name], async (built) => {
      log(`Installing ${WHAT[name]} into .work, once`);
      await install(log, python, requirements, built);
    });
    return join(folder, "bin", "python");
  } catch (cause) {
    throw new Error(`Can't get ${WHAT[name]}: ${(cause as Error).message}\n${OTHERWISE[name]}`, { cause });
  }
}

async function findPython(): Promise<{ python: string; identity: string }> {
  for (const python of NAMES) {
    const found = await execa(python, ["-I", "-c", IDENTIFY], { reject: false });
    if (!found.failed) return { python, identity: found.stdout };
  }
  throw new Error("it needs Python 3.10 or newer, and no python3 of that kind is on PATH");
}

async function install(log: Log, python: string, requirements: string, folder: string): Promise<void> {
  // Without settings that would make pip install elsewhere; indexes and proxies stay as the user has them.
  const { PIP_USER: _user, PIP_TARGET: _target, PIP_PREFIX: _prefix, ...rest } = process.env;
  const env = { ...rest, PIP_DISABLE_PIP_VERSION_CHECK: "1" };
  const what = "Making a Python environment (Debian, Ubuntu: apt-get install python3-venv)";
  await runLong(log, python, ["-I", "-m", "venv", folder], { what, env });
  const pip = ["-I", "-m", "pip", "install", "--no-input", "--no-compile", "--progress-bar", "off"];
  await runLong(log, join(folder, "bin", "python"), [...pip, "--require-hashes", "-r", requirements], {
    what: "Installing with pip",
    env,
    timeoutMs: 5 * 60_000,
  });
}
