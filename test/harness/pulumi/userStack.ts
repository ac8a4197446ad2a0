import assert from "node:assert/strict";
import { resolve } from "node:path";
import { JOURNAL_TAG } from "../../../provider/model/journal";
import type { FaultProxy } from "../aws/proxy";
import { ownAwsPlugin } from "./awsPlugin";
import { oldestPulumi } from "./builtProvider";
import type { Stack } from "./stack";
import { Stand } from "./stand";

/** How tags are handled: as the aws plugin of that version of @pulumi/aws does. */
export type Regime = "6" | "7";

/** Stacks with users, by the aws plugin for emulators. */
export class Users extends Stand {
  /** @returns a stack whose program has the packages of Pulumi's that are installed; with @pulumi/aws 6 the oldest ones that we support */
  async of(regime: Regime, program: string): Promise<UserStack> {
    const stack = await this.stack(program, {
      path: [await ownAwsPlugin()],
      env: { ROTATOR_TEST_AWS_REGIME: regime },
      ...(regime === "6" && { hasty: false, below: resolve(await oldestPulumi(), "../../..") }),
    });
    return new UserStack(stack, this.proxy);
  }

  /** The tags of a user that is there with the journal of a run that has ended, the journal left out. */
  async tagsBesideJournal(name: string): Promise<Record<string, string>> {
    const { [JOURNAL_TAG]: journal, ...others } = await this.account(name).tags();
    assert.match(journal ?? "none", /^v1 done /, `the journal of ${name}`);
    return others;
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
      assert.doesNotMatch(text, /cannot ignore changes|\[diff: |error:|\[unknown\]/, command.join(" "));
      const changes = this.proxy.calls.map(({ action }) => action).filter((action) => !/^(Get|List)/.test(action));
      assert.deepEqual(changes, [], command.join(" "));
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
