import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import execa from "execa";
import { ROOT } from "../harness/dist";
import { key, keys, type Mocked, runMocked, unsealed } from "../harness/pulumi/mockedExample";
import { stand } from "../harness/pulumi/stand";
import { withKubernetes } from "../harness/recipes/kubernetesPackage";
import { blocksOf, Pages } from "../harness/recipes/pageShell";

const pageOf = (recipe: string) => readFileSync(join(ROOT, "examples", recipe, "README.md"), "utf8");
const { accessKeyId } = key("C");

/** Those that no engine here can run: what is needed for that is missing. Their settings are all that the program asks for. */
const MOCKED: Record<string, (made: Mocked) => void> = {
  "overdue-alarm": ({ inputs }) => {
    const { source, inputParameters } = inputs("aws:cfg/rule:Rule");
    assert.deepEqual(source, { owner: "AWS", sourceIdentifier: "ACCESS_KEYS_ROTATED" });
    assert.deepEqual(JSON.parse(String(inputParameters)), { maxAccessKeyAge: "104" });
  },
  "ci-secret": ({ registered, exported }) => {
    const secrets = registered.filter(({ type }) => type === "github:index/actionsSecret:ActionsSecret");
    const written = secrets.map(({ inputs: { repository, secretName, value, ...rest } }) => {
      assert.deepEqual(rest, {}, "nothing else, above all no value in clear");
      return [repository, secretName, unsealed(value)];
    });
    assert.deepEqual(written, [
      ["my-repository", "AWS_ACCESS_KEY_ID", accessKeyId],
      ["my-repository", "AWS_SECRET_ACCESS_KEY", "secret of C"],
    ]);
    const secretNames = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    assert.deepEqual(exported, { secretNames, currentAccessKeyId: accessKeyId });
  },
  "kubernetes-secret": ({ inputs, exported }) => {
    const { metadata, stringData } = inputs("kubernetes:core/v1:Secret");
    assert.deepEqual(metadata, { name: "aws-access-key", namespace: "default" });
    assert.deepEqual(unsealed(stringData), {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: "secret of C",
      credentials: `[default]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=secret of C\n`,
    });
    assert.deepEqual(exported, { secretName: "aws-access-key", currentAccessKeyId: accessKeyId });
    assert.equal(
      inputs("pulumi:providers:kubernetes").enableSecretMutable,
      "true",
      "changed where it is, not replaced",
    );
  },
};

