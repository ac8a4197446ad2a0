import { startEndpoint } from "../test/harness/aws/endpoint";
import { pythonWith } from "../test/harness/aws/endpoint/python";
import { startMinistack } from "../test/harness/aws/ministack";
import { logToStderr } from "../test/harness/commands";
import { ownAwsPlugin } from "../test/harness/pulumi/awsPlugin";
import { ensureEngine } from "../test/harness/pulumi/engine";
import { languageHosts } from "../test/harness/pulumi/hosts";

// The SDK's advice on Node.js versions would stand among what this says.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

/** Gets the engine, the aws plugin and the emulators once, before test files that run side by side each want them. */
async function ready(): Promise<void> {
  const { version, origin } = await ensureEngine();
  await ownAwsPlugin();
  await languageHosts();
  await pythonWith(logToStderr, "pulumi");
  await pythonWith(logToStderr, "awscli");
  for (const start of [startEndpoint, startMinistack]) {
    const emulator = await start();
    await emulator.stop();
  }
  console.log(
    `Ready: Pulumi ${version} (${origin}), an aws plugin, hosts for YAML, Python and Go, and two emulators of IAM.`,
  );
}

ready().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
