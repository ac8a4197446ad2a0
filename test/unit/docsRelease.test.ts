import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import execa from "execa";
import { ROOT } from "../harness/dist";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

const PACKAGE = {
  version: "1.2.3",
  author: "Example",
  repository: { type: "git", url: "git+https://github.com/example/rotator.git" },
  homepage: "https://github.com/example/rotator#readme",
  bugs: "https://github.com/example/rotator/issues",
};
const READY = {
  "package.json": PACKAGE,
  "CHANGELOG.md": "# Changelog\n\n## [1.2.3] - 2026-11-24\n",
  "README.md": "# rotator\n\n`npm install rotator`\n",
  "test/fixtures/state-1.2.json": [],
};

describe("a release", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "rotator-release-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function releasable(changes: Record<string, unknown> = {}, tag = "v1.2.3", here = "example/rotator") {
    for (const [name, content] of Object.entries({ ...READY, ...changes })) {
      if (content === undefined) continue;
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
    }
    const options = { cwd: folder, env: { GITHUB_REPOSITORY: here }, reject: false, all: true } as const;
    return execa("node", [join(ROOT, "tools/releasable.mjs"), tag], options);
  }

  it("goes ahead when all is there, with any form of `repository`, as its schema does", async () => {
    const forms = ["github:example/rotator", "example/rotator", "https://github.com/example/rotator"];
    for (const repository of [PACKAGE.repository, ...forms]) {
      const { all, exitCode } = await releasable({ "package.json": { ...PACKAGE, repository } });
      assert.deepEqual([all, exitCode], ["v1.2.3 is releasable.", 0], String(repository));
    }
  });

  const but = (changed: object) => ({ "package.json": { ...PACKAGE, ...changed } });
  const refused: [string, RegExp, Record<string, unknown>, string?, string?][] = [
    ["no repository", /no `repository`/, { "package.json": { version: "1.2.3", author: "Example" } }],
    ["another repository", /is example\/rotator, and this is fork\/rotator/, {}, "v1.2.3", "fork/rotator"],
    ["a repository elsewhere", /no address of a GitHub repository/, but({ repository: "ssh://x" })],
    ["no homepage", /no `homepage`/, but({ homepage: undefined })],
    ["no bugs", /no `bugs`/, but({ bugs: undefined })],
    ["nobody who maintains it", /no `author`/, but({ author: undefined })],
    ["another tag", /v1\.2\.4.* 1\.2\.3/, {}, "v1.2.4"],
    ["a changelog without a date", /dated section for 1\.2\.3/, { "CHANGELOG.md": "## [1.2.3] - unreleased\n" }],
    ["a README of before", /README\.md/, { "README.md": "The package is not on npm yet." }],
    ["a page of before", /docs\/approval\.md/, { "docs/approval.md": "**Not released yet.**" }],
    [
      "names of before the address was known",
      /docs\/schema\.json.*placeholder/,
      { "docs/schema.json": { version: "1.2.3", importBasePath: "example.com/sdk" } },
    ],
    ["a schema of before", /docs\/schema\.json.*version/, { "docs/schema.json": { version: "1.2.2" } }],
    ["a page of another version", /README\.md.* 1\.2\.2/, { "README.md": "./pulumi-aws-iam-rotator-1.2.2.tgz" }],
    ["no recorded state", /state-1\.2\.json is missing/, { "test/fixtures/state-1.2.json": undefined }],
  ];
  for (const [title, message, changes, tag, here] of refused) {
    it(`is refused for ${title}`, async () => {
      const { stderr, exitCode } = await releasable(changes, tag, here);
      assert.equal(exitCode, 1);
      assert.match(stderr, message);
      assert.equal(stderr.split("\n").length, 1, stderr);
    });
  }
});

// Actions are pinned, and workflows are right by actionlint: workflows.test.ts.
describe("the workflows of this repository", () => {
  const files = readdirSync(join(ROOT, ".github/workflows"));
  const release = read(".github/workflows/release.yml");

  it("give no right to write, but to the two jobs that publish, which install nothing", () => {
    for (const name of files) assert.match(read(`.github/workflows/${name}`), /^permissions:\n {2}contents: read\n/m);
    const writing = files.filter((name) => read(`.github/workflows/${name}`).includes(": write"));
    assert.deepEqual(writing, ["release.yml"]);
    const [before = "", publish = ""] = release.split("\n  publish:\n");
    assert.doesNotMatch(before, /: write/);
    assert.match(publish, /npm publish --provenance --access public/);
    assert.match(publish, /uses: actions\/attest@.*\n +with:\n +subject-checksums: plugin\/SHA256SUMS\n/);
    assert.doesNotMatch(publish, /npm (ci|install)|checkout/);
    const [, pypi = ""] = publish.split("\n  pypi:\n");
    assert.deepEqual(pypi.match(/\S+: write/g), ["id-token: write"]);
  });

  it("ask first whether a version is ready to be released, and run what a person runs", () => {
    const order = release.match(/tools\/releasable\.mjs|npm (ci|test|pack)\b/g) ?? [];
    assert.deepEqual([...new Set(order)], ["tools/releasable.mjs", "npm ci", "npm test", "npm pack"]);
    assert.match(read(".github/workflows/ci.yml"), /- run: \.ci\/run\n/);
  });
});

describe("what is pinned", () => {
  const text = read(".github/dependabot.yml");
  const { dependencies, devDependencies, peerDependencies } = JSON.parse(read("package.json"));

  it("is watched, each week: the packages, and the actions wherever a workflow lies", () => {
    assert.deepEqual(text.match(/(?<=package-ecosystem: )\S+/g), ["npm", "github-actions"]);
    assert.equal(text.match(/interval: weekly/g)?.length, 2);
    const [, folders = ""] = /directories: (\[.*\])/.exec(text) ?? [];
    for (const folder of JSON.parse(folders)) assert.ok(readdirSync(join(ROOT, folder)).length > 0, folder);
  });

  it("of the AWS SDK, and of Pulumi, comes in one pull request each", () => {
    const groups = [...text.matchAll(/(?<!exclude-)patterns: (\[.*\])/g)].map(([, list = ""]) => JSON.parse(list));
    for (const [names, group = []] of [
      [Object.keys(dependencies).filter((name) => /^@(aws-sdk|smithy)\//.test(name)), groups[0]],
      [Object.keys(devDependencies).filter((name) => /pulumi/.test(name)), groups[1]],
    ] as [string[], string[]][]) {
      assert.ok(names.length > 1);
      for (const name of names)
        assert.ok(
          group.some((pattern) => name === pattern || (pattern.endsWith("*") && name.startsWith(pattern.slice(0, -1)))),
          name,
        );
    }
  });

  it("is told in CONTRIBUTING.md: of each dependency what it is for", () => {
    const page = read("CONTRIBUTING.md");
    for (const name of Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies }))
      assert.ok(page.includes(`\`${name}\``), name);
  });
});
