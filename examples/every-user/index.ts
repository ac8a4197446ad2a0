import { getUsers } from "@pulumi/aws/iam/getUsers";
import * as pulumi from "@pulumi/pulumi";
import { RotatedAccessKey, rotationPolicy } from "pulumi-aws-iam-rotator";

// All users below this path, whoever made them: `pulumi config set pathPrefix /ci/`. A user that is gone, or has left the path,
// leaves the program, and its managed keys are deleted: where that must not happen by itself, use a list, and `protect`.
const pathPrefix = new pulumi.Config().require("pathPrefix");

export = async () => {
  const { arns } = await getUsers({ pathPrefix });
  if (arns.length === 0) {
    const nobody = new pulumi.RunError(
      `There is no user below ${pathPrefix}: nothing is rotated, and nothing deleted.`,
    );
    // Pulumi would read the stack trace without showing it, which takes ts-node half a minute.
    nobody.stack = nobody.message;
    throw nobody;
  }
  const keys = arns.map((userArn) => {
    // A user's name is unique in its account, and stays when the user is moved to another path below this one.
    const name = userArn.split("/").at(-1) ?? userArn;
    return [name, new RotatedAccessKey(name, { userArn, rotateEvery: "90d", gracePeriod: "7d" }).current] as const;
  });
  return {
    // Secret: the key of each user, by name.
    ...Object.fromEntries(keys),
    // For whoever runs this. No user can have that name: it has a space.
    "rotation policy": rotationPolicy(arns),
  };
};
