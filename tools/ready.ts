import { startEndpoint } from "./endpoint";
import { ensureEngine } from "./engine";

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
