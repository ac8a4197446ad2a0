import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import execa from "execa";
import { type Endpoint, startEndpoint } from "../../tools/endpoint";
import { type NodeMajor, type PackageTools, packageTools } from "../../tools/packages/packageTools";
import { Account } from "../support/account";
import { ROOT } from "../support/dist";
import { VERSIONS } from "./cells";
import { installBy } from "./managers";
import { Program, pack } from "./program";

/** The tarball of the last release, or of what came before the first one. */
const PREVIOUS = join(ROOT, "test/fixtures/previous/pulumi-aws-iam-rotator-0.1.0.tgz");
const KEY = `new RotatedAccessKey("ci", { userArn: process.env.USER_ARN, rotationTrigger: process.env.TRIGGER })`;
const PROGRAM = `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const key = ${KEY};
exports.id = key.currentAccessKeyId;
`;
/** A component of somebody's, which rotates its own key. */
const LIBRARY = `
const pulumi = require("@pulumi/pulumi");
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
exports.Deployer = class extends pulumi.ComponentResource {
  constructor(name, userArn, rotationTrigger) {
    super("platform:index:Deployer", name, {});
    this.key = new RotatedAccessKey(name, { userArn, rotationTrigger }, { parent: this });
  }
};
`;
const USES_LIBRARY = `
const { Deployer } = require("platform");
exports.id = new Deployer("deployer", process.env.LIBRARY_USER_ARN, process.env.TRIGGER).key.currentAccessKeyId;
`;

