import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Account } from "../harness/aws/account";
import { type Endpoint, startEndpoint } from "../harness/aws/endpoint";
import { ROOT } from "../harness/dist";
import { runMocked } from "../harness/pulumi/mockedExample";
import { withKubernetes } from "../harness/recipes/kubernetesPackage";
import { blocksOf, PageShell } from "../harness/recipes/pageShell";
import { secretsIn } from "../harness/secrets";

const USER = "arn:aws:iam::123456789012:user/ci/deploy";
const pageOf = (recipe: string) => readFileSync(join(ROOT, "examples", recipe, "README.md"), "utf8");

describe("the commands on the pages of the recipes", function () {
  this.timeout(300_000);
  let endpoint: Endpoint;
  let shell: PageShell;
  before(async () => {
    endpoint = await startEndpoint();
    shell = await PageShell.open(endpoint.url);
  });
  after(async () => {
    shell?.remove();
    await endpoint?.stop();
  });

  const account = () => new Account(endpoint.url, "deploy");
  /** The command by which the page takes it away. */
  function ending(recipe: string): string {
    const [, command = ""] = /`(npx pulumi -C [^`]+ destroy --remove)`/.exec(pageOf(recipe)) ?? [];
    assert.ok(command, "no command");
    return command;
  }

  describe("scheduled-policy", () => {
    it("make two users, show their table, shorten the periods, and end all of it", async () => {
      const [first = "", minutes = "", ...more] = blocksOf("scheduled-policy", "sh");
      assert.equal(more.length, 0);
      const told = await shell.run(first);
      assert.equal(
        told.match(/^\| (builder|uploader)-\w+ +\| AKIA\w+ +\| \S.*? +\| 20\d\d-\S+ +\|/gm)?.length,
        2,
        told,
      );
      assert.match(await shell.run(minutes), /unchanged/);
      await shell.run("npx pulumi -C examples/scheduled-policy stack output readme");
      assert.match(await shell.run(ending("scheduled-policy")), /- 7 deleted[\s\S]* history and configuration removed/);
    });
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
      shell.try(`exec sh -c '${here(command)}'`, { HOME: shell.env.HOME, PATH: "/usr/bin:/bin", ...more });

    before(async () => {
      assert.equal(more.length, 0);
      assert.ok(line && !line.includes("'"), crontab);
      place = join(shell.base, "opt/rotator");
      const folder = join(place, "program");
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(place, "passphrase"), "of cron's");
      writeFileSync(join(folder, "Pulumi.yaml"), "name: program\nruntime: nodejs\n");
      writeFileSync(join(folder, "package.json"), '{ "main": "index.js" }');
      writeFileSync(join(folder, "index.js"), program(await account().createUser()));
      symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
      // The file of a machine whose Pulumi and whose AWS are those of this test.
      const { PATH = "", PULUMI_HOME, AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = shell.env;
      const machine = { PULUMI_HOME, AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
      const own = [`PATH=${PATH}`, ...Object.entries(machine).map(([name, value]) => `${name}=${value}`)];
      const exports = own.map((pair) => `export ${pair}`).join("\n");
      const { PULUMI_BACKEND_URL: _url, PULUMI_CONFIG_PASSPHRASE: _passphrase, ...env } = shell.env;
      const { all, failed } = await shell.try(here(setUp).replace(/^export PATH=.*$/m, exports), env);
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

    for (const [title, env, command, shown] of [
      ["a rotation that is overdue", { LATE: "1" }, line, /\*\*due since/],
      ["a stack without keys", { NONE: "1" }, line, /This stack has no keys/],
      ["a stack that is not there", {}, line.replace(" prod ", " test "), /no stack named 'test' found/],
    ] as const) {
      it(`print the end of the log, for a mail, with ${title}`, async () => {
        const { all } = await fromCron(env, command);
        assert.match(all, shown);
        assert.ok(log().trimEnd().endsWith(all.trimEnd()), log());
      });
    }
  });

  /** Those that no engine here can run: what is needed for that is missing. Their settings are all that the program asks for. */
  const MOCKED = ["overdue-alarm", "ci-secret", "kubernetes-secret"];
  for (const recipe of MOCKED) {
    describe(recipe, () => {
      it("set what the program needs to run; the end works", async () => {
        const [first = "", ...rest] = blocksOf(recipe, "sh").join("").trim().split("\n");
        const lines = first.startsWith("npm install ") ? rest : [first, ...rest];
        const settings = lines.filter((line) => / (stack init|config set) /.test(line));
        assert.ok(lines.includes(`npx pulumi -C examples/${recipe} up`));
        assert.deepEqual(lines.slice(0, settings.length), settings);
        await shell.run(settings.join("\n"));
        const all = JSON.parse(await shell.run(`npx pulumi -C examples/${recipe} config --json`));
        const prefix = `iam-rotator-${recipe}:`;
        const own = Object.entries(all as Record<string, { value: string }>).filter(([name]) =>
          name.startsWith(prefix),
        );
        const config = Object.fromEntries(own.map(([name, { value }]) => [name.slice(prefix.length), value]));
        const current = { accessKeyId: "AKIA", secretAccessKey: "of nobody", createdAt: "2026-11-01T00:00:00Z" };
        const answers = {
          "pulumi-nodejs:dynamic/pulumi-aws-iam-rotator:RotatedAccessKey": () => ({ current }),
          "aws:iam/user:User": () => ({ arn: USER, name: "deploy" }),
        };
        const folder = recipe === "kubernetes-secret" ? await withKubernetes() : undefined;
        const { exported } = await runMocked(recipe, config, answers, undefined, folder);
        const outputs = lines.flatMap((line) => / stack output (\w+)/.exec(line)?.[1] ?? []);
        for (const output of outputs) assert.ok(output in exported, `no output ${output}`);
        await shell.run(ending(recipe));
      });
    });
  }

  describe("overdue-alarm", () => {
    it("are such as the AWS CLI has", async () => {
      const asked = blocksOf("overdue-alarm", "sh")
        .join("")
        .split("\n")
        .filter((line) => line.startsWith("aws "));
      for (const line of asked) await shell.run(`rule=some\n${line} --generate-cli-skeleton output`);
      const misspelt = `rule=some\n${asked[1]?.replace("--compliance-types", "--complience-types")}`;
      assert.ok((await shell.try(`${misspelt} --generate-cli-skeleton output`, shell.env)).failed);
    });
  });

  describe("esc-readers and esc-login", () => {
    it("are such as the CLI has, with files that are there", async () => {
      const lines = ["esc-readers", "esc-login"].flatMap((recipe) =>
        blocksOf(recipe, "sh").join("").trim().split("\n"),
      );
      const asked = lines.filter((line) => line.startsWith("npx pulumi env "));
      assert.ok(asked.length > 0);
      for (const line of asked) {
        const [, file] = / --file (\S+)/.exec(line) ?? [];
        if (file) assert.ok(existsSync(join(shell.base, file)), file);
        const words = line.replace(/ -- .*$/, "");
        assert.match(await shell.run(`${words} --help`), /Usage:\n {2}pulumi env (init|run) /);
      }
      assert.ok((await shell.try(`${asked[0]?.replace("--file", "--fil")} --help`, shell.env)).failed);
    });

    it("set a login of another source, which the program takes", async () => {
      const [, secrets = ""] = blocksOf("esc-login", "sh");
      await shell.run("npx pulumi -C examples/esc-login stack init dev");
      for (const line of secrets.trim().split("\n")) await shell.run(line, { input: "of an hour\n" });
      const { stdout } = await shell.out("npx pulumi -C examples/esc-login config get login");
      const all = { accessKeyId: "ASIA…", secretAccessKey: "of an hour", sessionToken: "of an hour" };
      assert.deepEqual(JSON.parse(stdout), all);
      await shell.run(ending("esc-login"));
    });
  });

  describe("github-actions", () => {
    it("have a trust policy that is JSON, for GitHub's tokens alone", () => {
      const [trust = ""] = blocksOf("github-actions", "json");
      const { Condition, Action } = JSON.parse(trust);
      assert.equal(Action, "sts:AssumeRoleWithWebIdentity");
      const asked = Object.keys(Condition.StringEquals);
      assert.deepEqual(
        asked,
        ["aud", "sub"].map((claim) => `token.actions.githubusercontent.com:${claim}`),
      );
    });
  });

  describe("all of them", () => {
    it("print no secret", () => {
      assert.ok(shell.printed.length > 1000);
      assert.deepEqual(secretsIn(shell.printed), []);
    });
  });
});
