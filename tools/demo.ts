// `npm run demo`: the story of a rotation, told by the real Pulumi engine against an emulator of IAM.
import { relative } from "node:path";
import { awsPluginUnlessInstalled } from "./awsPlugin";
import { type Answer, type Credentials, usersBelow, whoIs } from "./demo/aws";
import { Narrator } from "./demo/narrator";
import { type Printed, Project } from "./demo/project";
import { withoutNoise } from "./demo/pulumiText";
import { filesBelow, filesWith } from "./demo/secretSearch";
import { type Endpoint, startEndpoint } from "./endpoint";
import { ensureEngine } from "./engine";

const STACK = "demo";
const QUICKSTART = `organization/iam-rotator-quickstart/${STACK}`;
const SECOND = "examples/stack-reference";
const LEAK = "examples/leak-drill";

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

async function main(): Promise<void> {
  const engine = await ensureEngine();
  const awsPlugin = await awsPluginUnlessInstalled();
  const endpoint = await startEndpoint();
  let project: Project | undefined;
  process.once("exit", () => project?.remove());
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, async () => {
      if (stopping) return;
      stopping = true;
      console.error("\nStopping, and cleaning up …");
      await project?.cancel();
      process.exit(130);
    });
  }
  try {
    const start = Date.now();
    const admin = await endpoint.newAdmin();
    await endpoint.requireAuth();
    project = new Project(engine, { endpoint: endpoint.url, admin, awsPlugin });
    const story = new Story(project, endpoint, admin, new Narrator((text) => process.stdout.write(text)));
    story.introduction(engine.version, awsPlugin !== undefined);
    await story.tell();
    console.log(`\nAll of it was as told, in ${Math.round((Date.now() - start) / 1000)} s.`);
  } finally {
    // An emulator that somebody else started goes on: it is left empty, as tests leave it.
    if (process.env.ROTATOR_TEST_ENDPOINT_URL) await endpoint.reset().catch(() => undefined);
    await endpoint.stop();
  }
}

class Story {
  /** All that Pulumi printed without being asked for secrets. */
  said = "";

  constructor(
    readonly project: Project,
    readonly endpoint: Endpoint,
    readonly admin: Credentials,
    readonly narrator: Narrator,
  ) {
    narrator.hide(admin.secretAccessKey);
  }

  introduction(version: string, ownPlugin: boolean): void {
    const plugin = ownPlugin
      ? "Pulumi's Terraform bridge over our own aws.iam.User (Pulumi's own plugin is not installed)"
      : "Pulumi's own, as installed";
    for (const line of [
      "A rotation with `pulumi up`, told in nine steps.",
      `   Pulumi        ${version}, the real engine`,
      `   aws plugin    ${plugin}`,
      `   AWS           an emulator of IAM at ${this.endpoint.url}, which checks each signature`,
      `   project       a copy of this repository's Pulumi.yaml and examples, in ${this.project.folder}`,
      `   backend       files in ${this.project.backend}`,
      "Pulumi's output is shown without repeated lines of progress and the warning about the plugin; secrets show as",
      "********, and keys as AKIA…A, AKIA…B and so on. What stands as an `aws` command is asked through the AWS SDK.",
    ]) {
      this.narrator.line(line);
    }
  }

