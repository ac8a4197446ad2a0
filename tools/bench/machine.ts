import { availableParallelism, totalmem } from "node:os";
import { ensureEngine } from "../../test/harness/pulumi/engine";

/** What a figure depends on, and nothing that names a machine or a person. */
export async function describeMachine(): Promise<string> {
  const { version } = await ensureEngine();
  const installed = (name: string) => (require(`${name}/package.json`) as { version: string }).version;
  const own = (require("../../package.json") as { version: string }).version;
  const packages = ["@pulumi/pulumi", "@pulumi/aws", "typescript"].map((name) => `${name} ${installed(name)}`);
  return [
    `${availableParallelism()} cores`,
    `${Math.round(totalmem() / 2 ** 30)} GB of memory`,
    `Node.js ${process.versions.node}`,
    `Pulumi ${version}`,
    ...packages,
    `this package ${own}`,
  ].join(", ");
}
