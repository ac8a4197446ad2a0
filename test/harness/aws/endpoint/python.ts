import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rename } from "node:fs/promises";
import { join, resolve } from "node:path";
import execa from "execa";
import { type Log, runLong } from "../../commands";
import { WORK } from "../../dist";
import { fillAlone } from "../../staging";

/** What environments are made for; the emulators disagree on a version of botocore. */
export type Emulator = "moto" | "ministack";
export type Environment = Emulator | "pulumi" | "awscli";

const NAMES = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];
/** Exits with 1 if it's too old for them; else tells what makes an environment of it unusable by another one. */
const IDENTIFY =
  "import sys, platform; print(sys.executable, sys.version, platform.machine()); sys.exit(sys.version_info < (3, 10))";

/** The Python of a virtual environment with such a thing, which is made at the first call: 15 s, 110 MB or 65 MB. */
export async function pythonWith(log: Log, emulator: Environment): Promise<string> {
  const { python, identity } = await findPython(emulator);
  const hash = createHash("sha256")
    .update(identity)
    .update(await readFile(requirementsOf(emulator)));
  const environment = join(WORK, `${emulator}-${hash.digest("hex").slice(0, 12)}`);
  const inside = join(environment, "bin", "python");
  if (existsSync(inside)) return inside;
  return fillAlone(log, WORK, WHAT[emulator], async (staging) => {
    if (existsSync(inside)) return inside;
    log(`Installing ${WHAT[emulator]} into .work, once`);
    const folder = await staging();
    await install(log, emulator, python, folder);
    // Nothing that is used in there depends on the folder's name, so only a whole environment ever gets this one.
    await rename(folder, environment);
    return inside;
  });
}

function requirementsOf(emulator: Environment): string {
  return resolve(__dirname, emulator === "pulumi" ? "../../pulumi/python" : emulator, "requirements.txt");
}

async function findPython(emulator: Environment): Promise<{ python: string; identity: string }> {
  for (const python of NAMES) {
    const found = await execa(python, ["-I", "-c", IDENTIFY], { reject: false });
    if (!found.failed) return { python, identity: found.stdout };
  }
  throw new Error(
    `To install ${WHAT[emulator]} needs Python 3.10 or newer: no python3 of that kind is on PATH. ${OTHERWISE[emulator]}`,
  );
}

async function install(log: Log, emulator: Environment, python: string, folder: string): Promise<void> {
  const env = environment();
  await runLong(log, python, ["-I", "-m", "venv", folder], { what: "Making a Python environment", env }).catch(
    (cause: Error) => {
      throw new Error(
        `${cause.message}\nPython's venv module is missing or broken (Debian, Ubuntu: apt-get install python3-venv). ${OTHERWISE[emulator]}`,
        { cause },
      );
    },
  );
  const pip = ["-I", "-m", "pip", "install", "--no-input", "--no-compile", "--progress-bar", "off"];
  const what = `Installing ${emulator}`;
  await runLong(log, join(folder, "bin", "python"), [...pip, "--require-hashes", "-r", requirementsOf(emulator)], {
    what,
    env,
    timeoutMs: 5 * 60_000,
  }).catch((cause: Error) => {
    throw new Error(`${cause.message}\n${OTHERWISE[emulator]}`, { cause });
  });
}

/** Without settings that would make pip install elsewhere; indexes and proxies stay as the user has them. */
function environment(): NodeJS.ProcessEnv {
  const { PIP_USER: _user, PIP_TARGET: _target, PIP_PREFIX: _prefix, ...rest } = process.env;
  return { ...rest, PIP_DISABLE_PIP_VERSION_CHECK: "1" };
}

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