  async tell(): Promise<void> {
    const { narrator } = this;
    const keys: Credentials[] = [];

    narrator.step("The first `up` makes an IAM user and its first access key");
    await this.pulumi(["stack", "init", STACK]);
    await this.up();
    keys.push(await this.current());
    const [first] = keys as [Credentials];
    narrator.meaning(`The user has one key, ${first.accessKeyId}: it is \`current\`, a secret output of the stack.`);

    narrator.step("The key works");
    const user = this.accepted(await this.sts(first));
    narrator.meaning(`A real call to STS, signed with the key: AWS takes it as one of ${user}.`);

    narrator.step("A changed trigger, and the preview of what it does");
    await this.pulumi(["config", "set", "rotation", "2026-12"]);
    const preview = await this.pulumi(["preview"]);
    expect(preview.text.includes(`keeps ${first.accessKeyId} valid as previous`), "the preview names the key it keeps");
    this.accepted(await whoIs(this.endpoint.url, first));
    narrator.meaning(
      "Nothing has been changed yet, and AWS was not asked: one line says what `up` will do to which key.",
    );

    narrator.step("The rotation: a new key, and the one before it stays valid");
    await this.up();
    keys.push(await this.current());
    const [, second] = keys as [Credentials, Credentials];
    expect(second.accessKeyId !== first.accessKeyId, "the rotation made another key");
    this.accepted(await this.sts(second));
    this.accepted(await this.sts(first));
    narrator.meaning("Both keys work. Whoever still uses the first has until the next rotation to take up the second.");

    narrator.step("Another stack reads `current`, and uses it");
    await this.pulumi(["stack", "init", STACK], SECOND);
    await this.pulumi(["config", "set", "quickstart", QUICKSTART], SECOND);
    await this.up(SECOND);
    const handed = await this.credentialsFile();
    expect(handed.accessKeyId === second.accessKeyId, "the second stack got the current key");
    this.accepted(await this.sts(handed));
    narrator.meaning(`The second stack makes a credentials file of ${second.accessKeyId}, and that file works.`);

    narrator.step("One more rotation: the first key goes");
    await this.pulumi(["config", "set", "rotation", "2027-01"]);
    const rotation = await this.up();
    expect(rotation.text.includes(`deletes ${first.accessKeyId}`), "the update says that it deletes the first key");
    keys.push(await this.current());
    const third = keys[2] as Credentials;
    this.refused(await this.sts(first));
    this.accepted(await this.sts(second));
    this.accepted(await this.sts(third));
    const [found, ...more] = await this.users();
    expect(found?.keys.length === 2 && more.length === 0, "there is one user, with two keys");
    narrator.meaning(
      `The first key is deleted, and refused. The second stack's copy, ${second.accessKeyId}, goes on working until its next \`up\`.`,
    );

    narrator.step("A leak: one setting cuts off every older key");
    await this.pulumi(["stack", "init", STACK], LEAK);
    await this.up(LEAK);
    const leaked = await this.current(LEAK);
    await this.pulumi(["config", "set", "incident", "INC-42"], LEAK);
    await this.up(LEAK);
    const clean = await this.current(LEAK);
    this.refused(await this.sts(leaked));
    this.accepted(await this.sts(clean));
    await this.pulumi(["destroy", "--yes", "--skip-preview"], LEAK);
    narrator.meaning("The new key works before the leaked one goes; a grace period does not hold that up.");

    narrator.step("The state holds no secret in plain text");
    await this.searchState(keys);
    narrator.meaning("Pulumi keeps the keys encrypted, in the state as in its history and backups.");

    narrator.step("Destroy leaves nothing behind");
    await this.pulumi(["destroy", "--yes", "--skip-preview"], SECOND);
    await this.pulumi(["destroy", "--yes", "--skip-preview"]);
    for (const key of [second, third]) this.refused(await this.sts(key));
    expect((await this.users()).length === 0, "no user is left");
    narrator.meaning("No user and no key are left, and AWS refuses the last two.");
  }

  /** Shows a command as a person types it, runs it, and shows what it printed. */
  async pulumi(args: string[], from?: string): Promise<Printed> {
    this.narrator.command(["pulumi", ...(from ? ["-C", from] : []), ...args].join(" "));
    const printed = await this.project.pulumi(args, from);
    this.said += printed.text;
    const text = withoutNoise(printed.text);
    if (text) this.narrator.printed(text);
    expect(printed.code === 0, `pulumi ${args[0]} ended with ${printed.code}`);
    return printed;
  }

  up(from?: string): Promise<Printed> {
    return this.pulumi(["up", "--yes", "--skip-preview"], from);
  }

  /** The stack's secret output; its secret is hidden before anything is shown. */
  async current(from?: string): Promise<Credentials> {
    const args = ["stack", "output", "current", "--show-secrets"];
    const { text, code } = await this.project.pulumi(args, from);
    expect(code === 0, "the stack has an output `current`");
    const key = JSON.parse(text) as Credentials;
    expect(/^\w{16,}$/.test(key.accessKeyId) && key.secretAccessKey.length >= 40, "`current` is an access key");
    this.narrator.hide(key.secretAccessKey);
    this.narrator.command(["pulumi", ...(from ? ["-C", from] : []), ...args].join(" "));
    this.narrator.printed(text);
    return key;
  }

