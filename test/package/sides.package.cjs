// The installed package in one process for many environments, each in a thread with an environment and modules of its own:
// a line of JSON in, { env, config, inputs }, and one out, with what it says.
const { createInterface } = require("node:readline");
const { Worker, isMainThread, parentPort, workerData } = require("node:worker_threads");

async function answer({ config, inputs }) {
  const path = require.resolve("pulumi-aws-iam-rotator/provider", { paths: [process.cwd()] });
  const { provider } = require(path);
  await provider.configure({ config: { get: (name) => config[name] } });
  const { failures, inputs: checked } = await provider.check({}, inputs);
  if (failures.length > 0) return { failed: true, said: failures.map(({ reason }) => reason).join("\n") };
  return provider.create(checked).then(
    () => ({ failed: false, said: "" }),
    ({ message }) => ({ failed: true, said: message }),
  );
}

async function main() {
  for await (const line of createInterface(process.stdin)) {
    const row = JSON.parse(line);
    const worker = new Worker(__filename, { env: row.env, workerData: row, stdout: true, stderr: true });
    let noise = "";
    for (const stream of [worker.stdout, worker.stderr]) stream.on("data", (chunk) => (noise += chunk));
    const said = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    await worker.terminate();
    console.log(JSON.stringify({ ...said, noise }));
  }
}

if (isMainThread) main();
else answer(workerData).then((said) => parentPort.postMessage(said));
