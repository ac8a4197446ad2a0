import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Endpoint, startEndpoint } from "../../tools/endpoint";
import { pulumiHome } from "../../tools/engine/cache";
import { type FaultProxy, startProxy } from "../support/proxy";

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
    let seconds: number;
    const atFirst = untouched();

    before(async () => {
      endpoint = await startEndpoint();
      proxy = await startProxy(endpoint.url);
      const start = Date.now();
      told = await startDemo({ ROTATOR_TEST_ENDPOINT_URL: proxy.url });
      seconds = (Date.now() - start) / 1000;
      steps = told.out.split(/^\d+\. /m);
    });

    after(async () => {
      await proxy?.stop();
      await endpoint?.stop();
    });

    /** The ids of the keys that the story is about, in the order in which they were made. */
    const ids = () => [...new Set(told.out.match(/AKIA…[A-Z]/g))];
    const step = (at: number) => steps[at] ?? assert.fail(`there is no step ${at}`);
    const signed = (at: number, id: string | undefined) =>
      new RegExp(`get-caller-identity {3}# signed with ${id}\n {3}(.*)`).exec(step(at))?.[1] ?? "not asked";

    it("ends well, in time, with nothing on stderr", () => {
      assert.equal(told.code, 0, told.out + told.err);
      assert.equal(told.err, "");
      assert.match(told.out, /^All of it was as told, in \d+ s\.$/m);
      assert.ok(seconds < 90, `it took ${seconds} s`);
      assert.equal(steps.length, 10);
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
      assert.doesNotMatch(told.out, /^\s*@ |warning:/m);
    });

    // A by the first `up`, B and C by the rotations, D and E in the drill of a leak.
    it("makes three keys, two of them valid after each rotation", () => {
      const [a, b, c, ...drill] = ids();
      assert.deepEqual(
        [a, b, c, ...drill],
        ["A", "B", "C", "D", "E"].map((letter) => `AKIA…${letter}`),
      );
      const user = /arn:aws:iam::\d{12}:user\/ci\/deploy-\w+/.exec(told.out)?.[0];
      assert.equal(signed(2, a), user);
      assert.deepEqual([signed(4, a), signed(4, b)], [user, user]);
      assert.equal(signed(5, b), user);
      assert.equal(signed(6, a), "refused: InvalidClientTokenId");
      assert.deepEqual([signed(6, b), signed(6, c)], [user, user]);
      for (const id of [b, c]) assert.equal(signed(9, id), "refused: InvalidClientTokenId");
    });

    it("previews which key is made, kept and deleted", () => {
      const [a, b] = ids();
      assert.ok(step(3).includes("this update makes a new access key as current"));
      assert.ok(step(3).includes(`keeps ${a} valid as previous (rotationTrigger changed)`));
      assert.ok(step(6).includes(`keeps ${b} valid as previous, deletes ${a} (rotationTrigger changed)`));
    });

    it("hands the current key to the second stack as a secret", () => {
      const [, b] = ids();
      assert.ok(step(5).includes("organization/iam-rotator-quickstart/demo"));
      assert.match(step(5), /credentialsFile: \[secret\]/);
      assert.ok(step(5).includes(`aws_access_key_id=${b}\n   aws_secret_access_key=********\n`));
    });

    it("cuts off a leaked key", () => {
      const [, , , d, e] = ids();
      assert.equal(signed(7, d), "refused: InvalidClientTokenId");
      assert.match(signed(7, e), /:user\/ci\/deploy-/);
    });

    it("finds no secret in the state", () => {
      assert.match(step(8), /"ciphertext": "v1:/);
      assert.match(step(8), /Searched the \d+ files of the backend for the 3 secrets/);
      assert.match(step(8), /^ {3}0 files hold one\..* are in [1-9]\d* files\.$/m);
    });

    it("leaves no user and no key", () => {
      assert.match(step(9), /- 4 deleted/);
      assert.match(step(9), /list-users --path-prefix \/ci\/\n {3}none/);
      const changes = proxy.calls
        .filter(({ action, params }) => /^(Create|Delete)/.test(action) && !params.UserName?.startsWith("admin-"))
        .map(({ action, executed }) => [action, executed]);
      assert.deepEqual(
        changes,
        [
          "CreateUser",
          "CreateAccessKey",
          "CreateAccessKey",
          "DeleteAccessKey",
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
        ].map((action) => [action, true]),
      );
      const deleted = proxy.calls
        .filter(({ action }) => action === "DeleteAccessKey")
        .map(({ params }) => params.AccessKeyId);
      assert.equal(new Set(deleted).size, ids().length, "each key that was made");
    });

    it("shows no secret that the endpoint ever gave out", () => {
      assert.equal(proxy.secrets.size, 6); // the administrator's, and five of keys
      for (const secret of proxy.secrets) {
        for (const form of [secret, Buffer.from(secret).toString("base64").slice(0, 50), encodeURIComponent(secret)]) {
          assert.ok(!(told.out + told.err).includes(form), "a secret is shown");
        }
      }
      assert.ok(told.out.includes('"secretAccessKey":"********"'));
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
