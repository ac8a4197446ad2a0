// `npm run demo:record`: runs the demo, and draws what it told as docs/pictures/demo.svg.
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import execa from "execa";
import { picture } from "./picture";

const ROOT = resolve(__dirname, "../..");

async function main(): Promise<void> {
  const { stdout } = await execa("npm", ["run", "-s", "demo"], { cwd: ROOT, stderr: "inherit", stdin: "ignore" });
  const file = join(ROOT, "docs/pictures/demo.svg");
  await writeFile(file, picture(stdout));
  console.log(`${file} is new.`);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
