// Only this file and user.ts touch @pulumi/aws, and only its user module: the whole package takes seconds to type-check.
import { User, type UserArgs } from "@pulumi/aws/iam/user";
import * as pulumi from "@pulumi/pulumi";
import type { KnownKey, RotatedKey } from "../model/accessKey";
import { ROTATED_USER_INPUTS } from "../model/inputs";
import { PUBLIC_OUTPUTS } from "../model/outputs";
import type { Pending } from "../model/pending";
import { refuseUserArgs } from "./argNames";
import { RotatedAccessKey, type RotatedAccessKeyArgs } from "./rotatedAccessKey";
import { arnOf, guardTags, userTags } from "./userTags";

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
  declare readonly current: pulumi.Output<RotatedKey>;
  /**
   * The key before it, valid until its grace period ends, or until the next rotation; absent when there is none.
   * Secret.
   */
  declare readonly previous: pulumi.Output<
    | (KnownKey & {
        /** When AWS made the key: RFC 3339, UTC. */
        createdAt: string;
      })
    | undefined
  >;
  /** Id of `current`. Not secret. */
  declare readonly currentAccessKeyId: pulumi.Output<string>;
  /** Id of `previous`, if there is one. Not secret. */
  declare readonly previousAccessKeyId: pulumi.Output<string | undefined>;
  /** When AWS made `current`, also if it was adopted: RFC 3339, UTC. */
  declare readonly currentCreatedAt: pulumi.Output<string>;
  /** When the next rotation is due: RFC 3339, UTC. Absent without `rotateEvery`. */
  declare readonly rotationDueAt: pulumi.Output<string | undefined>;
  /** Until when `previous` stays valid: RFC 3339, UTC. Absent without `gracePeriod`, or without a `previous`. */
  declare readonly previousUntil: pulumi.Output<string | undefined>;
  /** Since when `previous` is deactivated by the rotation: RFC 3339, UTC. Absent if it is not. */
  declare readonly previousDeactivatedAt: pulumi.Output<string | undefined>;
  /** What is asked for or due and has not happened, and why; empty if there is nothing. */
  declare readonly pending: pulumi.Output<Pending[]>;
  /** Ids of the keys on the user that this resource does not manage, as last seen. */
  declare readonly unmanagedAccessKeyIds: pulumi.Output<string[]>;
  /** The trigger, as given; the one before, as long as the rotation that it asks for is pending. */
  declare readonly rotationTrigger: RotatedAccessKey["rotationTrigger"];
  /** The region, as given. */
  declare readonly region: RotatedAccessKey["region"];
  /** The login, as given. Secret. */
  declare readonly login: RotatedAccessKey["login"];
  /** The keys to adopt, as given. Secret. */
  declare readonly state: RotatedAccessKey["state"];
  /** The period, as given. */
  declare readonly rotateEvery: RotatedAccessKey["rotateEvery"];
  /** The period, as given. */
  declare readonly gracePeriod: RotatedAccessKey["gracePeriod"];
  /** The period, as given. */
  declare readonly deactivatePeriod: RotatedAccessKey["deactivatePeriod"];
  /** The trigger, as given. */
  declare readonly revocationTrigger: RotatedAccessKey["revocationTrigger"];
  /** The period, as given. */
  declare readonly lastUsedGuard: RotatedAccessKey["lastUsedGuard"];

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
    // The rotation writes a tag on this user that is none of its inputs.
    guardTags(this, name);
    this.user = new User(name, { ...user, tags }, { parent: this });
    const key = new RotatedAccessKey(name, { ...keyArgs, userArn: arnOf(this.user, name) }, { parent: this });
    this.userName = this.user.name;
    this.userArn = this.user.arn;
    const all = key as unknown as Record<string, unknown>;
    const outputs = Object.fromEntries(
      [...ROTATED_USER_INPUTS, ...PUBLIC_OUTPUTS].map((output) => [output, all[output]]),
    );
    Object.assign(this, outputs);
    this.registerOutputs({ userName: this.userName, userArn: this.userArn, ...outputs });
  }
}

/** The same component as the provider plugin has it: a stack moves from one to the other, and back, with its keys. */
function withAlias(opts: pulumi.ComponentResourceOptions): pulumi.ComponentResourceOptions {
  return { ...opts, aliases: [...(opts.aliases ?? []), { type: "aws-iam-rotator:index:RotatedUser" }] };
}
