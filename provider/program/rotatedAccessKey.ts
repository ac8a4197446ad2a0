import * as pulumi from "@pulumi/pulumi";
import type { AdoptedKeys, KnownKey, Login, RotatedKey } from "../model/accessKey";
import { PUBLIC_INPUTS } from "../model/inputs";
import { OUTPUT_NAMES, SECRETS } from "../model/outputs";
import { ownerHash } from "../model/owner";
import type { Pending } from "../model/pending";
import { refuseArgs, refuseOverwritten } from "./argNames";
import { readAwsProvider, splitAwsProvider } from "./awsProvider";
import { jsonInput } from "./jsonInput";
import { outputsNow } from "./outputsNow";
import { publishedIds } from "./published";
import { withoutStackTraces } from "./stackTraces";
import { RUN, tellPending } from "./tellPending";

/**
 * An access key as an input, each part of which may come from elsewhere.
 * @inline
 */
interface KeyInput {
  /** The key's id: `AKIA`, and 12 to 124 capitals and digits. */
  accessKeyId: pulumi.Input<string>;
  /** The key's secret, as AWS showed it when it made the key. */
  secretAccessKey: pulumi.Input<string>;
  /** As in our own outputs; AWS is asked for the date all the same. */
  createdAt?: pulumi.Input<string>;
}

/** The inputs of {@link RotatedAccessKey}. */
export interface RotatedAccessKeyArgs {
  /**
   * ARN of the IAM user, path and partition included, for example `arn:aws:iam::123456789012:user/ci/deployer`.
   * The same user, renamed or moved to another path, keeps its keys. Another user replaces the resource: it gets a key, then
   * the old user's managed keys are deleted.
   */
  userArn: pulumi.Input<string>;
  /**
   * Any JSON value but an empty object; a number is the same as its text. When it changes, the next `up` rotates: a new key
   * becomes `current`, the one before it `previous`, and the one before that is deleted. Adding or removing it is a change
   * too. Default: none, no rotation.
   * @remarks A Date counts as its ISO text, and what is no JSON value (a Map, a function, NaN) is refused.
   */
  rotationTrigger?: pulumi.Input<unknown>;
  /**
   * AWS region to send calls to; it must lie in the user's partition. Default: that of the explicit provider, or of the
   * stack's configuration (`aws:region`; for the plugin `aws-iam-rotator:region`), else `AWS_REGION` of the environment, else
   * the region in which the partition's IAM lives. A change rotates nothing.
   */
  region?: pulumi.Input<string | undefined>;
  /**
   * Credentials to rotate with; kept secret however they are passed. Default: those of the explicit provider among the
   * resource's or its parents' options, an `aws.Provider` or the plugin's own; without one, the stack's configuration (`aws:*`;
   * for the plugin `aws-iam-rotator:*`), then the AWS default chain. A change rotates nothing; a new session token is not even
   * shown.
   */
  login?: pulumi.Input<
    | {
        /** Id of the access key to sign with: `AKIA` or `ASIA`, and 12 to 124 capitals and digits. */
        accessKeyId: pulumi.Input<string>;
        /** Its secret. */
        secretAccessKey: pulumi.Input<string>;
        /** The session token, if the credentials are temporary. A new one is never shown as a change. */
        sessionToken?: pulumi.Input<string | undefined>;
      }
    | undefined
  >;
  /**
   * Keys that the user has already, taken over instead of making a new one; kept secret however they are passed. A
   * `previous` without its secret is phased out at the next rotation. Each key must be on the user, and a given secret
   * must be its own, otherwise nothing is changed. Default: none. A later change adopts keys that are unmanaged so far.
   */
  state?: pulumi.Input<
    | {
        /** The key in use; it must be active. Without it a new key is made. */
        current?: pulumi.Input<KeyInput | undefined>;
        /** The older key, deleted at the next rotation. Its secret may be left out. */
        previous?: pulumi.Input<(Partial<KeyInput> & Pick<KeyInput, "accessKeyId">) | undefined>;
      }
    | undefined
  >;
  /**
   * How old `current` may become: a whole number of `s`, `m`, `h`, `d` or `w`, for example `"90d"`. The first `up` after
   * that rotates, once, however late it comes; a preview shows it. Default: none. A change counts from the next `up` on
   * and shows no update of its own.
   */
  rotateEvery?: pulumi.Input<string | undefined>;
  /**
   * How long `previous` stays valid after a rotation, for example `"7d"`; not longer than `rotateEvery`. The first `up`
   * after that deletes it, or deactivates it if there is a `deactivatePeriod`. A rotation before that waits: preview and `up` say until when, and it comes by itself, in the
   * first run after. A `previous` that was adopted counts from its adoption. Default: `previous` stays until the next
   * rotation. A change counts from the next `up` on and shows no update of its own.
   */
  gracePeriod?: pulumi.Input<string | undefined>;
  /**
   * How long a `previous` whose grace period is over is only deactivated, for example `"14d"`, so that it can be activated
   * again if somebody still needs it. Then the first `up` deletes it; a rotation that needs its slot does so earlier. A key
   * that was activated again is deleted by no rotation: they wait, and say so, until somebody deactivates it, or
   * `revocationTrigger` changes. Needs `gracePeriod`; both together are not longer than `rotateEvery`. Needs the permission
   * `iam:UpdateAccessKey`. Default: none, `previous` is deleted. A change counts from the next `up` on and shows no update
   * of its own.
   */
  deactivatePeriod?: pulumi.Input<string | undefined>;
  /**
   * For a leak. Any JSON value but an empty object, as for `rotationTrigger`: when it is added or its value changes, the next
   * `up` makes a new key, and as soon as AWS accepts that, deletes every older managed key, grace period and guard or not.
   * Removing it does nothing. Default: none.
   */
  revocationTrigger?: pulumi.Input<unknown>;
  /**
   * A key that was used within this time, for example `"2d"`, is neither deactivated nor deleted, by a rotation or at the
   * end of its grace period: that waits, the `up` goes on and names the use, and it comes by itself in the first run after.
   * A revocation, a destroy and a key that is inactive are not held up. Needs the permission `iam:GetAccessKeyLastUsed`.
   * Default: none. A change counts from the next `up` on and shows no update of its own.
   */
  lastUsedGuard?: pulumi.Input<string | undefined>;
}

