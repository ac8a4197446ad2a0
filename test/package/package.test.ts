import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import execa from "execa";
import type { Account } from "../harness/aws/account";
import { modules, ROOT } from "../harness/dist";
import { Program, pack, type Tarball } from "../harness/pulumi/program";
import { stand } from "../harness/pulumi/stand";

const PROGRAM = `
import * as pulumi from "@pulumi/pulumi";
import { RotatedAccessKey, RotatedAccessKeyArgs, RotatedKey } from "pulumi-aws-iam-rotator";

const config = new pulumi.Config();
const args: RotatedAccessKeyArgs = { userArn: config.require("userArn"), rotationTrigger: config.require("rotation") };
const key = new RotatedAccessKey("ci", args);
export const current: pulumi.Output<RotatedKey> = key.current;
export const ids = pulumi.all([key.currentAccessKeyId, key.previousAccessKeyId]);
`;

describe("the packed tarball, installed in a program of its own", function () {
  this.timeout(300_000);
  const program = new Program();
  const folder = mkdtempSync(join(tmpdir(), "rotator-tarball-"));
  let tarball: Tarball;
  let installed = "";

  before(async () => {
    tarball = await pack(folder);
    installed = await program.install(tarball);
    program.write("index.ts", PROGRAM);
  });
  after(() => {
    program.remove();
    rmSync(folder, { recursive: true });
  });

  it("holds the built modules with their types, the papers, and nothing else", () => {
    // The plugin is bundled, and released beside the package.
    const ours = modules().filter((name) => !name.startsWith("plugin/"));
    const built = ours.flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.js`]);
    // A dist file that is too many is left from a deleted source: `npm publish` and `npm pack` empty dist first.
    assert.deepEqual(tarball.paths, ["CHANGELOG.md", "LICENSE", "README.md", "package.json", ...built].sort());
  });

  it("is what publint and are-the-types-wrong ask of a package", async () => {
    for (const [tool, ...args] of [
      ["publint", "run", "--strict", tarball.file],
      ["attw", "--format", "ascii", "--no-emoji", tarball.file],
    ]) {
      const { all = "", failed } = await execa(join(ROOT, "node_modules/.bin", tool ?? ""), args, {
        all: true,
        reject: false,
      });
      assert.ok(!failed, all);
      assert.match(all, /All good!|No problems found/);
    }
  });

  it("is as large as docs/versions.md says, within a tenth", () => {
    const [, said] = /The tarball has (\d+) kB\./.exec(readFileSync(join(ROOT, "docs/versions.md"), "utf8")) ?? [];
    const size = statSync(tarball.file).size / 1000;
    assert.ok(Math.abs(size - Number(said)) < size / 10, `it has ${size} kB, and the page says ${said}`);
  });

  it("runs no script when it is installed, and depends on pinned versions", () => {
    const path = join(program.folder, "node_modules", "pulumi-aws-iam-rotator", "package.json");
    const { scripts, dependencies, peerDependenciesMeta } = JSON.parse(readFileSync(path, "utf8"));
    for (const name of ["preinstall", "install", "postinstall"]) assert.equal(scripts[name], undefined, name);
    for (const [name, version] of Object.entries<string>(dependencies)) assert.match(version, /^\d+\.\d+\.\d+$/, name);
    assert.ok(
      !Object.keys(dependencies).some((name) => name.startsWith("@pulumi/")),
      "a program has one @pulumi/pulumi",
    );
    assert.deepEqual(peerDependenciesMeta, { "@pulumi/aws": { optional: true } });
    assert.doesNotMatch(installed, /npm (error|warn (deprecated|ERESOLVE))/);
  });

  it("has no need of @pulumi/aws", () => {
    assert.ok(existsSync(join(program.folder, "node_modules", "@pulumi", "pulumi")));
    assert.ok(!existsSync(join(program.folder, "node_modules", "@pulumi", "aws")));
  });

  it("gives the provider to the engine's process", async () => {
    const { stdout, stderr } = await program.node(
      `const { provider } = require("pulumi-aws-iam-rotator/provider");
       for (const name of ["configure", "check", "diff", "create", "read", "update", "delete"])
         console.log(name, typeof provider[name]);`,
    );
    assert.equal(stderr, "");
    assert.ok(
      stdout.split("\n").every((line) => line.endsWith(" function")),
      stdout,
    );
  });

  it("gives RotatedAccessKey to require and to import", async () => {
    for (const script of [
      'console.log(typeof require("pulumi-aws-iam-rotator").RotatedAccessKey)',
      'import("pulumi-aws-iam-rotator").then(({ RotatedAccessKey }) => console.log(typeof RotatedAccessKey))',
    ]) {
      const { stdout, stderr } = await program.node(script);
      assert.deepEqual([stdout, stderr], ["function", ""]);
    }
  });

  it("names @pulumi/aws where RotatedUser is used without it", async () => {
    const { exitCode, stderr } = await program.node('require("pulumi-aws-iam-rotator/user")');
    assert.equal(exitCode, 1);
    assert.match(stderr, /Error: Cannot find module '@pulumi\/aws\/iam\/user'/);
  });

  const MISTAKES = `
import { RotatedAccessKey } from "pulumi-aws-iam-rotator";
import { provider } from "pulumi-aws-iam-rotator/provider";
import { RotatedUser } from "pulumi-aws-iam-rotator/user";
export const one = new RotatedAccessKey("ci", { userArn: 1 });
export const two: string = provider.diff;
export const three = new RotatedUser("ci", { rotateTrigger: 1 });
`;
  const nodenext = { module: "nodenext", moduleResolution: "nodenext", exactOptionalPropertyTypes: true };
  // What Pulumi's templates had for years.
  const node10 = { module: "commonjs", moduleResolution: "node10", ignoreDeprecations: "6.0" };
  for (const [title, options] of Object.entries({ nodenext, node10 })) {
    it(`type-checks by ${title}: every entry has its types, and RotatedUser alone needs @pulumi/aws`, async () => {
      program.write("mistakes.ts", MISTAKES);
      const errors = await program.typeCheck(options, "index.ts", "mistakes.ts");
      const needsAws = /rotatedUser\.d\.ts.* Cannot find module '@pulumi\/aws\/iam\/user'/;
      const others = errors.filter((error) => !needsAws.test(error)).map((error) => error.split(",")[0]);
      assert.deepEqual(others, ["mistakes.ts(5", "mistakes.ts(6", "mistakes.ts(7"], errors.join("\n"));
      assert.ok(errors.some((error) => needsAws.test(error)));
    });
  }

  describe("by the real CLI", () => {
    const at = stand();
    let account: Account;
    const run = (...args: string[]) => program.pulumi(at.endpoint.url, ...args);
    const up = async (rotation: string) => {
      await run("config", "set", "rotation", rotation);
      return run("up", "--yes", "--skip-preview");
    };
    const ids = async () => JSON.parse(await run("stack", "output", "ids", "--json")) as (string | null)[];

    before(async () => {
      account = at.account("packed");
      program.write("Pulumi.yaml", "name: program\nruntime: nodejs\n");
      await run("stack", "init", "dev");
      await run("config", "set", "userArn", await account.createUser());
    });

    it("makes a key, rotates it and deletes all", async () => {
      const said = [await up("first")];
      const [first] = await ids();
      assert.deepEqual(await account.keys(), [{ id: first, status: "Active" }]);
      said.push(await up("second"));
      const [second, before] = await ids();
      assert.equal(before, first);
      assert.notEqual(second, first);
      said.push(await run("preview", "--expect-no-changes"), await run("destroy", "--yes", "--skip-preview"));
      assert.deepEqual(await account.keys(), []);
      assert.doesNotMatch(said.join("\n"), /warning|deprecat|NodeVersionSupport/i);
    });
  });
});
