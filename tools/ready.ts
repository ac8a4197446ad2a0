import { startEndpoint } from "./endpoint";
import { ensureEngine } from "./engine";

// The SDK's advice on Node.js versions would stand among what this says.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

/** Gets the engine and the emulator once, before test files that run side by side each want them. */
async function ready(): Promise<void> {
  const { version, origin } = await ensureEngine();
  const endpoint = await startEndpoint();
  await endpoint.stop();
  console.log(`Ready: Pulumi ${version} (${origin}), and an emulator of IAM.`);
}

ready().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
