import * as pulumi from "@pulumi/pulumi";
import { rotationPolicy, rotationReport } from "pulumi-aws-iam-rotator";
import { RotatedUser } from "pulumi-aws-iam-rotator/user";

const config = new pulumi.Config();

// Pulumi.yaml has the list, a stack's own settings may have another one. A name is the resource's too: the order does not
// matter. A user that is taken out of the list, by a typo too, is deleted with its keys: where they are in use,
// `pulumi config set protect true`, and Pulumi refuses to delete them until it is told otherwise.
const names = config.requireObject<string[]>("users");
const protect = config.getBoolean("protect") ?? false;

// A leak is one user's: `pulumi config set --path incidents.mailer INC-42` revokes mailer's keys, and touches no other.
const incidents = config.getObject<Record<string, string>>("incidents") ?? {};

const users = names.map((name) => {
  const incident = incidents[name];
  return new RotatedUser(
    name,
    {
      user: { path: "/fleet/" },
      rotateEvery: "90d",
      gracePeriod: "7d",
      ...(incident !== undefined && { revocationTrigger: incident }),
    },
    { protect },
  );
});

/** A Markdown table, the key that is due first on top. `pulumi stack output readme` */
export const readme = rotationReport(users);
/** For whoever runs this on a schedule: it may rotate these users' keys, and no others. */
export const policy = rotationPolicy(users.map((user) => user.userArn));
/** Secret: the keys in use, by user. Whoever reads this stack gets all of them; see docs/readers.md for separate readers. */
export const current = Object.fromEntries(names.map((name, at) => [name, users[at]?.current]));