describe("the commands on the pages of the recipes", function () {
  this.timeout(300_000);
  const at = stand(new Pages());
  const run: Pages["shell"]["run"] = (...args) => at.shell.run(...args);
  const account = () => at.account("deploy");
  /** The command by which the page takes it away. */
  function ending(recipe: string): string {
    const [, command = ""] = /`(npx pulumi -C [^`]+ destroy --remove)`/.exec(pageOf(recipe)) ?? [];
    assert.ok(command, "no command");
    return command;
  }

  it("scheduled-policy: make two users and show their table; with shorter periods keys rotate, are deactivated and deleted; end it", async () => {
    const [first = "", minutes = "", ...more] = blocksOf("scheduled-policy", "sh");
    assert.equal(more.length, 0);
    const told = await run(first);
    assert.equal(told.match(/^\| (builder|uploader)-\w+ +\| AKIA\w+ +\| \S.*? +\| 20\d\d-\S+ +\|/gm)?.length, 2, told);
    assert.match(await run(minutes), /unchanged/);
    const pulumi = (args: string) => run(`npx pulumi -C examples/scheduled-policy ${args}`);
    const distinct = (text: string, pattern: RegExp) => new Set(text.match(pattern)).size;
    const [, up = ""] = /^npx pulumi (-C .* up)$/m.exec(minutes) ?? [];
    assert.ok(up);
    for (const [period, value] of Object.entries({ rotateEvery: "2s", gracePeriod: "1s", deactivatePeriod: "1s" }))
      await pulumi(`config set ${period} ${value}`);
    await sleep(2_000);
    assert.equal(distinct(await run(`npx pulumi ${up}`), /made AKIA\w+ as current, .* \(due since /g), 2);
    assert.match(await pulumi("stack output readme"), /AKIA\w+ until 20\d\d-/);
    // However long a busy machine takes until then, no further rotation is due.
    for (const setting of ["rotateEvery 90d", "deactivatePeriod 1h"]) await pulumi(`config set ${setting}`);
    await sleep(1_100);
    assert.equal(distinct(await run(`npx pulumi ${up}`), /deactivated AKIA\w+ \(its grace period ended /g), 2);
    assert.match(await pulumi("preview"), /2 older keys are deactivated, .*: builder, uploader\./);
    await pulumi("config set deactivatePeriod 1s");
    await sleep(1_100);
    assert.equal(distinct(await run(`npx pulumi ${up}`), /deleted AKIA\w+ \(deactivated since /g), 2);
    assert.match(await run(ending("scheduled-policy")), /- 7 deleted[\s\S]* history and configuration removed/);
  });

  describe("cron", () => {
    const [setUp = "", ...more] = blocksOf("cron", "sh");
    const [crontab = ""] = blocksOf("cron", "crontab");
    const [, line = ""] = /^23 5 \* \* \* (.+)\n$/.exec(crontab) ?? [];
    const program = (userArn: string) => `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const rotateEvery = process.env.LATE ? "1s" : "90d";
if (!process.env.NONE) {
  const key = new RotatedAccessKey("ci", { userArn: ${JSON.stringify(userArn)}, rotateEvery });
  // With LATE the run lingers until the next rotation is due.
  key.currentAccessKeyId.apply(() => new Promise((done) => setTimeout(done, process.env.LATE ? 2_500 : 0)));
}
`;
    let place: string;
    const here = (text: string) => text.replaceAll("/opt/rotator", place);
    /** What cron gives a line: next to nothing. */
    const fromCron = (more: NodeJS.ProcessEnv = {}, command = line) =>
      at.shell.try(`exec sh -c '${here(command)}'`, { HOME: at.shell.env.HOME, PATH: "/usr/bin:/bin", ...more });

    before(async () => {
      assert.equal(more.length, 0);
      assert.ok(line && !line.includes("'"), crontab);
      place = join(at.shell.base, "opt/rotator");
      const folder = join(place, "program");
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(place, "passphrase"), "of cron's");
      writeFileSync(join(folder, "Pulumi.yaml"), "name: program\nruntime: nodejs\n");
      writeFileSync(join(folder, "package.json"), '{ "main": "index.js" }');
      writeFileSync(join(folder, "index.js"), program(await account().createUser()));
      symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
      // The file of a machine whose Pulumi and whose AWS are those of this test.
      const { PATH = "", PULUMI_HOME, AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = at.shell.env;
      const machine = { PULUMI_HOME, AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
      const own = [`PATH=${PATH}`, ...Object.entries(machine).map(([name, value]) => `${name}=${value}`)];
      const exports = own.map((pair) => `export ${pair}`).join("\n");
      const { PULUMI_BACKEND_URL: _url, PULUMI_CONFIG_PASSPHRASE: _passphrase, ...env } = at.shell.env;
      const { all, failed } = await at.shell.try(here(setUp).replace(/^export PATH=.*$/m, exports), env);
      assert.ok(!failed, all);
    });
    const log = () => readFileSync(join(place, "log"), "utf8");

    it("set it up; the line makes a key, writes its log, and prints nothing for a mail", async () => {
      const { all, failed } = await fromCron();
      assert.ok(!failed, all + log());
      assert.equal(all, "");
      assert.match(log(), /^20\d\d-\S+Z\n[\s\S]*:RotatedAccessKey ci created/);
      assert.equal((await account().keys()).length, 1);
    });

    /** A person's key takes the place of the older one. */
    const takeSlot = async () => {
      const [{ id = "" } = {}] = await account().keys();
      await account().deleteKey(id);
      await account().addKey();
    };
    for (const [title, env, command, shown, prepare] of [
      ["a rotation that is overdue", { LATE: "1" }, line, /\*\*due since/],
      ["a rotation that is blocked", { LATE: "1" }, line, /\*\*blocked\*\*: rotation/, takeSlot],
      ["a stack without keys", { NONE: "1" }, line, /This stack has no keys/],
      ["a stack that is not there", {}, line.replace(" prod ", " test "), /no stack named 'test' found/],
    ] as const) {
      it(`print the end of the log, for a mail, with ${title}`, async () => {
        await prepare?.();
        const { all } = await fromCron(env, command);
        assert.match(all, shown);
        assert.ok(log().trimEnd().endsWith(all.trimEnd()), log());
      });
    }
  });

  for (const [recipe, check] of Object.entries(MOCKED)) {
    it(`${recipe}: set what the program needs to run; the end works`, async () => {
      const [first = "", ...rest] = blocksOf(recipe, "sh").join("").trim().split("\n");
      const lines = first.startsWith("npm install ") ? rest : [first, ...rest];
      const settings = lines.filter((line) => / (stack init|config set) /.test(line));
      assert.ok(lines.includes(`npx pulumi -C examples/${recipe} up`));
      assert.deepEqual(lines.slice(0, settings.length), settings);
      await run(settings.join("\n"));
      const all = JSON.parse(await run(`npx pulumi -C examples/${recipe} config --json`));
      const prefix = `iam-rotator-${recipe}:`;
      const own = Object.entries(all as Record<string, { value: string }>).filter(([name]) => name.startsWith(prefix));
      const config = Object.fromEntries(own.map(([name, { value }]) => [name.slice(prefix.length), value]));
      const folder = recipe === "kubernetes-secret" ? await withKubernetes() : undefined;
      if (folder) await execa(join(ROOT, "node_modules/.bin/tsc"), ["-p", folder]);
      const made = await runMocked(recipe, config, keys(), folder);
      check(made);
      const outputs = lines.flatMap((line) => / stack output (\w+)/.exec(line)?.[1] ?? []);
      for (const output of outputs) assert.ok(output in made.exported, `no output ${output}`);
      await run(ending(recipe));
    });
  }

  it("overdue-alarm: are such as the AWS CLI has", async () => {
    const asked = blocksOf("overdue-alarm", "sh")
      .join("")
      .split("\n")
      .filter((line) => line.startsWith("aws "));
    for (const line of asked) await run(`rule=some\n${line} --generate-cli-skeleton output`);
    const misspelt = `rule=some\n${asked[1]?.replace("--compliance-types", "--complience-types")}`;
    assert.ok((await at.shell.try(`${misspelt} --generate-cli-skeleton output`, at.shell.env)).failed);
  });

  it("esc-readers and esc-login: are such as the CLI has, with files that are there", async () => {
    const lines = ["esc-readers", "esc-login"].flatMap((recipe) => blocksOf(recipe, "sh").join("").trim().split("\n"));
    const asked = lines.filter((line) => line.startsWith("npx pulumi env "));
    assert.ok(asked.length > 0);
    for (const line of asked) {
      const [, file] = / --file (\S+)/.exec(line) ?? [];
      if (file) assert.ok(existsSync(join(at.shell.base, file)), file);
      const words = line.replace(/ -- .*$/, "");
      assert.match(await run(`${words} --help`), /Usage:\n {2}pulumi env (init|run) /);
    }
    assert.ok((await at.shell.try(`${asked[0]?.replace("--file", "--fil")} --help`, at.shell.env)).failed);
  });

  it("esc-login: set a login of another source, which the program takes; the next session is no change, and rotates", async () => {
    const [, secrets = ""] = blocksOf("esc-login", "sh");
    const pulumi = (args: string) => run(`npx pulumi -C examples/esc-login ${args}`);
    await pulumi("stack init dev");
    for (const line of secrets.trim().split("\n")) await run(line, { input: "of-an-hour\n" });
    const { stdout } = await at.shell.out("npx pulumi -C examples/esc-login config get login");
    const all = { accessKeyId: "ASIA…", secretAccessKey: "of-an-hour", sessionToken: "of-an-hour" };
    assert.deepEqual(JSON.parse(stdout), all);

    const user = at.account("esc");
    await pulumi(`config set userArn ${await user.createUser()}`);
    const [yesterday, today] = ["ASIAYESTERDAY0000000", "ASIATODAY00000000000"];
    const loginBy = (id: string) => pulumi(`config set --path login.accessKeyId ${id}`);
    at.proxy.clear();
    await loginBy(yesterday);
    await pulumi("up");
    await loginBy(today);
    await pulumi("preview --expect-no-changes");
    // The session that the state knows has ended.
    const fault = { kind: "error", code: "ExpiredToken", status: 403 } as const;
    at.proxy.rule({ when: ({ accessKeyId }) => accessKeyId === yesterday, fault });
    await pulumi("config set rotation 2");
    await pulumi("up");
    assert.equal((await user.ids()).length, 2);
    const makers = at.proxy.calls.filter(({ action }) => action === "CreateAccessKey");
    assert.deepEqual(
      makers.map(({ accessKeyId }) => accessKeyId),
      [yesterday, today],
    );
    await run(ending("esc-login"));
    assert.deepEqual(await user.ids(), []);
  });

  it("github-actions: have a trust policy that is JSON, for GitHub's tokens alone", () => {
    const [trust = ""] = blocksOf("github-actions", "json");
    const { Condition, Action } = JSON.parse(trust);
    assert.equal(Action, "sts:AssumeRoleWithWebIdentity");
    const claims = ["aud", "sub"].map((claim) => `token.actions.githubusercontent.com:${claim}`);
    assert.deepEqual(Object.keys(Condition.StringEquals), claims);
  });
});
