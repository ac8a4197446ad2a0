import { createRequire } from "node:module";
import type { EngineLog } from "../act/engineLog";
import type { Severity } from "../model/message";

/** What is said to the user: at its resource where that is known, else on stderr, which the engine shows at the stack. */
export class Lines {
  readonly #underWay = new Set<Promise<void>>();
  #log: EngineLog | undefined | null;

  /** @param address where the engine listens */
  constructor(private readonly address: string | undefined) {}

  /** @param urn of the resource; of a refresh and a deletion nobody tells it to a dynamic provider */
  say(text: string, severity: Severity = "info", urn?: string): void {
    const log = urn && this.#engine();
    if (!log) {
      console.error(severity === "info" ? text : `${severity}: ${text}`);
      return;
    }
    const said = log.say(urn, text, { severity }).finally(() => this.#underWay.delete(said));
    this.#underWay.add(said);
  }

  /** Resolves when the engine has heard all of it: what comes after its answer may come too late. */
  async heard(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** Loaded with the first line, with the packages of Pulumi's host that started this process. */
  #engine(): EngineLog | null {
    if (this.#log === undefined) this.#log = this.address ? connect(this.address) : null;
    return this.#log;
  }
}

function connect(address: string): EngineLog | null {
  try {
    const ofPulumi = createRequire(require.resolve("@pulumi/pulumi/proto/engine_grpc_pb"));
    const { EngineLog } = require("../act/engineLog") as typeof import("../act/engineLog");
    const log = new EngineLog(ofPulumi("@grpc/grpc-js"));
    log.attach(address);
    return log;
  } catch {
    return null;
  }
}
