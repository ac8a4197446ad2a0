import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import execa from "execa";
import type { Account } from "../harness/aws/account";
import { ROOT } from "../harness/dist";
import { type NodeMajor, type PackageTools, packageTools } from "../harness/packages/packageTools";
import { type RuntimeOptions, runtimeOptionsPath } from "../harness/pulumi/languageHost";
import { Program, pack } from "../harness/pulumi/program";
import { stand } from "../harness/pulumi/stand";
import { VERSIONS } from "./cells";
import { installBy } from "./managers";

/** The tarball of the last release, or of what came before the first one. */
const PREVIOUS = join(ROOT, "test/fixtures/previous/pulumi-aws-iam-rotator-0.1.0.tgz");
const PROGRAM = `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
new RotatedAccessKey("ci", { userArn: process.env.USER_ARN, rotationTrigger: process.env.TRIGGER });
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
new Deployer("deployer", process.env.LIBRARY_USER_ARN, process.env.TRIGGER);
`;

const AUTOMATION = `
const { LocalWorkspace } = require("@pulumi/pulumi/automation");
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const stackOf = (trigger, opts) => LocalWorkspace.createOrSelectStack({
  stackName: "dev",
  projectName: "inline",
  program: async () => ({
    id: new RotatedAccessKey("inline", { userArn: process.env.USER_ARN, rotationTrigger: trigger }).currentAccessKeyId,
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
`;

