// The plugin's process: the engine starts it, reads its port, and asks it by gRPC until one of the two ends.
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { engineAt } from "../act/engine";
import { EngineLog } from "../act/engineLog";
import { AccessKeyMount } from "./keys";
import { serviceFor } from "./server";
import { Calls, pluginWorld } from "./world";

const ANY_SIZE = 400 * 1024 * 1024;

async function main(args: string[]): Promise<void> {
  const address = engineAddressOf(args);
  const engine = engineAt(address);
  const log = new EngineLog(grpc);
  log.attach(address);
  const calls = new Calls(log);
  const keys = new AccessKeyMount(pluginWorld(calls, engine));
  const server = new grpc.Server({
    "grpc.max_receive_message_length": ANY_SIZE,
    "grpc.max_send_message_length": ANY_SIZE,
  });
  server.addService(ResourceProviderService, serviceFor(keys, calls, log));
  const port = await new Promise<number>((resolve, reject) => {
    const credentials = grpc.ServerCredentials.createInsecure();
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  process.stdout.write(`${port}\n`);
  // Of who ends all processes of a run at once, by one signal or several: what is under way comes to its end, so that the engine
  // can save a new key; or, if the engine is gone, so that a key that nobody has is deleted.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, async () => {
      calls.cancel();
      do await new Promise((resolve) => setTimeout(resolve, 500));
      while (calls.areUnderWay);
      process.exit(0);
    });
  }
  // The engine holds the other end of this pipe. What is under way asks for itself whether somebody is left to hear of it.
  process.stdin.resume().on("end", async () => {
    while (calls.areUnderWay) await new Promise((resolve) => setTimeout(resolve, 100));
    if (await engine.isGone()) process.exit(0);
  });
}

/** `-v=9`, `--logtostderr` and `--tracing ADDRESS` come before the engine's address. */
function engineAddressOf(args: string[]): string | undefined {
  return args.find((arg, at) => !arg.startsWith("-") && args[at - 1] !== "--tracing");
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
