// `npm run demo`: the story of a rotation, told by the real Pulumi engine against an emulator of IAM.

import { startEndpoint } from "../test/harness/aws/endpoint";
import { awsPluginUnlessInstalled } from "../test/harness/pulumi/awsPlugin";
import { ensureEngine } from "../test/harness/pulumi/engine";
import { Project } from "../test/harness/pulumi/project";
import { Narrator } from "./demo/narrator";
import { NotAsTold, Stage } from "./demo/stage";
import { tellStory } from "./demo/story";

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

async function main(): Promise<void> {
  const engine = await ensureEngine();
  const awsPlugin = await awsPluginUnlessInstalled();
  const endpoint = await startEndpoint();
  let project: Project | undefined;
  process.once("exit", () => project?.remove());
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, async () => {
      if (stopping) return;
      stopping = true;
      console.error("\nStopping, and cleaning up …");
      await project?.cancel();
      process.exit(130);
    });
  }
  try {
    const start = Date.now();
    const admin = await endpoint.newAdmin();
    await endpoint.requireAuth();
    project = new Project(engine, { endpoint: endpoint.url, admin, awsPlugin });
    const stage = new Stage(project, endpoint, admin, new Narrator((text) => process.stdout.write(text)));
    introduce(stage, engine.version, awsPlugin !== undefined);
    await tellStory(stage);
    console.log(`\nAll of it was as told, in ${Math.round((Date.now() - start) / 1000)} s.`);
  } finally {
    // An emulator that somebody else started goes on: it is left empty, as tests leave it.
    if (process.env.ROTATOR_TEST_ENDPOINT_URL) await endpoint.reset().catch(() => undefined);
    await endpoint.stop();
  }
}

function introduce({ narrator, endpoint, project }: Stage, version: string, ownPlugin: boolean): void {
  const plugin = ownPlugin
    ? "Pulumi's Terraform bridge over our own aws.iam.User (Pulumi's own plugin is not installed)"
    : "Pulumi's own, as installed";
  for (const line of [
    "The life of an access key with `pulumi up`, step by step.",
    `   Pulumi        ${version}, the real engine`,
    `   aws plugin    ${plugin}`,
    `   AWS           an emulator of IAM at ${endpoint.url}, which checks each signature`,
    `   project       a copy of this repository's Pulumi.yaml and examples, in ${project.folder}`,
    `   backend       files in ${project.backend}`,
    "Pulumi's output is shown without repeated lines of progress and the warning about the plugin; secrets show as",
    "********, and keys as AKIA…A, AKIA…B and so on. What stands as an `aws` command is asked through the AWS SDK.",
  ]) {
    narrator.line(line);
  }
}

main().catch((error: Error) => {
  console.error(error instanceof NotAsTold ? `\nThe demo fails here. Expected: ${error.message}` : error.message);
  process.exitCode = 1;
});
