import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, join, resolve } from "node:path";
import execa from "execa";
import { awsPluginUnlessInstalled } from "../../tools/awsPlugin";
import { type Endpoint, startEndpoint } from "../../tools/endpoint";
import { ensureEngine } from "../../tools/engine";
import { pulumiHome } from "../../tools/engine/cache";
import { ensureBuilt, modules } from "../support/dist";

const ROOT = resolve(__dirname, "../..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");

/** The code blocks of a language in a section of the README, indented ones included. */
function blocks(language: string, section = README): string[] {
  const found = section.matchAll(new RegExp(`^( *)\`\`\`${language}\n([\\s\\S]*?)^\\1\`\`\``, "gm"));
  return [...found].map(([, indent = "", text = ""]) => text.replaceAll(new RegExp(`^${indent}`, "gm"), ""));
}

function section(title: string): string {
  const [, text = ""] = README.split(`\n## ${title}\n`);
  return text.split("\n## ")[0] || assert.fail(`the README has no section ${title}`);
}

describe("the README", function () {
  this.timeout(120_000);

  it("shows programs that compile", async () => {
    ensureBuilt();
    mkdirSync(join(ROOT, ".work"), { recursive: true });
    const folder = mkdtempSync(join(ROOT, ".work", "readme-"));
    try {
      const programs = blocks("ts");
      assert.equal(programs.length, 6);
      for (const [at, text] of programs.entries()) writeFileSync(join(folder, `program${at}.ts`), text);
      const compilerOptions = { rootDir: ".", types: ["node"] };
      writeFileSync(
        join(folder, "tsconfig.json"),
        JSON.stringify({ extends: join(ROOT, "tsconfig.json"), compilerOptions, include: ["."] }),
      );
      const tsc = join(ROOT, "node_modules/.bin/tsc");
      const { all, failed } = await execa(tsc, ["-p", folder], { all: true, reject: false });
      assert.ok(!failed, all);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("quotes, in docs/troubleshooting.md, messages that the provider really gives", () => {
    const sources = modules()
      .map((name) => readFileSync(join(ROOT, `provider/${name}.ts`), "utf8"))
      .join("\n")
      .replaceAll("\\`", "`");
    const [ours = ""] = readFileSync(join(ROOT, "docs/troubleshooting.md"), "utf8").split("\n## Said by Pulumi");
    const rows = ours.match(/^\| (?!message|---)[^|]+/gm) ?? [];
    assert.ok(rows.length > 20);
    const quoted = rows.flatMap((row) =>
      [...row.matchAll(/`` (.+?) ``|`([^`]+)`/g)].map(([, double, single]) => double ?? single ?? ""),
    );
    for (const message of quoted) {
      for (const part of message.split("…").map((text) => text.trim().replace(/[.:]$/, ""))) {
        assert.ok(sources.includes(part), `no message of the provider says: ${part}`);
      }
    }
  });

  it("names the five permissions, and no other, in the policy to copy", () => {
    const text = section("Permissions");
    const [{ Action: five }] = JSON.parse(blocks("json", text)[0] ?? "").Statement as [{ Action: string[] }];
    const optional = { lastUsedGuard: "iam:GetAccessKeyLastUsed", deactivatePeriod: "iam:UpdateAccessKey" };
    for (const [input, action] of Object.entries(optional)) {
      assert.ok(text.includes(`\`${input}\` needs \`${action}\` as well`));
    }
    const source = readFileSync(join(ROOT, "provider/aws/iam.ts"), "utf8");
    const asked = new Set(source.match(/(?<=")iam:\w+(?=")/g));
    for (const action of Object.values(optional)) asked.delete(action);
    assert.deepEqual([...five].sort(), [...asked].sort());
  });

  it("lists every example", () => {
    const missing = readdirSync(join(ROOT, "examples")).filter((name) => !README.includes(`](examples/${name})`));
    assert.deepEqual(missing, []);
  });
});

describe("the examples, by the commands of the README", function () {
  this.timeout(300_000);
  let endpoint: Endpoint;
  let base: string;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    ensureBuilt();
    endpoint = await startEndpoint();
    const { binFolder } = await ensureEngine();
    base = mkdtempSync(join(tmpdir(), "rotator-examples-"));
    for (const name of ["Pulumi.yaml", "package.json", "examples"]) {
      const filter = (file: string) => !/^(node_modules|Pulumi\..+\.yaml)$/.test(basename(file));
      cpSync(join(ROOT, name), join(base, name), { recursive: true, filter });
    }
    symlinkSync(join(ROOT, "node_modules"), join(base, "node_modules"));
    for (const name of ["home", "backend"]) mkdirSync(join(base, name));
    const awsPlugin = await awsPluginUnlessInstalled();
    if (!awsPlugin) symlinkSync(join(pulumiHome(), "plugins"), join(base, "home/plugins"));
    const clean = Object.entries(process.env).filter(([name]) => !/^(AWS|PULUMI)_/.test(name));
    env = {
      ...Object.fromEntries(clean),
      PATH: [...(awsPlugin ? [awsPlugin] : []), binFolder, process.env.PATH].join(delimiter),
      // Not HOME: the CLI asks the system for the user's home.
      PULUMI_HOME: join(base, "home"),
      // What a person would answer.
      PULUMI_CONFIG_PASSPHRASE: "a passphrase of a test",
      PULUMI_SKIP_CONFIRMATIONS: "true",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: String(awsPlugin !== undefined),
      // Instead of a real account.
      AWS_ENDPOINT_URL: endpoint.url,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    };
  });

  after(async () => {
    await endpoint?.stop();
    if (base) rmSync(base, { recursive: true, force: true, maxRetries: 5 });
  });

  /** As a person runs them in a shell, but with a Pulumi that is there already, and a backend of their own. */
  async function shell(commands: string, from = "."): Promise<string> {
    const script = commands
      .replaceAll("npx pulumi", "pulumi")
      .replace(/^npm ci$/m, "")
      .replace("--local", `file://${join(base, "backend")}`);
    const options = { cwd: join(base, from), env, extendEnv: false, all: true, reject: false } as const;
    const { all = "", failed } = await execa("bash", ["-euo", "pipefail", "-c", script], options);
    assert.ok(!failed, all);
    return all;
  }

  const output = async (name: string, from?: string) => (await shell(`pulumi stack output ${name}`, from)).trim();

  it("make a user, rotate its key, and read it from a second stack", async () => {
    const [quickstart = "", second = ""] = blocks("sh", section("With a real AWS account"));
    assert.equal(quickstart.trim().split("\n").length, 5);
    const told = await shell(quickstart);
    const [current, previous] = [await output("currentAccessKeyId"), await output("previousAccessKeyId")];
    assert.match(told, new RegExp(`keeps ${previous} valid as previous`));
    assert.match(current, /^AKIA\w{16}$/);
    assert.notEqual(current, previous);
    assert.equal(await output("current"), "[secret]");

    await shell(second);
    assert.equal(await output("accessKeyId", "examples/stack-reference"), current);
    assert.equal(await output("credentialsFile", "examples/stack-reference"), "[secret]");
    await shell("pulumi destroy", "examples/stack-reference");
    assert.match(await shell("pulumi destroy"), /- 4 deleted/);
  });

  it("answer a leak", async () => {
    const [, , drill = ""] = blocks("sh", section("With a real AWS account"));
    assert.ok(section("If a key leaks").includes("npx pulumi config set incident INC-42"));
    const told = await shell(drill);
    const current = await output("currentAccessKeyId", "examples/leak-drill");
    const [, leaked = ""] = /as current, deletes (AKIA\w+) \(revocationTrigger changed\)/.exec(told) ?? [];
    assert.match(leaked, /^AKIA\w{16}$/);
    assert.notEqual(current, leaked);
    assert.equal(await output("previousAccessKeyId", "examples/leak-drill"), "none");
    await shell("pulumi destroy", "examples/leak-drill");
  });
});
