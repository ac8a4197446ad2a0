import * as pulumi from "@pulumi/pulumi";
import { type AdoptedKeys, RotatedAccessKey } from "pulumi-aws-iam-rotator";
import { RotatedUser } from "pulumi-aws-iam-rotator/user";

/** One user of the list. docs/fleets.md has the commands that write it into the stack's configuration. */
interface Member {
  /** A user that is there already. */
  userArn?: string;
  /** Or one that this stack makes, below this path. */
  path?: string;
  /** The first day on which its key rotates by age, as 2026-12-07. Default: at once. */
  rotateFrom?: string;
  /** A new value rotates the key of this user. */
  rotationTrigger?: string;
  gracePeriod?: string;
  lastUsedGuard?: string;
  /** A new value, such as the number of an incident, revokes all older keys of this user. */
  incident?: string;
  /** `false` before it is taken out of the list. */
  protect?: boolean;
}

const config = new pulumi.Config();
const users = config.requireObject<Record<string, Member>>("users");
// Keys that were made by hand, by user: the configuration encrypts their secrets. Of no use once they are adopted.
const keys =
  config.getSecretObject<Record<string, AdoptedKeys>>("keys") ?? pulumi.output<Record<string, AdoptedKeys>>({});
const today = new Date().toISOString().slice(0, 10);

// Before the first user is touched. As text, another way to write a day would come before today or after all days.
for (const [name, { rotateFrom = today }] of Object.entries(users)) {
  if (!/^\d{4}-\d\d-\d\d/.test(rotateFrom) || Number.isNaN(Date.parse(rotateFrom.slice(0, 10))))
    throw new pulumi.RunError(`users.${name}.rotateFrom: write it as 2026-12-07.`);
}

const rotated = Object.entries(users).map(([name, member]) => {
  const { userArn, path = "/", rotateFrom = today, incident, protect = true, ...periods } = member;
  const args = {
    gracePeriod: "7d",
    ...periods,
    // Without quotes in the file, a day comes with a time behind it.
    ...(rotateFrom.slice(0, 10) <= today && { rotateEvery: "90d" }),
    ...(incident !== undefined && { revocationTrigger: incident }),
    state: keys.apply((all) => all[name]),
  };
  // A typo in the list must not delete keys in use.
  const opts = { protect };
  const key = userArn
    ? new RotatedAccessKey(name, { ...args, userArn }, opts)
    : new RotatedUser(name, { ...args, user: { path } }, opts);
  return [name, key.current] as const;
});

// Secret: one output a key, and not a map of all, so that `readRotatedKey` reads it. A program of ES modules says `export default`.
export = Object.fromEntries(rotated);
