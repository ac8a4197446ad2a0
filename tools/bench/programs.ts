// Programs as plain JavaScript: what is compared.
import { type Log, withHeartbeat } from "../../test/harness/commands";
import { Program, pack } from "../../test/harness/pulumi/program";

/** The users' resources, by the npm package. */
export const rotated = (userArns: string[], rotationTrigger: string) => `const pulumi = require("@pulumi/pulumi");
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
for (const userArn of ${JSON.stringify(userArns)}) {
  new RotatedAccessKey(userArn.split("/").pop(), { userArn, rotationTrigger: ${JSON.stringify(rotationTrigger)} });
}
`;

/** The same by the provider plugin, without an SDK. */
export const byPlugin = (userArns: string[], rotationTrigger: string) => `const pulumi = require("@pulumi/pulumi");
for (const userArn of ${JSON.stringify(userArns)}) {
  const inputs = { userArn, rotationTrigger: ${JSON.stringify(rotationTrigger)} };
  new pulumi.CustomResource("aws-iam-rotator:index:RotatedAccessKey", userArn.split("/").pop(), inputs);
}
`;

/** A program with the packed package. */
export async function installed(log: Log): Promise<Program> {
  const program = new Program();
  const install = async () => program.install(await pack(program.folder), "index.js");
  try {
    await withHeartbeat(log, "Installing a program", install());
    return program;
  } catch (error) {
    program.remove();
    throw error;
  }
}
