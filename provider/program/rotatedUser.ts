// Only this file and user.ts touch @pulumi/aws, and only its user module: the whole package takes seconds to type-check.
import { User, type UserArgs } from "@pulumi/aws/iam/user";
import * as pulumi from "@pulumi/pulumi";
import type { KnownKey, RotatedKey } from "../model/accessKey";
import type { Retirement } from "../model/managedKeys";
import { JOURNAL_PATHS } from "../model/userTags";
import { refuseUserArgs } from "./argNames";
import { RotatedAccessKey, type RotatedAccessKeyArgs } from "./rotatedAccessKey";
import { checkTransformedTags, userTags, withTagsAll } from "./userTags";

/** The inputs of {@link RotatedUser}: those of RotatedAccessKey but `userArn`, and the user's own. */
export interface RotatedUserArgs extends Omit<RotatedAccessKeyArgs, "userArn"> {
  /** The IAM user to make: name, path, tags, permissions boundary, forceDestroy, as in `aws.iam.User`. Default: none of them. */
  user?: UserArgs;
}

/**
 * An IAM user and its rotated access keys.
 *
 * @example
 * ```ts
 * const deploy = new RotatedUser("deploy", { user: { path: "/ci/" }, rotationTrigger: "2026-11" });
 * export const credentials = deploy.current; // secret
 * ```
 */
export class RotatedUser extends pulumi.ComponentResource {
  /** The user. */
  readonly user: User;
  /** The user's name. */
  readonly userName: pulumi.Output<string>;
  /** The user's ARN. */
  readonly userArn: pulumi.Output<string>;
  /** The newest key, the one to use. Secret. */
  readonly current: pulumi.Output<RotatedKey>;
  /**
   * The key before it, valid until its grace period ends, or until the next rotation; `undefined` when there is none.
   * Secret.
   */
  readonly previous: pulumi.Output<
    | (KnownKey & {
        /** When AWS made the key: RFC 3339, UTC. */
        createdAt: string;
      })
    | undefined
  >;
  /** Id of `current`. Not secret. */
  readonly currentAccessKeyId: pulumi.Output<string>;
  /** Id of `previous`, if there is one. Not secret. */
  readonly previousAccessKeyId: pulumi.Output<string | undefined>;
  /** When `current` was made: RFC 3339, UTC. */
  readonly rotatedAt: pulumi.Output<string>;
  /** When the next rotation is due: RFC 3339, UTC. `undefined` without `rotateEvery`. */
  readonly rotationDueAt: pulumi.Output<string | undefined>;
  /** Until when `previous` stays valid: RFC 3339, UTC. `undefined` without `gracePeriod`, or without a `previous`. */
  readonly previousUntil: pulumi.Output<string | undefined>;
  /** What became of `previous` since its grace period ended. `undefined` where nothing did. */
  readonly retirement: pulumi.Output<Retirement | undefined>;
  /** Why a rotation, or the end of `previous`, waits, in words. `undefined` if nothing waits. */
  readonly waitsFor: pulumi.Output<string | undefined>;

  /**
   * @param name the component's name, and that of both its children
   * @param args the user's inputs, and those of its keys
   * @param opts the options of any component; an explicit `aws.Provider` makes the user and rotates its keys
   */
  constructor(name: string, args: RotatedUserArgs = {}, opts: pulumi.ComponentResourceOptions = {}) {
    // First, so that what is refused at once leaves nothing behind.
    refuseUserArgs(`RotatedUser ${name}`, args ?? {});
    const { user, ...keyArgs } = args ?? {};
    const tags = userTags(name, user?.tags);
    super("pulumi-aws-iam-rotator:index:RotatedUser", name, {}, withAlias(opts));
    // The rotation writes a tag on this user that is none of its inputs: the options keep it out of every comparison.
    checkTransformedTags(this, name);
    const options = { parent: this, ignoreChanges: JOURNAL_PATHS, transformations: [withTagsAll] };
    this.user = new User(name, { ...user, tags }, options);
    const key = new RotatedAccessKey(name, { ...keyArgs, userArn: this.user.arn }, { parent: this });
    this.userName = this.user.name;
    this.userArn = this.user.arn;
    this.current = key.current;
    this.previous = key.previous;
    this.currentAccessKeyId = key.currentAccessKeyId;
    this.previousAccessKeyId = key.previousAccessKeyId;
    this.rotatedAt = key.rotatedAt;
    this.rotationDueAt = key.rotationDueAt;
    this.previousUntil = key.previousUntil;
    this.retirement = key.retirement;
    this.waitsFor = key.waitsFor;
    this.registerOutputs({
      userName: this.userName,
      userArn: this.userArn,
      current: this.current,
      previous: this.previous,
      currentAccessKeyId: this.currentAccessKeyId,
      previousAccessKeyId: this.previousAccessKeyId,
      rotatedAt: this.rotatedAt,
      rotationDueAt: this.rotationDueAt,
      previousUntil: this.previousUntil,
      retirement: this.retirement,
      waitsFor: this.waitsFor,
    });
  }
}

/** The same component as the provider plugin has it: a stack moves from one to the other, and back, with its keys. */
function withAlias(opts: pulumi.ComponentResourceOptions): pulumi.ComponentResourceOptions {
  return { ...opts, aliases: [...(opts.aliases ?? []), { type: "aws-iam-rotator:index:RotatedUser" }] };
}