describe("the packed tarball, wherever it lies in a tree of packages", function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), "rotator-trees-"));
  let current: string;
  const at = stand();
  let tools: PackageTools;
  let program: Program;
  const programs: Program[] = [];
  let users = 0;

  before(async () => {
    const packed = (await pack(folder)).file;
    current = join(folder, "current.tgz");
    cpSync(packed, current);
    tools = await packageTools();
  });
  /** @param options of the runtime: without a compiler where that is not the point */
  async function begin(options: RuntimeOptions = { typescript: false }): Promise<void> {
    program = new Program(await runtimeOptionsPath(options, folder));
    programs.push(program);
    program.write("Pulumi.yaml", { name: "program", runtime: { name: "nodejs", options } });
    await pulumi({}, "stack", "init", "dev");
  }
  after(() => {
    for (const one of programs) one.remove();
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
    const account = at.account(`user-${++users}`);
    return { account, arn: await account.createUser() };
  }

  const pulumi = async (env: Record<string, string>, ...args: string[]) =>
    (await program.cli(at.endpoint.url)).mustWith(env, ...args);
  const UP = ["up", "--yes", "--skip-preview"];
  const DESTROY = ["destroy", "--yes", "--skip-preview"];

  it("pnpm: below another package, where the program itself does not see it", async () => {
    const { account, arn } = await user();
    await begin();
    depend({ platform: await library(current) });
    await installBy("pnpm", tools, program);
    assert.ok(!existsSync(join(program.folder, "node_modules/pulumi-aws-iam-rotator")));
    program.write("index.js", USES_LIBRARY);
    for (const [at, TRIGGER] of ["1", "2"].entries()) {
      await pulumi({ LIBRARY_USER_ARN: arn, TRIGGER }, ...UP);
      assert.equal((await account.keys()).length, at + 1);
    }
    await pulumi({}, ...DESTROY);
    assert.deepEqual(await account.keys(), []);
  });

  describe("npm: one stack, while what is installed changes", () => {
    let [mine, theirs]: Awaited<ReturnType<typeof user>>[] = [];
    const accounts = () => [mine, theirs].map((one) => one?.account ?? assert.fail());
    const keys = () => Promise.all(accounts().map((account) => account.keys()));
    const env = (TRIGGER: string) => ({ USER_ARN: mine?.arn ?? "", LIBRARY_USER_ARN: theirs?.arn ?? "", TRIGGER });

    /** Installs a version for the program and one for its library, side by side. */
    async function install(own: string, inLibrary: string): Promise<void> {
      depend({ "pulumi-aws-iam-rotator": `file:${own}`, platform: await library(inLibrary) });
      await installBy("npm", tools, program);
      const [top, nested] = ["", "platform/node_modules/"].map((path) =>
        existsSync(join(program.folder, "node_modules", path, "pulumi-aws-iam-rotator/dist/previous.txt")),
      );
      assert.deepEqual([top, nested], [own === PREVIOUS, inLibrary === PREVIOUS]);
    }

    before(async () => {
      [mine, theirs] = [await user(), await user()];
      await begin();
    });

    it("an older version in the program than in a library: the program's provider serves both", async () => {
      await install(PREVIOUS, current);
      program.write("index.js", `${PROGRAM}${USES_LIBRARY}`);
      for (const [at, trigger] of ["1", "2"].entries()) {
        await pulumi(env(trigger), ...UP);
        for (const list of await keys()) assert.equal(list.length, at + 1);
      }
    });

    it("an upgrade from the last version shows no change, and goes on from its state, with an older version in a library", async () => {
      const before = await keys();
      await install(current, PREVIOUS);
      const preview = await pulumi(env("2"), "preview", "--diff", "--expect-no-changes");
      assert.match(preview, /Resources:\n *4 unchanged\n$/);
      await pulumi(env("2"), ...UP, "--expect-no-changes");
      await pulumi(env("2"), "refresh", "--yes", "--skip-preview", "--expect-no-changes");
      assert.deepEqual(await keys(), before);

      await pulumi(env("3"), ...UP);
      for (const [at, [kept, made]] of (await keys()).entries()) {
        assert.equal(kept?.id, before[at]?.[1]?.id);
        assert.ok(made && !before[at]?.some(({ id }) => id === made.id));
      }
    });

    it("an inline program of the Automation API rotates, wherever its work folder is", async () => {
      const { account, arn } = await user();
      program.write("automation.js", AUTOMATION);
      const { env } = await program.cli(at.endpoint.url);
      const said = await program.run("node", ["automation.js"], { ...env, USER_ARN: arn });
      const { ids, changeSummary } = JSON.parse(said.slice(said.lastIndexOf('{"ids"'))) as {
        ids: string[];
        changeSummary: object;
      };
      assert.equal(new Set(ids).size, 2);
      assert.deepEqual(changeSummary, { same: 2 });
      assert.deepEqual(await account.keys(), []);
    });

    it("uninstalled before destroy: the engine says what to do, and after that it works, below another package as well", async () => {
      await program.run("npm", ["uninstall", "--offline", "--no-audit", "--no-fund", "pulumi-aws-iam-rotator"]);
      const missing = /Cannot find module .pulumi-aws-iam-rotator\/provider/;
      await assert.rejects(pulumi({}, ...DESTROY), missing);
      await assert.rejects(pulumi({}, "refresh", "--yes", "--skip-preview"), missing);
      for (const list of await keys()) assert.equal(list.length, 2);
      depend({ platform: await library(current) });
      await installBy("npm", tools, program);
      await pulumi({}, ...DESTROY);
      for (const list of await keys()) assert.deepEqual(list, []);
    });
  });

  it("Yarn's Plug'n'Play is refused, with what to do: by us in its own node, by Pulumi in a plain one", async () => {
    await begin({});
    depend({ "pulumi-aws-iam-rotator": `file:${current}` });
    await installBy("Yarn", tools, program, { ".yarnrc.yml": "nodeLinker: pnp\n" });
    assert.ok(!existsSync(join(program.folder, "node_modules")));
    program.write("index.js", PROGRAM);
    const cli = await program.cli(at.endpoint.url);
    const env = { ...cli.env, USER_ARN: "arn:aws:iam::123456789012:user/ci" };
    const inYarn = (major: NodeMajor) => {
      const PATH = [tools.node(major), cli.env.PATH].join(delimiter);
      return program.run("node", [tools.yarn, "exec", cli.pulumi, "preview", "--non-interactive"], { ...env, PATH });
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
