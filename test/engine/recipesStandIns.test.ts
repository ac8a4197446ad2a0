import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stand } from "../harness/pulumi/stand";
import { blocksOf, type PageShell, Pages } from "../harness/recipes/pageShell";

/** The AWS SDK for JavaScript, asked whose key the profile has. */
const SDK = `
const { fromProcess } = require("@aws-sdk/credential-providers");
fromProcess({ profile: "deploy" })().then(({ accessKeyId }) => console.log(accessKeyId));
`;

/** What our aws plugin has not stands in for it, by the AWS CLI and the SDK. */
describe("the copies for readers in AWS, and every user below a path, by the commands of their pages", function () {
  this.timeout(300_000);
  const at = stand(new Pages());
  let shell: PageShell;
  before(() => {
    shell = at.shell;
    const standIns = ["awsByCli", "getUsersByIam"].map((name) => join(__dirname, `../harness/recipes/${name}.cjs`));
    shell.env.NODE_OPTIONS = standIns.map((file) => `--require ${file}`).join(" ");
    writeFileSync(join(shell.base, "sdk.js"), SDK);
  });

  /** A page's commands: those that make it, and the last one, which reads. */
  function commandsOf(recipe: string): { make: string; read: string; reading: string } {
    const lines = blocksOf(recipe, "sh").join("").trim().split("\n");
    const at = lines.findIndex((line) => line.endsWith(" up"));
    const reading = lines.slice(at + 1);
    return { make: lines.slice(0, at + 1).join("\n"), read: reading.at(-1) ?? "", reading: reading.join("\n") };
  }

  async function read<Document>(reading: string): Promise<Document> {
    const { stdout } = await shell.out(reading);
    return JSON.parse(stdout) as Document;
  }

  /** The next run rotates: its program has other periods, and the key is older than that. */
  async function rotate(recipe: string): Promise<string> {
    const file = join(shell.base, "examples", recipe, "index.ts");
    const text = readFileSync(file, "utf8");
    const hasty = text.replace('rotateEvery: "90d", gracePeriod: "7d"', 'rotateEvery: "2s", gracePeriod: "2s"');
    assert.notEqual(hasty, text);
    writeFileSync(file, hasty);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    return shell.run(`npx pulumi -C examples/${recipe} up`);
  }

  it("secrets-manager: the reader has both keys right after the run that rotates", async () => {
    const { make, reading } = commandsOf("secrets-manager");
    await shell.run(make);
    const first = await read<Record<string, string>>(reading);
    assert.deepEqual(Object.keys(first), ["accessKeyId", "secretAccessKey"]);
    await rotate("secrets-manager");
    const second = await read<Record<string, string>>(reading);
    const { accessKeyId, secretAccessKey, ...previous } = second;
    assert.notEqual(accessKeyId, first.accessKeyId);
    assert.ok(secretAccessKey);
    assert.deepEqual(previous, {
      previousAccessKeyId: first.accessKeyId,
      previousSecretAccessKey: first.secretAccessKey,
    });
    await shell.run("npx pulumi -C examples/secrets-manager destroy --remove");
    assert.ok((await shell.try(reading, shell.env)).failed);
  });

  it("ssm-parameter: the reader has the new key right after the run that rotates, by command, CLI and SDK", async () => {
    const { make, read: command, reading } = commandsOf("ssm-parameter");
    assert.equal(reading, command);
    const [profile = ""] = blocksOf("ssm-parameter", "ini");
    assert.ok(profile.includes(`credential_process = ${command} --profile reader\n`));
    const config = join(shell.base, "aws-config");
    const reader = "[profile reader]\naws_access_key_id = test\naws_secret_access_key = test\n";
    writeFileSync(config, `${profile}\n${reader}`);
    const { NODE_OPTIONS: _options, AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, ...rest } = shell.env;
    const env: NodeJS.ProcessEnv = { ...rest, AWS_CONFIG_FILE: config };

    await shell.run(make);
    const seen = new Set<string>();
    for (const run of ["first", "second"]) {
      if (run === "second") assert.match(await rotate("ssm-parameter"), /~ {2}\S*dynamic\S* deploy-access-key updated/);
      const document = await read<{ AccessKeyId: string; SecretAccessKey: string }>(command);
      assert.deepEqual(Object.keys(document), ["Version", "AccessKeyId", "SecretAccessKey"]);
      seen.add(document.AccessKeyId);
      const byCli = await shell.try("aws sts get-caller-identity --profile deploy --query Arn --output text", env);
      assert.match(byCli.all.trim(), /:user\/ci\/deploy-\w{7}$/);
      assert.equal((await shell.out("node sdk.js", env)).stdout, document.AccessKeyId);
    }
    assert.equal(seen.size, 2);
    assert.match(shell.stored(), /"ciphertext"/);
    await shell.run("npx pulumi -C examples/ssm-parameter destroy --remove");
    assert.ok((await shell.try(command, shell.env)).failed);
  });

  describe("every user below a path", () => {
    // The emulator forgets the tags of a user that is renamed: the proxy keeps them.
    const user = (name: string) => at.account(name, at.proxy.url);
    const keysOf = (name: string) => user(name).ids();
    const up = () => shell.run("npx pulumi -C examples/every-user up");

    it("fails without anybody there, and makes a key for each who is, and their policy", async () => {
      const commands = blocksOf("every-user", "sh").join("").trim().split("\n");
      assert.equal(commands.length, 6);
      const [init = "", region = "", path = "", preview = "", ...rest] = commands;
      await shell.run([init, region, path].join("\n"));
      const nobody = await shell.try(preview, shell.env);
      assert.ok(nobody.failed);
      assert.match(nobody.all, /There is no user below \/ci\/: nothing is rotated, and nothing deleted/);

      await user("deploy").createUser("/ci/");
      await user("upload").createUser("/ci/team/");
      await user("stranger").createUser("/else/");
      assert.match(await shell.run(preview), /RotatedAccessKey deploy create[\s\S]*\+ 3 to create/);
      const told = await shell.run(rest.join("\n"));
      const { Statement } = JSON.parse(told.trim().split("\n").at(-1) ?? "");
      const arns = (Statement[0].Resource as string[]).map((arn) => arn.split(":user").at(-1));
      assert.deepEqual(arns, ["/ci/deploy", "/ci/team/upload"]);
      assert.deepEqual([(await keysOf("deploy")).length, (await keysOf("upload")).length], [1, 1]);
      assert.deepEqual(await keysOf("stranger"), []);
    });

    it("keeps the key of a user that is moved below the path, and gives one to who joins", async () => {
      const before = await keysOf("upload");
      await user("upload").move("/ci/");
      await user("mail").createUser("/ci/");
      await up();
      assert.deepEqual(await keysOf("upload"), before);
      assert.equal((await keysOf("mail")).length, 1);
    });

    it("deletes the managed keys of who leaves the path, and of nobody else", async () => {
      const kept = [await keysOf("deploy"), await keysOf("upload")];
      await user("mail").move("/else/");
      await up();
      assert.deepEqual(await keysOf("mail"), []);
      assert.deepEqual([await keysOf("deploy"), await keysOf("upload")], kept);
    });

    it("refuses a user whose name has changed, and touches no key", async () => {
      const before = await keysOf("deploy");
      await user("deploy").rename("deployer");
      const { all, failed } = await shell.try("npx pulumi -C examples/every-user up", shell.env);
      assert.ok(failed);
      assert.match(all, /another stack, or a resource in another place, rotates this user's keys/);
      assert.deepEqual(await keysOf("deployer"), before);
      await user("deployer").rename("deploy");
    });

    it("ends: keys go, users stay", async () => {
      await shell.run("npx pulumi -C examples/every-user destroy --remove");
      assert.deepEqual([await keysOf("deploy"), await keysOf("upload")], [[], []]);
    });
  });
});
