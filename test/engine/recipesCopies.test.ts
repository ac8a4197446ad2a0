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

describe("the copies for readers in AWS, by the commands of their pages", function () {
  this.timeout(300_000);
  const at = stand(new Pages());
  let shell: PageShell;
  before(() => {
    shell = at.shell;
    shell.env.NODE_OPTIONS = `--require ${join(__dirname, "../harness/recipes/awsByCli.cjs")}`;
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
});
