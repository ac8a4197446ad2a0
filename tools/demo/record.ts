// `npm run demo:record`: runs the demo, and renders what it told as docs/pictures/demo.svg.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import execa from "execa";
import { pythonWith } from "../../test/harness/aws/endpoint/python";
import { logToStderr } from "../../test/harness/commands";
import { asciicast, playedOnce } from "./asciicast";

const ROOT = resolve(__dirname, "../..");

async function main(): Promise<void> {
  const { stdout } = await execa("npm", ["run", "-s", "demo"], { cwd: ROOT, stderr: "inherit", stdin: "ignore" });
  const python = await pythonWith(logToStderr, "recorder");
  const folder = await mkdtemp(join(tmpdir(), "rotator-recording-"));
  try {
    const cast = join(folder, "demo.cast");
    await writeFile(cast, asciicast(stdout));
    const picture = join(ROOT, "docs/pictures/demo.svg");
    await execa(python, ["-I", "-m", "svgterm", "render", cast, picture, "-t", "window_frame", "-D", "4000"]);
    await writeFile(picture, playedOnce(await readFile(picture, "utf8")));
    console.log(`${picture} is new.`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