/** The `module:Type` part is named in every state file: it never changes. */
const TYPE = "pulumi-nodejs:dynamic/pulumi-aws-iam-rotator:RotatedAccessKey";

/**
 * Runs from the program's folder in the engine's provider process, and lies in every state file: it never changes.
 * The second path is for package managers that do not put an indirect dependency where the program can see it.
 */
const PROVIDER =
  'exports.handler=()=>require(require.resolve("pulumi-aws-iam-rotator/provider",{paths:[".",require.main.path]})).provider';

/**
 * The access keys of an IAM user, rotated without downtime: two keys are valid at a time, `current` and `previous`.
 *
 * @example
 * ```ts
 * const key = new RotatedAccessKey("ci", { userArn, rotationTrigger: "2026-11" });
 * export const credentials = key.current; // secret
 * ```
 */
export class RotatedAccessKey extends pulumi.CustomResource {
  /** The newest key, the one to use. Secret. */
  declare readonly current: pulumi.Output<RotatedKey>;
  /**
   * The key before it: still valid, deleted at the next rotation. Absent when there is none; without
   * `secretAccessKey` when it was adopted without. Secret.
   */
  declare readonly previous: pulumi.Output<
    | (KnownKey & {
        /** When AWS made the key: RFC 3339, UTC. */
        createdAt: string;
      })
    | undefined
  >;
  /** Id of `current`, for logs and policies. Not secret. */
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

