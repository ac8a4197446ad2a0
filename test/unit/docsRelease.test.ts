import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import execa from "execa";

const ROOT = resolve(__dirname, "../..");
const WORKFLOWS = join(ROOT, ".github/workflows");

const READY = {
  "package.json": {
    version: "1.2.3",
    author: "Example",
    repository: { type: "git", url: "git+https://github.com/example/rotator.git" },
    homepage: "https://github.com/example/rotator#readme",
    bugs: "https://github.com/example/rotator/issues",
  },
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

  it("goes ahead when all is there", async () => {
    const { all, exitCode } = await releasable();
    assert.deepEqual([all, exitCode], ["v1.2.3 is releasable.", 0]);
  });

  it("goes ahead with any form of `repository`, as its schema does", async () => {
    for (const repository of ["github:example/rotator", "example/rotator", "https://github.com/example/rotator"]) {
      const { all } = await releasable({ "package.json": { ...READY["package.json"], repository } });
      assert.equal(all, "v1.2.3 is releasable.", repository);
    }
  });

  const { repository, homepage, bugs, version, author } = READY["package.json"];
  const refused: [string, RegExp, Record<string, unknown>, string?, string?][] = [
    ["no repository", /has no `repository`: set it/, { "package.json": { version, author } }],
    ["another repository", /is example\/rotator, and this is fork\/rotator/, {}, "v1.2.3", "fork/rotator"],
    [
      "a repository elsewhere",
      /no address of a GitHub repository/,
      { "package.json": { ...READY["package.json"], repository: "ssh://x" } },
    ],
    ["no homepage", /has no `homepage`/, { "package.json": { version, author, repository, bugs } }],
    ["no bugs", /has no `bugs`/, { "package.json": { version, author, repository, homepage } }],
    ["nobody who maintains it", /has no `author`/, { "package.json": { version, repository, homepage, bugs } }],
    ["another tag", /the tag is v1\.2\.4, and package\.json has the version 1\.2\.3/, {}, "v1.2.4"],
    ["a changelog without a date", /no dated section for 1\.2\.3/, { "CHANGELOG.md": "## [1.2.3] - unreleased\n" }],
    ["a README of before", /README\.md says "not on npm yet"/, { "README.md": "The package is not on npm yet." }],
    ["a page of before", /docs\/approval\.md says "Not released yet"/, { "docs/approval.md": "**Not released yet.**" }],
    [
      "names of before the address was known",
      /docs\/schema\.json has the placeholder/,
      { "docs/schema.json": { version, importBasePath: "example.com/sdk" } },
    ],
    ["a schema of before", /docs\/schema\.json has another version/, { "docs/schema.json": { version: "1.2.2" } }],
    [
      "a page that names another version",
      /README\.md names the version 1\.2\.2/,
      { "README.md": "npm install ./pulumi-aws-iam-rotator-1.2.2.tgz" },
    ],
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

describe("the workflows of this repository", () => {
  const files = readdirSync(WORKFLOWS).map((name): [string, string] => [
    name,
    readFileSync(join(WORKFLOWS, name), "utf8"),
  ]);

  it("use actions by their full commit, which no one can move", () => {
    const uses = files.flatMap(([, text]) => text.match(/uses: .+/g) ?? []);
    assert.ok(uses.length >= 6);
    for (const line of uses) assert.match(line, /^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("give no right to write, but to the two jobs that publish, which install nothing", () => {
    for (const [name, text] of files) assert.match(text, /^permissions:\n {2}contents: read\n/m, name);
    const writing = files.filter(([, text]) => /: write/.test(text)).map(([name]) => name);
    assert.deepEqual(writing, ["release.yml"]);
    const [, release = ""] = files.find(([name]) => name === "release.yml") ?? [];
    const [before = "", publish = ""] = release.split("\n  publish:\n");
    assert.doesNotMatch(before, /: write/);
    assert.match(publish, /npm publish --provenance --access public/);
    assert.match(publish, /uses: actions\/attest@.*\n +with:\n +subject-checksums: plugin\/SHA256SUMS\n/);
    assert.doesNotMatch(publish, /npm (ci|install)|checkout/);
    const [, pypi = ""] = publish.split("\n  pypi:\n");
    assert.deepEqual(pypi.match(/\S+: write/g), ["id-token: write"]);
  });

  it("ask first whether a version is ready to be released", () => {
    const [, release = ""] = files.find(([name]) => name === "release.yml") ?? [];
    assert.ok(release.indexOf("tools/releasable.mjs") < release.indexOf("npm ci"));
    assert.ok(release.indexOf("npm ci") < release.indexOf("npm test"));
    assert.ok(release.indexOf("npm test") < release.indexOf("npm pack"));
  });

  it("run what a person runs", () => {
    assert.match(files.find(([name]) => name === "ci.yml")?.[1] ?? "", /- run: \.ci\/run\n/);
  });
});

describe("what is pinned", () => {
  const text = readFileSync(join(ROOT, ".github/dependabot.yml"), "utf8");

  it("is watched, each week: the packages, and the actions wherever a workflow lies", () => {
    assert.deepEqual(text.match(/(?<=package-ecosystem: )\S+/g), ["npm", "github-actions"]);
    assert.equal(text.match(/interval: weekly/g)?.length, 2);
    const [, folders = ""] = /directories: (\[.*\])/.exec(text) ?? [];
    for (const folder of JSON.parse(folders)) assert.ok(readdirSync(join(ROOT, folder)).length > 0, folder);
  });

  it("of the AWS SDK, and of Pulumi, comes in one pull request each", () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const groups = [...text.matchAll(/(?<!exclude-)patterns: (\[.*\])/g)].map(
      ([, list = ""]) => JSON.parse(list) as string[],
    );
    const isIn = (group: string[], name: string) =>
      group.some((pattern) => (pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
    for (const [names, group = []] of [
      [Object.keys(dependencies).filter((name) => /^@(aws-sdk|smithy)\//.test(name)), groups[0]],
      [Object.keys(devDependencies).filter((name) => /pulumi/.test(name)), groups[1]],
    ] as const) {
      assert.ok(names.length > 1);
      assert.deepEqual(
        names.filter((name) => !isIn(group, name)),
        [],
      );
    }
  });
});

describe("CONTRIBUTING.md", () => {
  it("says of each dependency what it is for", () => {
    const page = readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8");
    const { dependencies, devDependencies, peerDependencies } = JSON.parse(
      readFileSync(join(ROOT, "package.json"), "utf8"),
    );
    const names = Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies });
    assert.deepEqual(
      names.filter((name) => !page.includes(`\`${name}\``)),
      [],
    );
  });
});
