import { getUsers } from "@pulumi/aws/iam/getUsers";
import * as pulumi from "@pulumi/pulumi";
import { RotatedAccessKey, rotationPolicy, rotationReport } from "pulumi-aws-iam-rotator";

// All users below this path, whoever made them: `pulumi config set pathPrefix /ci/`. A user that is gone, or has left the path,
// leaves the program, and its managed keys are deleted: where that must not happen by itself, use a list, and `protect`. A new user with two keys is refused until they are adopted.
const pathPrefix = new pulumi.Config().require("pathPrefix");

const found = getUsers({ pathPrefix }).then(({ arns }) => {
  if (arns.length === 0)
    throw new Error(`There is no user below ${pathPrefix}: nothing is rotated, and nothing deleted.`);
  return arns;
});
const keys = found.then((arns) =>
  arns.map((userArn) => {
    // A user's name is unique in its account, and stays when the user is moved to another path below this one.
    const name = userArn.split("/").at(-1) ?? userArn;
    return new RotatedAccessKey(name, { userArn, rotateEvery: "90d", gracePeriod: "7d" });
  }),
);

export const readme = pulumi.output(keys.then((all) => rotationReport(all)));
/** For whoever runs this. */
export const policy = pulumi.output(found.then((arns) => rotationPolicy(arns)));
/** Secret: the keys in use, by user. */
export const current = pulumi.output(
  keys.then((all) => all.map(({ userArn, current }) => pulumi.all([userArn, current]))),
);
