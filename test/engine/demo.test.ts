import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Endpoint, startEndpoint } from "../harness/aws/endpoint";
import { type FaultProxy, startProxy } from "../harness/aws/proxy";
import { pulumiHome } from "../harness/pulumi/engine/cache";

const ROOT = resolve(__dirname, "../..");

interface Told {
  code: number | null;
  out: string;
  err: string;
}

/** What `npm run demo` runs, as a process of its own. */
function startDemo(env: NodeJS.ProcessEnv, onText: (out: string, end: () => void) => void = () => undefined) {
  const { scripts } = require(join(ROOT, "package.json")) as { scripts: { demo: string } };
  const [command = "", ...args] = scripts.demo.split(" ");
  const child = spawn(join(ROOT, "node_modules/.bin", command), args, {
    cwd: ROOT,
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: undefined, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return new Promise<Told>((done, fail) => {
    const told: Told = { code: null, out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (text) => {
      told.out += text;
      onText(told.out, () => child.kill("SIGINT"));
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      told.err += text;
    });
    child.on("error", fail);
    child.on("close", (code) => done({ ...told, code }));
  });
}

/** What the demo must leave alone: the files of the projects, and the user's choice of stacks. */
function untouched() {
  const status = () => execFileSync("git", ["status", "--porcelain", "--", "examples", "Pulumi*.yaml"], { cwd: ROOT });
  const workspaces = join(pulumiHome(), "workspaces");
  return {
    files: existsSync(join(ROOT, ".git")) ? String(status()) : "",
    credentials: existsSync(join(pulumiHome(), "credentials.json")),
    stacks: existsSync(workspaces) ? readdirSync(workspaces).filter((name) => name.startsWith("iam-rotator-")) : [],
  };
}

function folderIn(out: string): string {
  return /files in (\S+)\/backend$/m.exec(out)?.[1] ?? assert.fail(`no folder in: ${out}`);
}

describe("npm run demo", function () {
  this.timeout(300_000);

  describe("from its beginning to its end", () => {
    let endpoint: Endpoint;
    let proxy: FaultProxy;
    let told: Told;
    let steps: string[];
    const atFirst = untouched();

    before(async () => {
      endpoint = await startEndpoint();
      proxy = await startProxy(endpoint.url);
      told = await startDemo({ ROTATOR_TEST_ENDPOINT_URL: proxy.url });
      steps = told.out.split(/^\d+\. /m);
    });

    after(async () => {
      await proxy?.stop();
      await endpoint?.stop();
    });

    /** The ids of the keys that the story is about, in the order in which they were made. */
    const ids = () => [...new Set(told.out.match(/AKIA…[A-Z]/g))];
    const step = (at: number) => steps[at] ?? assert.fail(`there is no step ${at}`);

    it("ends well, with nothing on stderr", () => {
      assert.equal(told.code, 0, told.out + told.err);
      assert.equal(told.err, "");
      assert.match(told.out, /^All of it was as told, in \d+ s\.$/m);
      assert.equal(steps.length, 12);
    });

    it("says what it runs on", () => {
      assert.match(step(0), /Pulumi +3\.\d+\.\d+, the real engine/);
      assert.match(step(0), /aws plugin +(Pulumi's Terraform bridge|Pulumi's own)/);
      assert.match(step(0), /an emulator of IAM at http/);
    });

    it("shows a command, its output and its meaning in each step", () => {
      for (const text of steps.slice(1)) {
        assert.match(text, /^ {3}\$ (pulumi|aws) /m);
        assert.equal(text.match(/^=> /gm)?.length, 1, text);
      }
      assert.doesNotMatch(told.out, /^\s*@ /m);
      // A by the first `up`, B, C and E by rotations, D by hand, F and G in the drill of a leak.
      assert.deepEqual(
        ids(),
        [..."ABCDEFG"].map((letter) => `AKIA…${letter}`),
      );
    });

    it("previews which key is made, kept and deleted", () => {
      const [a, b] = ids();
      assert.ok(step(2).includes("this update makes a new access key as current"));
      assert.ok(step(2).includes(`keeps ${a} valid as previous (rotationTrigger changed)`));
      const until = `kept ${b} valid as previous until \\d{4}-\\S+Z, deleted ${a} \\(rotationTrigger changed\\)`;
      assert.match(step(6), new RegExp(until));
    });

    it("leaves a key alone that was made by hand, and says what to do", () => {
      const [, , c, d, e] = ids();
      const [refusal = "", ...more] = step(8).match(/^ +warning: a rotation is blocked: .*/gm) ?? [];
      assert.ok(refusal.includes(d ?? "?") && refusal.includes("delete it, if nobody uses it"), refusal);
      assert.deepEqual(more, [], "it is shown once");
      assert.ok(step(8).includes(`\n   ${c}\n   ${d}\n`), "both are still there");
      assert.ok(step(8).includes(`~ currentAccessKeyId : "${c}" => "${e}"`));
    });

    it("finds no secret in the state", () => {
      assert.match(step(10), /"ciphertext": "v1:/);
      assert.match(step(10), /Searched the \d+ files of the backend for the 4 secrets/);
      assert.match(step(10), /^ {3}0 files hold one\..* are in [1-9]\d* files\.$/m);
    });

    it("leaves no user and no key", () => {
      assert.match(step(11), /- 4 deleted/);
      assert.match(step(11), /list-users --path-prefix \/ci\/\n {3}none/);
      const changes = proxy.calls
        .filter(({ action, params }) => /^(Create|Delete)/.test(action) && !params.UserName?.startsWith("admin-"))
        .map(({ action, executed }) => (executed ? action : `refused: ${action}`));
      assert.deepEqual(changes, [
        "CreateUser",
        "CreateAccessKey",
        "CreateAccessKey",
        "DeleteAccessKey", // for the rotation that had waited
        "CreateAccessKey",
        "DeleteAccessKey", // at the end of its grace period
        "CreateAccessKey", // by hand
        "refused: CreateAccessKey", // the list might have been late
        "DeleteAccessKey", // by hand
        "CreateAccessKey",
        "CreateUser", // of the drill
        "CreateAccessKey",
        "CreateAccessKey",
        "DeleteAccessKey",
        "DeleteAccessKey",
        "DeleteUser",
        "DeleteAccessKey",
        "DeleteAccessKey",
        "DeleteUser",
      ]);
      const deleted = proxy.calls
        .filter(({ action }) => action === "DeleteAccessKey")
        .map(({ params }) => params.AccessKeyId);
      assert.equal(new Set(deleted).size, ids().length, "each key that was made");
    });

    it("shows no secret that the endpoint ever gave out", () => {
      assert.equal(proxy.secrets.size, 8); // the administrator's, and seven of keys
      for (const secret of proxy.secrets) {
        for (const form of [secret, Buffer.from(secret).toString("base64").slice(0, 50), encodeURIComponent(secret)]) {
          assert.ok(!(told.out + told.err).includes(form), "a secret is shown");
        }
      }
      assert.ok(told.out.includes('"secretAccessKey":"********"'));
      assert.ok(told.out.includes("\n   aws_secret_access_key=********\n"));
    });

    it("leaves the repository, the user's stacks and the folder for temporary files as they were", () => {
      assert.deepEqual(untouched(), atFirst);
      assert.ok(!existsSync(folderIn(told.out)));
    });
  });

  it("cleans up after Ctrl-C", async () => {
    const told = await startDemo({ ROTATOR_TEST_ENDPOINT_URL: undefined }, (out, end) => {
      if (out.includes("$ pulumi up")) setTimeout(end, 1_500);
    });
    assert.equal(told.code, 130, told.out + told.err);
    // Before it there may be word of an emulator that is being installed.
    assert.match(told.err.trim(), /^(.*IAM emulator.*\s+)*Stopping, and cleaning up …$/);
    const folder = folderIn(told.out);
    assert.ok(!existsSync(folder), "the temporary folder is gone");
    const [url = ""] = /http:\/\/127\.0\.0\.1:\d+/.exec(told.out) ?? [];
    await assert.rejects(fetch(url), "the emulator has ended");
  });
});
