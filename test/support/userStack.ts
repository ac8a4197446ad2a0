import assert from "node:assert/strict";
import { resolve } from "node:path";
import { ownAwsPlugin } from "../../tools/awsPlugin";
import { type Endpoint, startEndpoint } from "../../tools/endpoint";
import { Account } from "./account";
import { oldestPulumi } from "./builtProvider";
import { type FaultProxy, startProxy } from "./proxy";
import { Stack } from "./stack";

/** How tags are handled: as the aws plugin of that version of @pulumi/aws does. */
export type Regime = "6" | "7";

/** Stacks with users, at an endpoint that counts what it is asked. */
export class Users {
  readonly #stacks: Stack[] = [];

  private constructor(
    readonly endpoint: Endpoint,
    readonly proxy: FaultProxy,
  ) {}

  static async start(): Promise<Users> {
    const endpoint = await startEndpoint();
    return new Users(endpoint, await startProxy(endpoint.url));
  }

  /** @param oldest by the oldest packages of Pulumi's that are supported */
  async stack(regime: Regime, text: string, { oldest = false } = {}): Promise<UserStack> {
    const stack = await Stack.create({
      program: text,
      endpointUrl: this.proxy.url,
      path: [await ownAwsPlugin()],
      env: { AWS_REGION: "us-east-1", TRIGGER: "1", ROTATOR_TEST_AWS_REGIME: regime },
      ...(oldest && { below: resolve(await oldestPulumi(), "../../..") }),
    });
    this.#stacks.push(stack);
    return new UserStack(stack, this.proxy);
  }

  account(name: string): Account {
    return new Account(this.endpoint.url, name);
  }

  async stop(): Promise<void> {
    for (const stack of this.#stacks) stack.remove();
    await this.proxy.stop();
    await this.endpoint.stop();
  }
}

/** `refresh` without a preview brings the tag into the state: what comes after it is the test of the rest. */
const COMMANDS = [
  ["refresh", "--preview-only"],
  ["preview", "--refresh"],
  ["up", "--refresh", "--yes", "--skip-preview"],
  ["refresh", "--yes", "--skip-preview"],
  ["preview", "--diff"],
  ["up", "--yes", "--skip-preview"],
];

export class UserStack {
  constructor(
    readonly stack: Stack,
    private readonly proxy: FaultProxy,
  ) {}

  /** The tags that UntagUser was asked to remove since this was asked last, in any stack here. */
  untagged(): string[] {
    const calls = this.proxy.calls.filter(({ action }) => action === "UntagUser");
    const keys = calls.flatMap(({ params }) => Object.entries(params).filter(([name]) => name.startsWith("TagKeys.")));
    this.proxy.clear();
    return keys.map(([, key]) => key);
  }

  /** Whatever Pulumi is asked to do where nothing has changed: it shows no change, and AWS is asked for none. */
  async isQuiet(): Promise<void> {
    this.proxy.clear();
    for (const command of COMMANDS) {
      const text = await this.stack.must(...command, "--expect-no-changes", "--stack", "dev");
      assert.doesNotMatch(text, /cannot ignore changes|\[diff: |error:/, command.join(" "));
      const changes = this.proxy.calls.filter(({ action }) => !/^(Get|List)/.test(action));
      assert.deepEqual(
        changes.map(({ action }) => action),
        [],
        command.join(" "),
      );
    }
  }
}

interface Surroundings {
  options?: string;
  before?: string;
}

export const userProgram = (user: string, { options = "{}", before = "" }: Surroundings = {}) => `
const pulumi = require("@pulumi/pulumi");
const { User } = require("@pulumi/aws/iam/user");
const { Provider } = require("@pulumi/aws/provider");
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const { RotatedUser } = require("pulumi-aws-iam-rotator/user");
${before}
const user = new RotatedUser("deploy", { user: ${user}, rotationTrigger: process.env.TRIGGER }, ${options});
module.exports = { id: user.currentAccessKeyId };
`;
