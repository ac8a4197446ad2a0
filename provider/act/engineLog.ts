import type * as Grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { Severity } from "../model/message";

import pb = require("@pulumi/pulumi/proto/engine_pb");

const SEVERITIES = { info: pb.LogSeverity.INFO, warning: pb.LogSeverity.WARNING, error: pb.LogSeverity.ERROR };

/** How long a line may take to be said, in milliseconds: an engine that does not listen holds nothing up. */
const PATIENCE = 5_000;

/** The engine is on this machine: no proxy of the environment's hears what is said to it. */
export const TO_ENGINE = { "grpc.enable_http_proxy": 0 };

/** What a provider's process says to the engine that started it: lines that stand at a resource. */
export class EngineLog {
  #client: EngineClient | undefined;

  constructor(private readonly grpc: typeof Grpc) {}

  /** @param address where the engine listens; without one nothing is said */
  attach(address: string | undefined): void {
    this.#client?.close();
    this.#client = address ? new EngineClient(address, this.grpc.credentials.createInsecure(), TO_ENGINE) : undefined;
  }

  /** @param passing shown beside the resource while it works, and not kept */
  say(urn: string, line: string, { passing = false, severity = "info" as Severity } = {}): Promise<void> {
    const request = new pb.LogRequest();
    request.setSeverity(SEVERITIES[severity]);
    request.setMessage(line);
    request.setUrn(urn);
    request.setEphemeral(passing);
    const client = this.#client;
    if (!client) return Promise.resolve();
    const deadline = Date.now() + PATIENCE;
    // A line that can't be said is no reason to fail.
    return new Promise((resolve) => client.log(request, new this.grpc.Metadata(), { deadline }, () => resolve()));
  }
}
