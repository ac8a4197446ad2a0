import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import execa from "execa";
import { writeSdks } from "../../tools/plugin/sdks";
import { pythonWith } from "../harness/aws/endpoint/python";
import { logToStderr } from "../harness/commands";
import { ROOT } from "../harness/dist";
import { ensureEngine } from "../harness/pulumi/engine";
import { pack } from "../harness/pulumi/program";

const RELEASED = { version: "1.2.3", repository: "github:My-Org/rotator" };
const URL = "https://github.com/My-Org/rotator";

/** What release.yml and CONTRIBUTING.md do, as far as that needs no account. */
describe("a dry run of the release", function () {
  this.timeout(600_000);
  const folder = mkdtempSync(join(tmpdir(), "rotator-release-"));
  const sdk = (...path: string[]) => join(folder, "sdk", ...path);
  const read = (...path: string[]) => readFileSync(sdk(...path), "utf8");
  before(() => writeSdks(logToStderr, RELEASED, sdk()));
  after(() => rmSync(folder, { recursive: true }));

  const publish = async (what: string) =>
    (
      await execa("npm", ["publish", "--dry-run", "--offline", "--loglevel", "notice", "--access", "public", what], {
        cwd: folder,
        all: true,
      })
    ).all;

  it("Pulumi installs the plugin from its archive, and gets its schema", async () => {
    const out = join(folder, "out");
    await execa("npm", ["run", "plugin", "--", "--out", out], { cwd: ROOT });
    await execa("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: out });
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const archive = (platform: string) => join(out, `pulumi-resource-aws-iam-rotator-v${version}-${platform}.tar.gz`);
    const platforms = ["linux", "darwin", "windows"].flatMap((os) => [`${os}-amd64`, `${os}-arm64`]);
    for (const platform of platforms) assert.ok(existsSync(archive(platform)), platform);
    const { pulumi } = await ensureEngine();
    const env = { PULUMI_HOME: join(folder, "home"), PULUMI_SKIP_UPDATE_CHECK: "true" };
    const run = async (...args: string[]) => (await execa(pulumi, args, { cwd: folder, env })).stdout;
    await run("plugin", "install", "resource", "aws-iam-rotator", version, "--file", archive("linux-amd64"));
    const schema = JSON.parse(await run("package", "get-schema", `aws-iam-rotator@${version}`));
    assert.deepEqual(schema, JSON.parse(readFileSync(join(out, "schema.json"), "utf8")));
  });

  it("npm takes the package", async () => {
    const { file } = await pack(folder);
    assert.match((await publish(file)) ?? "", /^\+ pulumi-aws-iam-rotator@\d/m);
  });

  it("npm takes the SDK for Node.js, which has the program on the Registry's page", async () => {
    assert.match((await publish(sdk("nodejs/bin"))) ?? "", /^\+ pulumi-aws-iam-rotator-sdk@1\.2\.3$/m);
    const { description, license, repository, pulumi } = JSON.parse(read("nodejs/bin/package.json"));
    assert.ok(description && license === "Apache-2.0" && repository === URL);
    const server = "github://api.github.com/My-Org/rotator";
    assert.deepEqual(pulumi, { resource: true, name: "aws-iam-rotator", version: "1.2.3", server });

    const page = readFileSync(join(ROOT, "docs/_index.md"), "utf8");
    const [, program = ""] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];
    writeFileSync(sdk("program.ts"), program.replace("pulumi-aws-iam-rotator-sdk", "./nodejs/bin"));
    symlinkSync(join(ROOT, "node_modules"), sdk("node_modules"));
    const strict = ["--strict", "--module", "nodenext", "--target", "es2022", "--types", "node", "--skipLibCheck"];
    const tsc = join(ROOT, "node_modules/.bin/tsc");
    await execa(tsc, ["--ignoreConfig", "--noEmit", ...strict, "program.ts"], { cwd: sdk() });
  });

  it("Python makes a wheel of its SDK, with what PyPI shows", async () => {
    const python = await pythonWith(logToStderr, "pulumi");
    const wheel = ["-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, sdk("python")];
    await execa(python, wheel);
    const file = join(folder, "pulumi_aws_iam_rotator-1.2.3-py3-none-any.whl");
    const { stdout } = await execa("unzip", ["-p", file, "*/METADATA"]);
    for (const line of [
      "Name: pulumi_aws_iam_rotator",
      "Version: 1.2.3",
      /^License(-Expression)?: Apache-2\.0$/m,
      /^License-File: LICENSE$/m,
      `Project-URL: Repository, ${URL}`,
      "Description-Content-Type: text/markdown",
      /\n\nRotates the access keys/,
    ])
      assert.match(stdout, typeof line === "string" ? new RegExp(`^${line}$`, "m") : line);
    const { stdout: files } = await execa("unzip", ["-l", file]);
    for (const name of ["py.typed", "pulumi-plugin.json"])
      assert.ok(files.includes(`pulumi_aws_iam_rotator/${name}`), name);
  });

  it("Go builds its SDK, as a module at the path that programs import", async () => {
    const go = async (...args: string[]) => (await execa("go", args, { cwd: sdk("go"), env: { GOFLAGS: "" } })).stdout;
    assert.equal(await go("list", "-m"), "github.com/My-Org/rotator/sdk/go/awsiamrotator");
    await go("build", "./...");
  });

  it("Maven makes what Maven Central wants of the SDK for Java", async () => {
    await execa("mvn", ["--quiet", "--batch-mode", "--no-transfer-progress", "package"], { cwd: sdk("java") });
    const made = readdirSync(sdk("java/target")).filter((name) => name.endsWith(".jar"));
    const name = "aws-iam-rotator-1.2.3";
    assert.deepEqual(made.sort(), [`${name}-javadoc.jar`, `${name}-sources.jar`, `${name}.jar`]);
    const pom = read("java/pom.xml");
    assert.doesNotMatch(pom, /\{\{|<(\w+)><\/\1>/);
    assert.match(pom, /<groupId>io\.github\.my-org<\/groupId>/);
    for (const part of ["name", "description", "licenses", "developers", "scm"])
      assert.match(pom, new RegExp(`\\n  <${part}>`));
    assert.ok(pom.includes(`\n  <url>${URL}</url>`));
  });
});