  async credentialsFile(): Promise<Credentials> {
    const args = ["stack", "output", "credentialsFile", "--show-secrets"];
    const { text } = await this.project.pulumi(args, SECOND);
    const value = (name: string) => new RegExp(`^${name}=(\\S+)$`, "m").exec(text)?.[1] ?? "";
    const key = { accessKeyId: value("aws_access_key_id"), secretAccessKey: value("aws_secret_access_key") };
    expect(key.accessKeyId !== "" && key.secretAccessKey !== "", "the second stack's output is a credentials file");
    this.narrator.hide(key.secretAccessKey);
    this.narrator.command(["pulumi", "-C", SECOND, ...args].join(" "));
    this.narrator.printed(text.trim());
    return key;
  }

  async sts(key: Credentials): Promise<Answer> {
    const answer = await whoIs(this.endpoint.url, key);
    this.narrator.command(`aws sts get-caller-identity   # signed with ${key.accessKeyId}`);
    this.narrator.printed("arn" in answer ? answer.arn : `refused: ${answer.refusedWith}`);
    return answer;
  }

  /** What is on the path that the quickstart gives its user. */
  async users() {
    const found = await usersBelow(this.endpoint.url, this.admin, "/ci/");
    this.narrator.command("aws iam list-users --path-prefix /ci/");
    this.narrator.printed(found.map(({ name }) => name).join("\n") || "none");
    for (const { name, keys } of found) {
      this.narrator.command(`aws iam list-access-keys --user-name ${name}`);
      this.narrator.printed(keys.join("\n") || "none");
    }
    return found;
  }

  accepted(answer: Answer): string {
    if (!("arn" in answer)) throw new NotAsTold(`AWS accepts the key; it said ${answer.refusedWith}`);
    expect(answer.arn.includes(":user/ci/"), "the key belongs to the user");
    return answer.arn;
  }

  refused(answer: Answer): void {
    expect("refusedWith" in answer && /InvalidClientTokenId/.test(answer.refusedWith), "AWS refuses the key");
  }

  async searchState(keys: Credentials[]): Promise<void> {
    this.narrator.command("pulumi stack export   # the output `current` of it");
    const { text } = await this.project.pulumi(["stack", "export"]);
    this.narrator.printed(JSON.stringify(exportedOutputs(text).current, undefined, 2));

    const files = filesBelow(this.project.backend);
    const secrets = keys.map((key) => key.secretAccessKey);
    const leaks = filesWith(secrets, files);
    const controls = filesWith(
      keys.map((key) => key.accessKeyId),
      files,
    );
    for (const line of [
      `Searched the ${files.length} files of the backend for the ${keys.length} secrets, in clear, base64 and URL-encoded:`,
      `${leaks.length} files hold one. The keys' ids, which are no secrets, are in ${controls.length} files.`,
      ...leaks.map((file) => relative(this.project.backend, file)),
    ]) {
      this.narrator.line(`   ${line}`);
    }
    expect(controls.length > 0, "the search finds the keys' ids");
    expect(leaks.length === 0, "no file of the backend holds a secret in plain text");
    const said = secrets.filter((secret) => this.said.includes(secret));
    expect(said.length === 0, "no `up`, preview or export of Pulumi shows a secret");
  }
}

/** The outputs of the stack itself, in what `pulumi stack export` prints. */
function exportedOutputs(text: string): Record<string, unknown> {
  const { deployment } = JSON.parse(text) as {
    deployment: { resources: { type: string; outputs?: Record<string, unknown> }[] };
  };
  return deployment.resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
}

class NotAsTold extends Error {}

function expect(fact: boolean, told: string): void {
  if (!fact) throw new NotAsTold(told);
}

main().catch((error: Error) => {
  console.error(error instanceof NotAsTold ? `\nThe demo fails here. Expected: ${error.message}` : error.message);
  process.exitCode = 1;
});
