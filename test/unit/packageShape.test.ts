import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { RotatedAccessKey } from "../../provider/program/rotatedAccessKey";
import { RotatedUser } from "../../provider/program/rotatedUser";

const ROOT = path.resolve(__dirname, "../..");
const DIST = path.join(ROOT, "dist");

// Two promises to every state file there is. They are written out here: whoever changes them breaks those stacks.
const TYPE = "pulumi-nodejs:dynamic/pulumi-aws-iam-rotator:RotatedAccessKey";
const PROVIDER =
  'exports.handler=()=>require(require.resolve("pulumi-aws-iam-rotator/provider",{paths:[".",require.main.path]})).provider';

/** Runs a script in a plain node, as users do, and returns the modules that it has loaded: `dist/…` or a package's name. */
async function modulesLoadedBy(script: string): Promise<string[]> {
  const tell = `process.stdout.write("\\n" + JSON.stringify(Object.keys(require.cache)), () => process.exit())`;
  const env = { ...process.env, AWS_ENDPOINT_URL: "http://127.0.0.1:1", NODE_OPTIONS: "" };
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", `(async () => { ${script}\n; ${tell} })()`], {
    cwd: ROOT,
    env,
    maxBuffer: 10_000_000,
  });
  const files = JSON.parse(stdout.slice(stdout.lastIndexOf("\n"))) as string[];
  const name = (file: string) => {
    const inside = path.relative(ROOT, file).split(path.sep).join("/");
    return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(inside)?.[1] ?? inside;
  };
  return [...new Set(files.map(name))];
}