  /** The user's ARN, as given. */
  declare readonly userArn: pulumi.Output<string>;
  /** The trigger, as given; the one before, as long as the rotation that it asks for is pending. */
  declare readonly rotationTrigger: pulumi.Output<unknown>;
  /** The region, as given. */
  declare readonly region: pulumi.Output<string | undefined>;
  /** The login, as given. Secret. */
  declare readonly login: pulumi.Output<Login | undefined>;
  /** The keys to adopt, as given. Secret. */
  declare readonly state: pulumi.Output<AdoptedKeys | undefined>;
  /** The period, as given. */
  declare readonly rotateEvery: pulumi.Output<string | undefined>;
  /** The period, as given. */
  declare readonly gracePeriod: pulumi.Output<string | undefined>;
  /** The period, as given. */
  declare readonly deactivatePeriod: pulumi.Output<string | undefined>;
  /** The trigger, as given. */
  declare readonly revocationTrigger: pulumi.Output<unknown>;
  /** The period, as given. */
  declare readonly lastUsedGuard: pulumi.Output<string | undefined>;

  /**
   * @param name the resource's name in the stack
   * @param args its inputs
   * @param opts the options of any custom resource, without `import`: adopt keys by the `state` input instead. An
   *   explicit `aws.Provider` in them, or in those of a parent, rotates: its credentials, roles, region and endpoints
   */
  constructor(name: string, args: RotatedAccessKeyArgs, opts: pulumi.CustomResourceOptions = {}) {
    if (opts.import !== undefined || opts.id !== undefined) {
      throw new Error(
        `RotatedAccessKey ${name}: keys can't be imported, since AWS never shows a key's secret again. Pass them as \`state\`, and leave the options import and id out.`,
      );
    }
    if (process.versions.pnp) {
      throw new Error(
        `RotatedAccessKey ${name}: Yarn's Plug'n'Play is not supported, since Pulumi looks for packages in node_modules. Set \`nodeLinker: node-modules\` in .yarnrc.yml, run yarn install, then try again.`,
      );
    }
    refuseArgs(`RotatedAccessKey ${name}`, args);
    const { opts: ownOpts, awsProvider } = splitAwsProvider(opts);
    const inputs: pulumi.Inputs = {
      ...args,
      rotationTrigger: jsonInput(args.rotationTrigger, `RotatedAccessKey ${name}: rotationTrigger`),
      revocationTrigger: jsonInput(args.revocationTrigger, `RotatedAccessKey ${name}: revocationTrigger`),
      ...(args.login !== undefined && { login: pulumi.secret(args.login) }),
      ...(args.state !== undefined && { state: pulumi.secret(args.state) }),
    };
    const published = publishedIds();
    // As the engine names it: of two resources of one name, below different parents, each is an owner of its own.
    const urn = pulumi.createUrn(name, TYPE, ownOpts.parent);
    const props: pulumi.Inputs = {
      // Declared, so that all outputs exist before the provider has answered.
      ...Object.fromEntries(PUBLIC_INPUTS.map((input) => [input, undefined])),
      ...inputs,
      ...Object.fromEntries(OUTPUT_NAMES.map((output) => [output, undefined])),
      journalOwner: urn.apply(ownerHash),
      run: published.then((ids) => ({
        id: RUN,
        urn,
        isPreview: pulumi.runtime.isDryRun(),
        ...(ids && { published: ids }),
      })),
      ...(awsProvider && {
        awsProvider: readAwsProvider(awsProvider, `RotatedAccessKey ${name}`, args.login !== undefined),
      }),
      __provider: PROVIDER,
    };
    refuseOverwritten(`RotatedAccessKey ${name}`, args, props);
    const resume = withoutStackTraces();
    try {
      super(TYPE, name, props, {
        ...ownOpts,
        // The same resource as the provider plugin has it: a stack moves from one to the other, and back, with its keys.
        aliases: [...(opts.aliases ?? []), { type: "aws-iam-rotator:index:RotatedAccessKey" }],
        additionalSecretOutputs: [...(opts.additionalSecretOutputs ?? []), ...SECRETS],
      });
    } catch (error) {
      resume();
      // An error that was made meanwhile names no line of the program.
      if (error instanceof Error) Error.captureStackTrace(error);
      throw error;
    }
    resume();
    Object.assign(this, outputsNow(this, inputs, published, opts.ignoreChanges ?? []));
    tellPending(name, this);
  }
}
