import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RotatedKey } from "../../provider";
import { usersBelow } from "../harness/aws/admin";
import { ROOT } from "../harness/dist";
import { section } from "../harness/markdown";
import { stand } from "../harness/pulumi/stand";
import { type PageShell, Pages } from "../harness/recipes/pageShell";

const PAGE = readFileSync(join(ROOT, "docs/fleets.md"), "utf8");
const PROGRAM = "examples/many-users";
const DAY = 24 * 3_600_000;
const day = (from: number) => new Date(Date.now() + from * DAY).toISOString().slice(0, 10);

function blocksOf(title: string, language: string, page = PAGE): string[] {
  const found = section(page, title).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"));
  return [...found].map(([, block = ""]) => block);
}

describe("docs/fleets.md, by its commands, in this order", function () {
  this.timeout(300_000);
  const at = stand(new Pages());
  let shell: PageShell;
  const mailer = () => at.account("mailer");
  const payments = () => at.account("payments");
  const byHand: Record<string, string> = {};
  const members = async () =>
    (await usersBelow(at.endpoint.url, { accessKeyId: "test", secretAccessKey: "test" }, "/fleet/")).map(
      ({ name }) => name,
    );

  before(async () => {
    shell = at.shell;
    for (const user of [mailer(), payments()]) await user.createUser("/fleet/");
    for (const [name, user] of [
      ["PAYMENTS_OLDER", payments()],
      ["MAILER", mailer()],
      ["PAYMENTS", payments()],
    ] as const) {
      const { accessKeyId, secretAccessKey } = await user.addKey();
      Object.assign(byHand, { [`${name}_ID`]: accessKeyId, [`${name}_SECRET`]: secretAccessKey });
    }
  });

  const run = (commands: string) => shell.run(`cd ${PROGRAM}\n${commands}`, { env: byHand });
  const tried = (commands: string) => shell.try(`cd ${PROGRAM}\n${commands}`, shell.env);
  async function published(): Promise<Record<string, RotatedKey>> {
    const { stdout } = await shell.out(`cd ${PROGRAM}\npulumi stack output --json --show-secrets`);
    return JSON.parse(stdout) as Record<string, RotatedKey>;
  }
  const ids = async () =>
    Object.fromEntries(Object.entries(await published()).map(([name, { accessKeyId }]) => [name, accessKeyId]));
  const report = () => run(blocksOf("The pipeline", "bash")[0] ?? "");

  it("write the list", async () => {
    const [list = "", ...more] = blocksOf("The list", "sh");
    assert.equal(more.length, 0);
    // Days that are still to come, as they are for who reads the page.
    let days = 0;
    await run(list.replaceAll(/rotateFrom=\S+/g, () => `rotateFrom=${day(++days)}`));
    assert.equal(days, 2);
  });

  it("adopt the keys made by hand, and make one for the new user", async () => {
    const [adopt = ""] = blocksOf("Keys made by hand", "sh");
    const told = await run(adopt);
    const { MAILER_ID, PAYMENTS_ID, PAYMENTS_OLDER_ID } = byHand;
    assert.match(told, new RegExp(`this creation adopts ${MAILER_ID} as current`));
    const { builder: made = "", ...adopted } = await ids();
    assert.deepEqual(adopted, { mailer: MAILER_ID, payments: PAYMENTS_ID });
    assert.match(made, /^AKIA/);
    assert.deepEqual(await mailer().ids(), [MAILER_ID]);
    assert.deepEqual(await payments().ids(), [PAYMENTS_ID, PAYMENTS_OLDER_ID].sort());
  });

  it("take the secrets out of the configuration, and no key changes", async () => {
    const before = await ids();
    const [, out = ""] = blocksOf("Keys made by hand", "sh");
    await run(out);
    assert.deepEqual(await ids(), before);
    assert.ok(!readFileSync(join(shell.base, PROGRAM, "Pulumi.team-a.yaml"), "utf8").includes("secure:"));
  });

  it("an adopted key's age counts from its day on, and not before", async () => {
    const due = async () => /^\| mailer +\| \w+ +\| [^|]+\| (\S+) /m.exec(await report())?.[1];
    assert.equal(await due(), "–");
    await run(`pulumi config set --path users.mailer.rotateFrom ${day(0)}\npulumi up`);
    assert.match((await due()) ?? "", /^20\d\d-/);
  });

  it("a second stack reads one key", async () => {
    const [program = ""] = blocksOf("Readers", "ts");
    const folder = join(shell.base, "examples/reader");
    mkdirSync(folder);
    writeFileSync(join(folder, "index.ts"), program);
    writeFileSync(join(folder, "package.json"), '{ "main": "index.ts" }');
    writeFileSync(join(folder, "Pulumi.yaml"), "name: reader\nruntime: nodejs\n");
    await shell.run("cd examples/reader\npulumi stack init dev\npulumi up");
    const { stdout } = await shell.out("cd examples/reader\npulumi stack output mailKey --show-secrets");
    assert.equal(stdout.trim() === byHand.MAILER_SECRET, true);
    const shown = await shell.out("cd examples/reader\npulumi stack output mailKeyId");
    assert.equal(shown.stdout.trim(), byHand.MAILER_ID);
  });

  it("answer one user's incident, touch no other user, and publish the new key", async () => {
    const { mailer: leaked, ...others } = await ids();
    const [incident = ""] = blocksOf("One user's incident", "sh");
    assert.match(await run(incident), new RegExp(`made \\w+ as current, deleted ${leaked}`));
    const { mailer: current = "", ...same } = await ids();
    assert.deepEqual([await mailer().ids(), same], [[current], others]);
    assert.notEqual(current, leaked);
  });

  it("docs/audit.md: the history has each update, and the questions to CloudTrail are such as the AWS CLI has", async () => {
    const audit = readFileSync(join(ROOT, "docs/audit.md"), "utf8");
    const [events = "", history = ""] = blocksOf("One key", "sh", audit);
    await run(history);
    const updates = JSON.parse(readFileSync(join(shell.base, PROGRAM, "history.json"), "utf8"));
    assert.ok(updates.length > 3);
    for (const { startTime, result, environment } of updates) {
      assert.match(startTime, /^20\d\d-/);
      assert.match(result, /^(succeeded|failed)$/);
      assert.equal(typeof environment, "object");
    }
    const asked = events.replace("--output text", "--output text --generate-cli-skeleton output");
    assert.notEqual(asked, events);
    await run(asked);
    assert.ok((await tried(asked.replace("--lookup-attributes", "--lookup-atributes"))).failed);
  });

  it("a user who is missing in the list fails the preview; who leaves, leaves with its keys, and nobody else", async () => {
    const [leaves = ""] = blocksOf("A user who leaves", "sh");
    const before = await ids();
    const kept = await run("pulumi config get --path users.builder.path");
    await run("pulumi config rm --path users.builder");
    const { all, failed } = await tried("pulumi preview");
    assert.ok(failed && all.includes("protected"), all);
    await run(`pulumi config set --path users.builder.path ${kept.trim()}`);
    await run(leaves);
    const { builder: _builder, ...rest } = before;
    assert.deepEqual(await ids(), rest);
    assert.deepEqual((await members()).sort(), ["mailer", "payments"]);
  });
});
