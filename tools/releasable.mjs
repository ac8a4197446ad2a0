// `node tools/releasable.mjs v1.2.3`: what stands in the way of releasing this version, before anything is installed.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { repositoryOf } from "./repository.cjs";

const [tag = ""] = process.argv.slice(2);
const { version, repository, homepage, bugs, author } = JSON.parse(readFileSync("package.json", "utf8"));
const problems = [];

if (tag !== `v${version}`) problems.push(`the tag is ${tag || "missing"}, and package.json has the version ${version}`);

// npm refuses a provenance statement for another repository than the one that package.json names.
const here = process.env.GITHUB_REPOSITORY;
try {
  const named = repositoryOf(repository);
  const name = named && `${named.owner}/${named.name}`;
  if (!name)
    problems.push("package.json has no `repository`: set it to this repository's address, and `homepage` and `bugs`");
  else if (here && name !== here) problems.push(`\`repository\` in package.json is ${name}, and this is ${here}`);
  if (name && !homepage) problems.push("package.json has no `homepage`");
  if (name && !bugs) problems.push("package.json has no `bugs`");
} catch (error) {
  problems.push(error.message);
}

const dated = new RegExp(`^## \\[${version.replaceAll(".", "\\.")}\\] - \\d{4}-\\d\\d-\\d\\d$`, "m");
if (!dated.test(readFileSync("CHANGELOG.md", "utf8")))
  problems.push(`CHANGELOG.md has no dated section for ${version}`);

if (!author) problems.push("package.json has no `author`: docs/approval.md sends those there who ask who maintains it");

/** What is true until the first release, by file. */
const pages = [
  "README.md",
  "SECURITY.md",
  ...(existsSync("docs") ? readdirSync("docs") : []).map((name) => `docs/${name}`),
];
for (const page of pages.filter((name) => name.endsWith(".md") && existsSync(name))) {
  const text = readFileSync(page, "utf8");
  const [before] = /(?:not\s+(?:on\s+npm|released|ours)|nobody\s+is\s+named)\s+yet/i.exec(text) ?? [];
  if (before) problems.push(`${page} says "${before}"`);
  // What people download, by its name.
  const [, other] = [...text.matchAll(/rotator-v?(\d+\.\d+\.\d+)/g)].find(([, named]) => named !== version) ?? [];
  if (other) problems.push(`${page} names the version ${other}`);
}
for (const file of ["docs/schema.json", "examples/go/main.go"]) {
  if (existsSync(file) && readFileSync(file, "utf8").includes("example.com/"))
    problems.push(`${file} has the placeholder example.com: run \`npm run docs\`, and import the new path`);
}

if (existsSync("docs/schema.json") && JSON.parse(readFileSync("docs/schema.json", "utf8")).version !== version)
  problems.push("docs/schema.json has another version: run `npm run docs`");

const shape = `test/fixtures/state-${version.replace(/\.\d+$/, "")}.json`;
if (!existsSync(shape)) problems.push(`${shape} is missing: the state that this version writes, recorded`);

for (const problem of problems) console.error(`Not releasable: ${problem}.`);
if (problems.length > 0) process.exitCode = 1;
else console.log(`${tag} is releasable.`);