/** The packages that a declaration file and the files it refers to import. */
function packagesTypedBy(entry: string): string[] {
  const [packages, files] = [new Set<string>(), [entry]];
  for (const file of files) {
    const text = readFileSync(path.join(DIST, file), "utf8");
    const pattern = /(?:from\s+|import\s*\(?\s*|require\(\s*|types=)["']([^"']+)["']/g;
    for (const [, specifier = ""] of text.matchAll(pattern)) {
      const next = `${path.posix.join(path.posix.dirname(file), specifier)}.d.ts`;
      if (!specifier.startsWith(".")) packages.add(specifier);
      else if (!files.includes(next)) files.push(next);
    }
  }
  return [...packages].sort();
}

const AWS_SDK = /^@aws-sdk\/|^@smithy\//;

describe("the shape of the package", () => {
  before(() => assert.ok(existsSync(path.join(DIST, "index.js")), "run `npm run build` first"));

  it("a program that uses RotatedAccessKey loads neither @pulumi/aws, nor the AWS SDK, nor the provider", async () => {
    const loaded = await modulesLoadedBy(`require("pulumi-aws-iam-rotator")`);
    assert.ok(loaded.includes("dist/program/rotatedAccessKey.js") && loaded.includes("@pulumi/pulumi"));
    assert.ok(!loaded.some((name) => name === "@pulumi/aws" || AWS_SDK.test(name)));
    for (const file of ["provider", "aws/iam", "program/rotatedUser"])
      assert.ok(!loaded.includes(`dist/${file}.js`), file);
  });

  it("a program that uses RotatedUser loads @pulumi/aws, and neither the AWS SDK nor the provider", async () => {
    const loaded = await modulesLoadedBy(`require("pulumi-aws-iam-rotator/user")`);
    assert.ok(loaded.includes("@pulumi/aws"));
    assert.ok(!loaded.some((name) => AWS_SDK.test(name)));
    for (const file of ["provider", "aws/iam"]) assert.ok(!loaded.includes(`dist/${file}.js`), file);
  });

  const arn = "arn:aws:iam::123456789012:user/ci";
  const preview = `
    const { provider } = require("pulumi-aws-iam-rotator/provider");
    const login = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "x" };
    const inputs = { userArn: "${arn}", rotationTrigger: 2, login };
    const current = { ...login, createdAt: "2026-11-01T00:00:00Z" };
    const olds = { ...inputs, rotationTrigger: 1, userId: "AIDA1", current };
    const { failures } = await provider.check({}, inputs);
    const { changes } = await provider.diff("${arn}", olds, inputs);
    if (failures.length > 0 || !changes) throw new Error(JSON.stringify({ failures, changes }));`;

  it("the provider loads next to nothing for check and diff: a preview pays for no AWS SDK", async () => {
    const loaded = await modulesLoadedBy(preview);
    assert.ok(loaded.includes("dist/provider.js"));
    assert.deepEqual(
      loaded.filter((name) => !name.startsWith("dist/")),
      ["ms"],
    );
    assert.ok(!loaded.includes("dist/aws/iam.js"));
  });

  it("the provider loads the AWS SDK with the first call to AWS", async () => {
    const called = `provider.create(inputs).catch(() => {});
      for (let i = 0; i < 100 && !Object.keys(require.cache).some((file) => /dist.aws.iam.js$/.test(file)); i++)
        await new Promise((resolve) => setTimeout(resolve, 20));`;
    const loaded = await modulesLoadedBy(`${preview}\n${called}`);
    assert.ok(loaded.includes("dist/aws/iam.js"));
    assert.ok(loaded.includes("@aws-sdk/client-iam"));
  });

  for (const [entry, packages] of [
    ["index.d.ts", ["@pulumi/pulumi"]],
    ["provider.d.ts", ["@pulumi/pulumi"]],
    ["user.d.ts", ["@pulumi/aws/iam/user", "@pulumi/pulumi"]],
  ] as const) {
    it(`${entry} and what it refers to import the types of ${packages.join(" and ")} alone`, () => {
      const found = packagesTypedBy(entry).filter((name) => !/^node(:|$)/.test(name));
      assert.deepEqual(found, packages);
    });
  }

  it("the type token and the provider's text are what lies in every state file", async () => {
    const seen: { type: string; text: unknown }[] = [];
    await pulumi.runtime.setMocks({
      call: () => ({}),
      newResource: ({ type, inputs }) => {
        seen.push({ type, text: inputs.__provider });
        return { id: arn, state: { arn, ...inputs } };
      },
    });
    await pulumi.isSecret(new RotatedAccessKey("ci", { userArn: arn }).current);
    await pulumi.isSecret(new RotatedUser("deploy").current);
    const [one, ...children] = seen.filter(({ text }) => text !== undefined);
    assert.deepEqual(one, { type: TYPE, text: PROVIDER });
    assert.deepEqual(children, [{ type: TYPE, text: PROVIDER }]);
    assert.ok(seen.some(({ type }) => type === "pulumi-aws-iam-rotator:index:RotatedUser"));
    assert.ok(Buffer.byteLength(PROVIDER) < 300);
  });

  describe("the provider's text, run as the engine's provider process runs it", () => {
    let [home, without, withIt] = ["", "", ""];
    before(() => {
      home = mkdtempSync(path.join(tmpdir(), "rotator-shape-"));
      [without, withIt] = [path.join(home, "without"), path.join(home, "with")];
      mkdirSync(without);
      mkdirSync(path.join(withIt, "node_modules"), { recursive: true });
      symlinkSync(ROOT, path.join(withIt, "node_modules", "pulumi-aws-iam-rotator"), "junction");
    });
    after(() => rmSync(home, { recursive: true }));

    async function run(program: string, shim: string): Promise<string> {
      const script = `require.main = { path: ${JSON.stringify(shim)} };
        ${PROVIDER}
        try { console.log(typeof exports.handler().create) } catch (error) { console.log(error.message) }`;
      return (await promisify(execFile)(process.execPath, ["-e", script], { cwd: program })).stdout;
    }

    it("finds the package in the program's folder, or beside the Pulumi SDK, where the program does not see it", async () => {
      assert.equal(await run(withIt, without), "function\n");
      assert.equal(await run(without, withIt), "function\n");
    });
    it("says what to do where it is not installed", async () => {
      assert.match(await run(without, without), /^Cannot find module 'pulumi-aws-iam-rotator\/provider'/);
    });
  });
});
