import assert from "node:assert/strict";
import { resolve } from "node:path";
import { JOURNAL_TAG } from "../../../provider/model/journal";
import { Account } from "../aws/account";
import { type Endpoint, startEndpoint } from "../aws/endpoint";
import { type FaultProxy, startProxy } from "../aws/proxy";
import { ownAwsPlugin } from "./awsPlugin";
import { oldestPulumi } from "./builtProvider";
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

  /** @returns a stack whose program has the packages of Pulumi's that are installed; with @pulumi/aws 6 the oldest ones that we support */
  async stack(regime: Regime, program: string): Promise<UserStack> {
    const stack = await Stack.create({
      program,
      endpointUrl: this.proxy.url,
      path: [await ownAwsPlugin()],
      env: { AWS_REGION: "us-east-1", TRIGGER: "1", ROTATOR_TEST_AWS_REGIME: regime },
      ...(regime === "6" ? { below: resolve(await oldestPulumi(), "../../..") } : { hasty: true }),
    });
    this.#stacks.push(stack);
    return new UserStack(stack, this.proxy);
  }

  account(name: string): Account {
    return new Account(this.endpoint.url, name);
  }

  /** The tags of a user that is there with the journal of a run that has ended, the journal left out. */
  async tagsBesideJournal(name: string): Promise<Record<string, string>> {
    const { [JOURNAL_TAG]: journal, ...others } = await this.account(name).tags();
    assert.match(journal ?? "none", /^v1 done /, `the journal of ${name}`);
    return others;
  }

  async stop(): Promise<void> {
    for (const stack of this.#stacks) stack.remove();
    await this.proxy.stop();
    await this.endpoint.stop();
  }
}

const BRIEFLY = [["up", "--refresh", "--yes", "--skip-preview"]];
const WHATEVER = [
  ["refresh", "--preview-only"],
  ["preview", "--refresh", "--diff"],
  ["refresh", "--yes", "--skip-preview"],
  ["up", "--yes", "--skip-preview"],
  ...BRIEFLY,
  ["preview", "--diff"],
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

  /** Where nothing has changed, no command shows a change or asks AWS for one. The first refresh brings the tag into the state. */
  async isQuiet({ briefly = false } = {}): Promise<void> {
    this.proxy.clear();
    for (const command of briefly ? BRIEFLY : WHATEVER) {
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

  /** The recorded outputs of the user of that name in AWS. */
  recordedUser(name: string): Record<string, unknown> {
    const found = this.stack
      .state()
      .resources.find(({ outputs, type }) => type === "aws:iam/user:User" && outputs?.name === name);
    return found?.outputs ?? assert.fail(`the state has no user ${name}`);
  }
}

/** A program of such statements: they may make users with rotated keys by `rotated`, and others by `apart`. */
export const usersProgram = (...statements: string[]) => `
const pulumi = require("@pulumi/pulumi");
const { User } = require("@pulumi/aws/iam/user");
const { Provider } = require("@pulumi/aws/provider");
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const { RotatedUser } = require("pulumi-aws-iam-rotator/user");
const rotationTrigger = process.env.TRIGGER;
const rotated = (name, user, opts) => new RotatedUser(name, { user: { name, ...user }, rotationTrigger }, opts);
const apart = (name, user, opts) => {
  const { arn } = new User(name, { name, ...user }, opts);
  new RotatedAccessKey(name, { userArn: arn, rotationTrigger });
};
${statements.join("\n")}
`;
