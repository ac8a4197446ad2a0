import assert from "node:assert/strict";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { JOURNAL_TAG } from "../../provider/model/journal";
import { ownAwsPlugin } from "../../tools/awsPlugin";
import { type Endpoint, startEndpoint } from "../../tools/endpoint";
import { Account } from "./account";
import { type FaultProxy, startProxy } from "./proxy";
import { Stack } from "./stack";

/** As the aws plugin of that version of @pulumi/aws handles tags. */
export type Regime = "6" | "7";

/** Before which endpoint stacks with a user run, and what it was asked. */
export class Users {
  private readonly stacks: Stack[] = [];

  private constructor(
    readonly endpoint: Endpoint,
    readonly proxy: FaultProxy,
  ) {}

  static async start(): Promise<Users> {
    const endpoint = await startEndpoint();
    return new Users(endpoint, await startProxy(endpoint.url));
  }

  async stack(regime: Regime, program: string, env: Record<string, string> = {}): Promise<UserStack> {
    const stack = await Stack.create({
      program,
      endpointUrl: this.proxy.url,
      path: [await ownAwsPlugin()],
      env: { AWS_REGION: "us-east-1", ROTATOR_TEST_AWS_REGIME: regime, ...env },
    });
    this.stacks.push(stack);
    return new UserStack(stack, this.proxy);
  }

  account(name: string): Account {
    return new Account(this.proxy.url, name);
  }

  async stop(): Promise<void> {
    for (const stack of this.stacks) stack.remove();
    await this.proxy.stop();
    await this.endpoint.stop();
  }
}

const QUIET = [
  ["preview", "--expect-no-changes"],
  ["up", "--yes", "--skip-preview", "--expect-no-changes"],
  ["refresh", "--preview-only", "--expect-no-changes"],
  ["preview", "--refresh", "--expect-no-changes"],
  ["up", "--refresh", "--yes", "--skip-preview", "--expect-no-changes"],
  ["refresh", "--yes", "--skip-preview", "--expect-no-changes"],
  ["preview", "--expect-no-changes"],
  ["up", "--yes", "--skip-preview", "--expect-no-changes"],
] as const;

/** A stack with a user whose keys are rotated. */
export class UserStack {
  constructor(
    readonly stack: Stack,
    readonly proxy: FaultProxy,
  ) {}

  /** The tags that UntagUser was asked to remove, since the last time this was asked. */
  untagged(): string[] {
    const keys = this.proxy.calls
      .filter(({ action }) => action === "UntagUser")
      .flatMap(({ params }) => Object.entries(params).filter(([name]) => name.startsWith("TagKeys.")))
      .map(([, key]) => key);
    this.proxy.clear();
    return keys;
  }

  /** Whatever Pulumi is asked to do where nothing has changed: it shows no change, and asks for none at AWS. */
  async isQuiet(): Promise<void> {
    this.untagged();
    for (const command of QUIET) {
      const text = await this.stack.must(...command, "--stack", "dev");
      assert.doesNotMatch(text, /cannot ignore changes|\[diff: |error:/, command.join(" "));
      const changes = this.proxy.calls.filter(({ action }) => /^(Un|T|Create|Delete|Update|Put)/.test(action));
      assert.deepEqual(
        changes.map(({ action }) => action),
        [],
        command.join(" "),
      );
    }
  }
}

export const program = (user: string, { options = "{}", before = "" } = {}) => `
const pulumi = require("@pulumi/pulumi");
const aws = { iam: require("@pulumi/aws/iam"), Provider: require("@pulumi/aws/provider").Provider };
const { RotatedUser } = require("pulumi-aws-iam-rotator/user");
${before}
const user = new RotatedUser("deploy", { user: ${user}, rotationTrigger: process.env.TRIGGER }, ${options});
module.exports = { name: user.userName, id: user.currentAccessKeyId };
`;

void JOURNAL_TAG;
void cpSync;
void mkdirSync;
void join;
