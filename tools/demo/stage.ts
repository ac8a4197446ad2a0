import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import {
  type Answer,
  type Credentials,
  deleteKey,
  type FoundUser,
  makeKey,
  usersBelow,
  whoIs,
} from "../../test/harness/aws/admin";
import type { Endpoint } from "../../test/harness/aws/endpoint";
import type { Printed, Project } from "../../test/harness/pulumi/project";
import type { Narrator } from "./narrator";
import { withoutNoise } from "./pulumiText";

/** Where the story plays: shows each command as a person types it, runs it, shows what it printed, and checks it. */
export class Stage {
  /** All that Pulumi printed without being asked for secrets. */
  #said = "";

  constructor(
    readonly project: Project,
    readonly endpoint: Endpoint,
    readonly admin: Credentials,
    readonly narrator: Narrator,
  ) {
    narrator.hide(admin.secretAccessKey);
  }

  async pulumi(args: string[], from?: string): Promise<Printed> {
    const printed = await this.failing(args, from);
    expect(printed.code === 0, `pulumi ${args[0]} ends well, and it ended with ${printed.code}`);
    return printed;
  }

  up(from?: string): Promise<Printed> {
    return this.pulumi(["up", "--yes", "--skip-preview"], from);
  }

  /** One that may fail. */
  async failing(args: string[], from?: string): Promise<Printed> {
    this.#show(args, from);
    const printed = await this.project.pulumi(args, from);
    this.#said += printed.text;
    const text = withoutNoise(printed.text);
    if (text) this.narrator.printed(text);
    return printed;
  }

  async sleep(seconds: number): Promise<void> {
    this.narrator.command(`sleep ${seconds}`);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }

  /** The stack's output `current`. */
  current(from?: string): Promise<Credentials> {
    return this.#secretOutput("current", from, (text) => JSON.parse(text) as Credentials);
  }

  /** The credentials file that the second stack makes. */
  credentialsFile(from: string): Promise<Credentials> {
    return this.#secretOutput("credentialsFile", from, (text) => {
      const value = (name: string) => new RegExp(`^${name}=(\\S+)$`, "m").exec(text)?.[1] ?? "";
      return { accessKeyId: value("aws_access_key_id"), secretAccessKey: value("aws_secret_access_key") };
    });
  }

  /** Its secret is hidden before anything is shown. */
  async #secretOutput(name: string, from: string | undefined, keyIn: (text: string) => Credentials) {
    const args = ["stack", "output", name, "--show-secrets"];
    const { text, code } = await this.project.pulumi(args, from);
    expect(code === 0, `the stack has an output \`${name}\``);
    const key = keyIn(text);
    const isKey = /^\w{16,}$/.test(key.accessKeyId) && key.secretAccessKey.length >= 40;
    expect(isKey, `there is an access key in \`${name}\``);
    this.narrator.hide(key.secretAccessKey);
    this.#show(args, from);
    this.narrator.printed(text.trim());
    return key;
  }

  #show(args: string[], from?: string): void {
    this.narrator.command(["pulumi", ...(from ? ["-C", from] : []), ...args].join(" "));
  }

  /** That AWS takes the key; the ARN of its user. */
  async works(key: Credentials): Promise<string> {
    const answer = await this.#sts(key);
    if (!("arn" in answer)) throw new NotAsTold(`AWS accepts the key; it said ${answer.refusedWith}`);
    expect(answer.arn.includes(":user/ci/"), "the key belongs to the user");
    return answer.arn;
  }

  async refused(key: Credentials): Promise<void> {
    const answer = await this.#sts(key);
    expect("refusedWith" in answer && /InvalidClientTokenId/.test(answer.refusedWith), "AWS refuses the key");
  }

  async #sts(key: Credentials): Promise<Answer> {
    const answer = await whoIs(this.endpoint.url, key);
    this.narrator.command(`aws sts get-caller-identity   # signed with ${key.accessKeyId}`);
    this.narrator.printed("arn" in answer ? answer.arn : `refused: ${answer.refusedWith}`);
    return answer;
  }

  /** What is on the path that the quickstart gives its user. */
  async users(): Promise<FoundUser[]> {
    const found = await usersBelow(this.endpoint.url, this.admin, "/ci/");
    this.narrator.command("aws iam list-users --path-prefix /ci/");
    this.narrator.printed(found.map(({ name }) => name).join("\n") || "none");
    for (const { name, keys } of found) {
      this.narrator.command(`aws iam list-access-keys --user-name ${name}`);
      this.narrator.printed(keys.join("\n") || "none");
    }
    return found;
  }

  /** What a person does beside Pulumi. */
  async makeKeyByHand(user: string): Promise<string> {
    this.narrator.command(`aws iam create-access-key --user-name ${user} --query AccessKey.AccessKeyId`);
    const id = await makeKey(this.endpoint.url, this.admin, user);
    this.narrator.printed(id);
    return id;
  }

  async deleteKeyByHand(user: string, id: string): Promise<void> {
    this.narrator.command(`aws iam delete-access-key --user-name ${user} --access-key-id ${id}`);
    await deleteKey(this.endpoint.url, this.admin, user, id);
  }

  async searchState(keys: Credentials[]): Promise<void> {
    this.narrator.command("pulumi stack export   # the output `current` of it");
    const { text } = await this.project.pulumi(["stack", "export"]);
    this.narrator.printed(JSON.stringify(exportedOutputs(text).current, undefined, 2));

    const files = filesBelow(this.project.backend);
    const secrets = keys.map((key) => key.secretAccessKey);
    const leaks = filesWith(secrets, files);
    const ids = keys.map((key) => key.accessKeyId);
    const controls = filesWith(ids, files);
    for (const line of [
      `Searched the ${files.length} files of the backend for the ${keys.length} secrets, in clear, base64 and URL-encoded:`,
      `${leaks.length} files hold one. The keys' ids, which are no secrets, are in ${controls.length} files.`,
      ...leaks.map((file) => relative(this.project.backend, file)),
    ]) {
      this.narrator.line(`   ${line}`);
    }
    expect(controls.length > 0, "the search finds the keys' ids");
    expect(leaks.length === 0, "no file of the backend holds a secret in plain text");
    const said = secrets.filter((secret) => this.#said.includes(secret));
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

export class NotAsTold extends Error {}

export function expect(fact: boolean, told: string): void {
  if (!fact) throw new NotAsTold(told);
}

/** All files below a folder. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Those of the files in which one of the values stands: as it is, in base64, or as in a URL. */
function filesWith(values: string[], files: string[]): string[] {
  const forms = values.flatMap((value) => [value, ...base64Forms(value), encodeURIComponent(value)]);
  return files.filter((file) => {
    const text = readFileSync(file, "latin1");
    return forms.some((form) => text.includes(form));
  });
}

/** What is always the same of a text in base64, whatever stands before and behind it: one form for each offset. */
function base64Forms(value: string): string[] {
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.from(`${" ".repeat(offset)}${value}`).toString("base64");
    return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + value.length) * 8) / 6));
  });
}
