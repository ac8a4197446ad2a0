import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import execa from "execa";
import { bundleInto, PLUGIN } from "../../tools/plugin/bundle";
import { packagesOfNpm, sbomOf } from "../../tools/plugin/materials";

const ROOT = join(__dirname, "../..");

describe("the plugin that is released", () => {
  let folder: string;
  let packages: string[];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "rotator-release-"));
    packages = await bundleInto(folder);
  });
  after(() => rmSync(folder, { recursive: true }));
  const text = (name: string) => readFileSync(join(folder, name), "utf8");

  it("has the license, and that of each package of which it has something", () => {
    assert.equal(text("LICENSE"), readFileSync(join(ROOT, "LICENSE"), "utf8"));
    const licenses = text("LICENSES-OF-OTHERS.txt");
    for (const name of ["@aws-sdk/client-iam", "@grpc/grpc-js", "google-protobuf", "protobufjs", "@pulumi/pulumi"]) {
      assert.ok(packages.includes(`node_modules/${name}`), name);
    }
    for (const path of packages) {
      const { name, version } = JSON.parse(readFileSync(join(ROOT, path, "package.json"), "utf8"));
      assert.ok(licenses.includes(`${name} ${version} (`), path);
    }
    for (const holder of ["Google Inc", "Daniel Wirtz", "Vercel", "Nathan Rajlich", "Sindre Sorhus"])
      assert.ok(licenses.includes(holder), holder);
  });

  it("says in one line that there is no Node.js", async () => {
    const nowhere = { PATH: join(folder, "nowhere") };
    const run = await execa(join(folder, PLUGIN), { env: nowhere, extendEnv: false, reject: false });
    assert.equal(run.exitCode, 1);
    assert.match(run.stderr, /^[^\n]*needs Node\.js 20[^\n]*PATH\.$/);
    assert.match(text(`${PLUGIN}.cmd`), /^@where \/q node \|\| .*needs Node\.js 20.*\r\n@node .*\r\n$/);
  });

  it("starts as Pulumi starts what it installed from a clone: by its SDK", async () => {
    const { main, scripts } = JSON.parse(readFileSync(join(ROOT, "tools/plugin/package/package.json"), "utf8"));
    assert.ok(scripts.prepare.endsWith(` plugin -- --into tools/plugin/package/${dirname(main)}`));
    const run = join(ROOT, "node_modules/@pulumi/pulumi/cmd/run-plugin");
    const started = spawn(process.execPath, [run, join(folder, basename(main)), "127.0.0.1:1"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [port] = await once(started.stdout, "data");
    started.kill();
    assert.match(String(port), /^\d+\n$/);
  });

  it("tells what it consists of, and so does the npm package: CycloneDX, each part with its hash and license", () => {
    const locked = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")).packages;
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const ofNpm = packagesOfNpm();
    for (const name of Object.keys(dependencies)) assert.ok(ofNpm.includes(`node_modules/${name}`), name);
    for (const path of ofNpm) assert.notEqual(locked[path]?.dev, true, path);
    for (const parts of [packages, ofNpm]) {
      const { components, ...bom } = sbomOf({ type: "library", name: "it", version: "1.0.0" }, parts);
      assert.deepEqual([bom.bomFormat, bom.specVersion, bom.version], ["CycloneDX", "1.5", 1]);
      assert.deepEqual(new Set(components.map((one) => one["bom-ref"])).size, parts.length);
      for (const { purl, hashes, licenses } of components) {
        assert.match(purl, /^pkg:npm\/(%40[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+/);
        assert.ok(licenses, purl);
        for (const { alg, content } of hashes ?? [])
          assert.deepEqual([alg, /^[0-9a-f]{128}$/.test(content)], ["SHA-512", true], purl);
        assert.ok(hashes, purl);
      }
    }
  });
});
