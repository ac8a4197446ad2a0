import { copyFile, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import execa from "execa";
import type { Log } from "../../test/harness/commands";
import { ensureEngine } from "../../test/harness/pulumi/engine";
import { javaHost, languageHosts } from "../../test/harness/pulumi/hosts";
import { type Package, publishedAs } from "./names";
import { schemaOf } from "./schema";

const ROOT = join(__dirname, "../..");

/** Writes the SDKs, each in a folder of its language, with what its registry wants and the generator leaves out. */
export async function writeSdks(log: Log, released: Package, folder: string): Promise<void> {
  const schema = join(folder, "schema.json");
  await mkdir(folder, { recursive: true });
  await writeFile(schema, JSON.stringify(schemaOf(released)));
  await execa(join(await languageHosts(log), "gensdk"), [schema, folder]);
  await copyFile(join(folder, "python/pulumi_aws_iam_rotator/README.md"), join(folder, "python/README.md"));
  await finishNode(folder);
  await finishGo(join(folder, "go"), publishedAs(released).goPath);
  await writeJava(log, released, folder, schema);
  await rm(schema);
  for (const language of ["nodejs", "python", "go", "java"])
    await copyFile(join(ROOT, "LICENSE"), join(folder, language, "LICENSE"));
  for (const name of ["package.json", "README.md", "LICENSE"])
    await copyFile(join(folder, "nodejs", name), join(folder, "nodejs/bin", name));
}

/** Compiles it with the packages of here; what is published is its folder `bin`. */
async function finishNode(folder: string): Promise<void> {
  const modules = join(folder, "node_modules");
  await symlink(join(ROOT, "node_modules"), modules);
  await execa(join(modules, ".bin/tsc"), [], { cwd: join(folder, "nodejs") });
  await rm(modules);
}

/** A module of its own in the repository: its versions are the tags `sdk/go/awsiamrotator/v…`. */
async function finishGo(folder: string, path: string): Promise<void> {
  const example = await readFile(join(ROOT, "examples/go/go.mod"), "utf8");
  await writeFile(join(folder, "go.mod"), example.replace(/^module .*/, `module ${path}`));
  await execa("go", ["mod", "tidy"], { cwd: folder, env: { GOWORK: "off", GOFLAGS: "" } });
}

/** By Maven, since the generator's files for Gradle have no developers, which Maven Central wants, and a group that it gives to nobody. */
async function writeJava(log: Log, released: Package, folder: string, schema: string): Promise<void> {
  const { pulumi } = await ensureEngine(log);
  const env = { PATH: [await javaHost(log), process.env.PATH].join(delimiter), PULUMI_SKIP_UPDATE_CHECK: "true" };
  const made = join(folder, "made");
  await execa(pulumi, ["package", "gen-sdk", schema, "--language", "java", "--local", "--out", made], { env });
  await rename(join(made, "java"), join(folder, "java"));
  await rm(made, { recursive: true });
  const { mavenGroup: group, registry } = publishedAs(released);
  const { description } = schemaOf(released) as { description: string };
  const { publisher: owner = "example", repository: url = "https://example.com" } = registry;
  const values: Record<string, string> = { group, version: released.version, description, owner, url };
  const pom = await readFile(join(__dirname, "java/pom.xml"), "utf8");
  await writeFile(
    join(folder, "java/pom.xml"),
    pom.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? ""),
  );
}