describe("the packed tarball, wherever it lies in a tree of packages", function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), "rotator-trees-"));
  let current: string;
  let endpoint: Endpoint;
  let tools: PackageTools;
  let program: Program;
  let users = 0;

  before(async () => {
    const packed = (await pack(folder)).file;
    current = join(folder, "current.tgz");
    cpSync(packed, current);
    endpoint = await startEndpoint();
    tools = await packageTools();
  });
  beforeEach(() => {
    program = new Program();
    program.write("Pulumi.yaml", "name: program\nruntime: nodejs\n");
  });
  afterEach(() => program.remove());
  after(async () => {
    await endpoint?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Writes what the program depends on. */
  function depend(dependencies: Record<string, string>): void {
    const all = { "@pulumi/pulumi": VERSIONS.pulumi.newest, ...dependencies };
    program.write("package.json", {
      name: "program",
      version: "1.0.0",
      private: true,
      main: "index.js",
      dependencies: all,
    });
  }

  /** A library in a tarball of its own, which depends on one of ours. */
  async function library(tarball: string): Promise<string> {
    const source = mkdtempSync(join(folder, "library-"));
    const manifest = {
      name: "platform",
      version: "1.0.0",
      dependencies: { "pulumi-aws-iam-rotator": `file:${tarball}` },
      peerDependencies: { "@pulumi/pulumi": "*" },
    };
    writeFileSync(join(source, "package.json"), JSON.stringify(manifest));
    writeFileSync(join(source, "index.js"), LIBRARY);
    await execa("npm", ["pack", "--silent"], { cwd: source });
    return `file:${join(source, "platform-1.0.0.tgz")}`;
  }

  async function user(): Promise<{ account: Account; arn: string }> {
    const account = new Account(endpoint.url, `user-${++users}`);
    return { account, arn: await account.createUser() };
  }

  const pulumi = (env: Record<string, string>, ...args: string[]) => program.pulumiWith(endpoint.url, env, ...args);
  const UP = ["up", "--yes", "--skip-preview"];
  const DESTROY = ["destroy", "--yes", "--skip-preview"];

  /** Makes keys, rotates them and deletes them, for each of the users. */
  async function live(env: Record<string, string>, accounts: Account[]): Promise<void> {
    await pulumi(env, "stack", "init", "dev");
    await pulumi({ ...env, TRIGGER: "1" }, ...UP);
    for (const account of accounts) assert.equal((await account.keys()).length, 1);
    await pulumi({ ...env, TRIGGER: "2" }, ...UP);
    for (const account of accounts) assert.equal((await account.keys()).length, 2);
    await pulumi({ ...env, TRIGGER: "2" }, "preview", "--expect-no-changes");
    await pulumi(env, ...DESTROY);
    for (const account of accounts) assert.deepEqual(await account.keys(), []);
  }

  for (const manager of ["npm", "pnpm"] as const) {
    it(`${manager}: below another package, where the program itself does not see it`, async () => {
      const { account, arn } = await user();
      depend({ platform: await library(current) });
      await installBy(manager, tools, program);
      assert.equal(existsSync(join(program.folder, "node_modules/pulumi-aws-iam-rotator")), manager === "npm");
      program.write("index.js", USES_LIBRARY);
      await live({ LIBRARY_USER_ARN: arn }, [account]);
    });
  }

  for (const [title, own, other] of [
    ["a newer one in the program than in a library", () => current, PREVIOUS],
    ["an older one in the program than in a library", () => PREVIOUS, () => current],
  ] as const) {
    it(`two versions in one tree, ${title}: the program's provider serves both`, async () => {
      const [mine, theirs] = [await user(), await user()];
      const inLibrary = typeof other === "string" ? other : other();
      depend({ "pulumi-aws-iam-rotator": `file:${own()}`, platform: await library(inLibrary) });
      await installBy("npm", tools, program);
      const inTree = (path: string) => !existsSync(join(program.folder, "node_modules", path, "previous.txt"));
      const [top, nested] = ["pulumi-aws-iam-rotator/dist", "platform/node_modules/pulumi-aws-iam-rotator/dist"];
      assert.deepEqual([inTree(top), inTree(nested)], [own() === current, inLibrary === current]);
      program.write("index.js", `${PROGRAM}${USES_LIBRARY.replace("exports.id", "exports.other")}`);
      const env = { USER_ARN: mine.arn, LIBRARY_USER_ARN: theirs.arn };
      await live(env, [mine.account, theirs.account]);
    });
  }

  it("an upgrade from the last version shows no change, and goes on from its state", async () => {
    const { account, arn } = await user();
    const env = (TRIGGER: string) => ({ USER_ARN: arn, TRIGGER });
    depend({ "pulumi-aws-iam-rotator": `file:${PREVIOUS}` });
    await installBy("npm", tools, program);
    program.write("index.js", PROGRAM);
    await pulumi({}, "stack", "init", "dev");
    for (const trigger of ["1", "2"]) await pulumi(env(trigger), ...UP);
    const before = await account.keys();

    depend({ "pulumi-aws-iam-rotator": `file:${current}` });
    await installBy("npm", tools, program);
    assert.ok(existsSync(join(program.folder, "node_modules/pulumi-aws-iam-rotator/dist/program/awsProvider.js")));
    const preview = await pulumi(env("2"), "preview", "--diff", "--expect-no-changes");
    assert.match(preview, /Resources:\n *2 unchanged$/);
    await pulumi(env("2"), ...UP, "--expect-no-changes");
    await pulumi(env("2"), "refresh", "--yes", "--skip-preview", "--expect-no-changes");
    assert.deepEqual(await account.keys(), before);

    await pulumi(env("3"), ...UP);
    const [kept, made] = await account.keys();
    assert.equal(kept?.id, before[1]?.id);
    assert.ok(made && !before.some(({ id }) => id === made.id));
    await pulumi({}, ...DESTROY);
    assert.deepEqual(await account.keys(), []);
  });

  it("uninstalled before destroy: the engine says what to do, and after that it works", async () => {
    const { account, arn } = await user();
    depend({ "pulumi-aws-iam-rotator": `file:${current}` });
    await installBy("npm", tools, program);
    program.write("index.js", PROGRAM);
    await pulumi({}, "stack", "init", "dev");
    await pulumi({ USER_ARN: arn, TRIGGER: "1" }, ...UP);
    await program.run("npm", ["uninstall", "--offline", "--no-audit", "--no-fund", "pulumi-aws-iam-rotator"]);
    await assert.rejects(pulumi({}, ...DESTROY), /Cannot find module .pulumi-aws-iam-rotator\/provider/);
    await assert.rejects(
      pulumi({}, "refresh", "--yes", "--skip-preview"),
      /Cannot find module .pulumi-aws-iam-rotator\/provider/,
    );
    assert.equal((await account.keys()).length, 1);
    depend({ "pulumi-aws-iam-rotator": `file:${current}` });
    await installBy("npm", tools, program);
    await pulumi({}, ...DESTROY);
    assert.deepEqual(await account.keys(), []);
  });

  it("an inline program of the Automation API rotates, wherever its work folder is", async () => {
    const { account, arn } = await user();
    depend({ "pulumi-aws-iam-rotator": `file:${current}` });
    await installBy("npm", tools, program);
    program.write(
      "automation.js",
      `
const { LocalWorkspace } = require("@pulumi/pulumi/automation");
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const stackOf = (trigger, opts) => LocalWorkspace.createOrSelectStack({
  stackName: "dev",
  projectName: "inline",
  program: async () => ({
    id: new RotatedAccessKey("ci", { userArn: process.env.USER_ARN, rotationTrigger: trigger }).currentAccessKeyId,
  }),
}, opts);
(async () => {
  const ids = [];
  for (const trigger of ["1", "2"]) ids.push((await (await stackOf(trigger, {})).up()).outputs.id.value);
  const workDir = require("node:fs").mkdtempSync(__dirname + "/work-");
  const stack = await stackOf("2", { workDir });
  const { changeSummary } = await stack.preview();
  await stack.destroy();
  console.log(JSON.stringify({ ids, changeSummary }));
})();
`,
    );
    const env = await program.environment(endpoint.url);
    const said = await program.run("node", ["automation.js"], { ...env, USER_ARN: arn });
    const { ids, changeSummary } = JSON.parse(said.slice(said.lastIndexOf('{"ids"'))) as {
      ids: string[];
      changeSummary: object;
    };
    assert.equal(new Set(ids).size, 2);
    assert.deepEqual(changeSummary, { same: 2 });
    assert.deepEqual(await account.keys(), []);
  });

  it("Yarn's Plug'n'Play is refused, with what to do: by us in its own node, by Pulumi in a plain one", async () => {
    depend({ "pulumi-aws-iam-rotator": `file:${current}` });
    await installBy("Yarn", tools, program, { ".yarnrc.yml": "nodeLinker: pnp\n" });
    assert.ok(!existsSync(join(program.folder, "node_modules")));
    program.write("index.js", PROGRAM);
    await pulumi({}, "stack", "init", "dev");
    const environment = await program.environment(endpoint.url);
    const env = { ...environment, USER_ARN: "arn:aws:iam::123456789012:user/ci" };
    const { pulumi: cli } = await program.engine();
    const inYarn = (major: NodeMajor) => {
      const PATH = [tools.node(major), environment.PATH].join(delimiter);
      return program.run("node", [tools.yarn, "exec", cli, "preview", "--non-interactive"], { ...env, PATH });
    };
    await assert.rejects(
      inYarn(24),
      /RotatedAccessKey ci: Yarn's Plug'n'Play is not supported, .* Set `nodeLinker: node-modules` in \.yarnrc\.yml, run yarn/,
    );
    // There Pulumi's own compiler of TypeScript stops before a program is loaded.
    await assert.rejects(inYarn(22), /Cannot read properties of undefined \(reading '\.js'\)/);
    await assert.rejects(pulumi(env, "preview"), /It looks like the Pulumi SDK has not been installed/);
    const troubleshooting = readFileSync(join(ROOT, "docs/troubleshooting.md"), "utf8");
    for (const message of [
      "the Pulumi SDK has not been installed",
      "Cannot read properties of undefined (reading '.js')",
    ])
      assert.ok(troubleshooting.includes(message), message);
  });
});
