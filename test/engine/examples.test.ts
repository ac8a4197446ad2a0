import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import execa from "execa";
import { ensureBuilt, ROOT } from "../harness/dist";
import { section } from "../harness/markdown";
import { stand } from "../harness/pulumi/stand";
import { Pages } from "../harness/recipes/pageShell";

const page = (name: string) => readFileSync(join(ROOT, name), "utf8");
const README = page("README.md");

/** The code blocks of a language, indented ones included. */
function blocks(language: string, text: string): string[] {
  const found = text.matchAll(new RegExp(`^( *)\`\`\`${language}\n([\\s\\S]*?)^\\1\`\`\``, "gm"));
  return [...found].map(([, indent = "", block = ""]) => block.replaceAll(new RegExp(`^${indent}`, "gm"), ""));
}

describe("the README and the pages of docs", function () {
  this.timeout(120_000);

  it("show programs that compile", async () => {
    ensureBuilt();
    mkdirSync(join(ROOT, ".work"), { recursive: true });
    const folder = mkdtempSync(join(ROOT, ".work", "readme-"));
    try {
      // Programs of the plugin are compiled with its SDK: ../nightly/release.ts.
      const names = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md") && name !== "_index.md");
      const pages = [README, ...names.map((name) => page(`docs/${name}`))];
      const programs = pages.flatMap((text) => blocks("ts", text));
      assert.ok(programs.length > 0);
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

  it("name the permissions that an input needs besides", () => {
    const optional = { lastUsedGuard: "iam:GetAccessKeyLastUsed", deactivatePeriod: "iam:UpdateAccessKey" };
    for (const [input, action] of Object.entries(optional)) {
      assert.ok(page("docs/permissions.md").includes(`\`${input}\` needs \`${action}\` as well`));
    }
  });

  it("list every example", () => {
    const listed = README + page("docs/recipes.md").replaceAll("](../", "](");
    const missing = readdirSync(join(ROOT, "examples")).filter((name) => !listed.includes(`](examples/${name})`));
    assert.deepEqual(missing, []);
  });
});

describe("the examples, by the commands of the README and of docs/leaks.md", function () {
  this.timeout(300_000);
  const at = stand(new Pages());

  const here = (...commands: string[]) =>
    commands
      .join("\n")
      .replace(/^npm ci$/m, "")
      .replace("file://~", `file://${join(at.shell.base, "state")}`);

  /** As a person runs them in one shell, but with a Pulumi that is there already, and a backend of their own. */
  async function shell(...commands: string[]): Promise<string> {
    return at.shell.run(here(...commands));
  }

  const [quickstart = "", reader = "", cleanUp = "", ...more] = blocks(
    "sh",
    section(README, "With a real AWS account"),
  );
  /** What the shell of the quickstart was told once. */
  const exports = quickstart.match(/^export .*$/gm)?.join("\n") ?? "";
  const output = async (name: string, from = ".") =>
    (await shell(exports, `pulumi -C ${from} stack output ${name}`)).trim();

  it("make a user, rotate its key, and read it from a second stack", async () => {
    assert.deepEqual([quickstart.trim().split("\n").length, more], [7, []]);
    const made = await shell(quickstart);
    const [current, previous] = [await output("currentAccessKeyId"), await output("previousAccessKeyId")];
    const told = made.split("\nDiagnostics:\n").at(-1) ?? "";
    const said = told.split(/\n {2}(?=\S)/).find((section) => /:RotatedAccessKey \(/.test(section)) ?? "";
    const did = new RegExp(`made A\\w+ as current, kept ${previous} valid as previous \\(rotationTrigger changed\\)`);
    assert.match(said, did, made);
    assert.match(current, /^AKIA\w{16}$/);
    assert.notEqual(current, previous);
    assert.equal(await output("current"), "[secret]");

    const { stdout: file } = await at.shell.out(here(exports, reader));
    assert.ok(file.includes(`\naws_access_key_id=${current}\n`), "the file of credentials");
    const second = "examples/stack-reference";
    assert.equal(await output("accessKeyId", second), current);
    assert.equal(await output("credentialsFile", second), "[secret]");
  });

  it("clean up all of it, and never touch the login", async () => {
    const told = await shell(exports, cleanUp);
    assert.match(told, /- 4 deleted/);
    assert.equal((await shell(exports, "pulumi stack ls --all --json")).trim(), "[]");
    assert.ok(!existsSync(join(at.shell.base, "home/credentials.json")), "a login was written");
    const backups = join(at.shell.base, "state/.pulumi/backups/iam-rotator-quickstart/dev");
    const left = readdirSync(backups).map((name) => readFileSync(join(backups, name), "utf8"));
    assert.ok(left.some((text) => text.includes('"ciphertext"')));
    for (const text of left) assert.doesNotMatch(text, /"secretAccessKey"/);
  });

  it("answer a leak", async () => {
    const [drill = ""] = blocks("sh", section(page("docs/leaks.md"), "Rehearse it"));
    const [before = "", after = ""] = drill.split(/^(?=.* destroy )/m);
    const answer =
      blocks("sh", section(README, "If a key leaks"))
        .join("")
        .match(/(?<=npx pulumi ).+?(?= +#)/g) ?? [];
    assert.equal(answer.length, 2);
    for (const command of answer) assert.ok(before.includes(`leak-drill ${command}\n`), command);
    const told = await shell(exports, before);
    const current = await output("currentAccessKeyId", "examples/leak-drill");
    const [, leaked = ""] = /as current, deletes (AKIA\w+) \(revocationTrigger changed\)/.exec(told) ?? [];
    assert.match(leaked, /^AKIA\w{16}$/);
    assert.notEqual(current, leaked);
    assert.equal(await output("previousAccessKeyId", "examples/leak-drill"), "none");
    await shell(exports, after);
  });
});
